"""What was stamped by a clock that was ahead, once the clock is right: none of it may lie in the future, or wait for it.

The event log and the moves keep the time that the clock told then.
"""

from __future__ import annotations

from sqlalchemy import Column, ColumnElement, Connection, case, update

from cutover.plans.jumps import LARGEST_US
from cutover.tables import drain, freeze, rollout


def set_right(conn: Connection, ahead_us: int, now_us: int) -> bool:
    """Takes back by how much the clock was ahead; whether there was anything. Times in microseconds.

    Where each rollout stands since when, and drains, freezes and broken ones with their ends.
    """

    def back(column: Column[int]) -> ColumnElement[int]:
        moved = column - ahead_us
        return case((moved > now_us, now_us), else_=moved)

    future_us = now_us + LARGEST_US
    found = conn.execute(
        update(rollout)
        .where(rollout.c.since_us > future_us)
        .values(since_us=back(rollout.c.since_us), version=rollout.c.version + 1)
    ).rowcount
    for table in (drain, freeze):
        ends = case((table.c.until_us == 0, 0), else_=table.c.until_us - ahead_us)
        found += conn.execute(
            update(table)
            .where(table.c.at_us > future_us)
            .values(at_us=back(table.c.at_us), until_us=ends)
        ).rowcount
    return bool(found)
