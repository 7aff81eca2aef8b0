"""How large a step given in sessions is: the share at which a busy day brings the candidate so many."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from cutover.rollout import Rollout
from cutover.stages import Stage
from mirror.journal.tables import exchange
from policies.steps import Step

DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
DAYS = 7
SMALLEST = 0.01
"""Percent. With no traffic to reckon with a step begins here: what it brings is then known."""


def begun(
    conn: Connection, before: float, after: Rollout, steps: tuple[Step, ...], approved: float
) -> float:
    """The share in percent with which a rollout begins its step; 0 outside canary.

    It is never below `before`, the share of the step before, so that no session moves back. What
    people `approved`, where they did, is done.
    """
    sessions = asked(after, steps)
    if sessions and approved:
        return max(before, approved)
    if sessions:
        busiest = busiest_day(conn, after.key, after.epoch, after.since_us)
        return max(before, share(sessions, busiest))
    if after.stage is not Stage.CANARY:
        return 0.0
    percent = steps[min(after.step, len(steps) - 1)].percent
    assert percent is not None, "a step has one measure"
    return max(before, percent)


def asked(after: Rollout, steps: tuple[Step, ...]) -> int:
    """The sessions a day that a step is given in; 0 for one in percent, which asks the store nothing."""
    if after.stage is not Stage.CANARY:
        return 0
    return steps[min(after.step, len(steps) - 1)].sessions or 0


def share(sessions: int, a_day: float) -> float:
    """The percentage that brings so many of a day's sessions; all where there are no more."""
    if a_day <= 0:
        return SMALLEST
    return max(SMALLEST, min(100.0, round(100 * sessions / a_day, 2)))


def busiest_day(conn: Connection, key: tuple[str, str], epoch: int, now_us: int) -> float:
    """The sessions of the busiest of the last seven days up to now; of less than a day, at its rate.

    Those of standings up to `epoch`, so that an index finds them by their time.
    """
    column = exchange.c
    since_us = now_us - DAYS * DAY_US
    day = (column.accepted_us - since_us) // DAY_US
    epochs = column.epoch.in_(range(epoch + 1))
    mine = (column.tenant == key[0], column.route == key[1], epochs)
    recent = (column.accepted_us >= since_us, column.accepted_us < now_us)
    by_day = (
        select(func.count(column.session.distinct()).label("sessions"))
        .where(*mine, *recent)
        .group_by(day)
        .subquery()
    )
    most = conn.execute(select(func.max(by_day.c.sessions))).scalar() or 0
    first_us = conn.execute(select(func.min(column.accepted_us)).where(*mine, *recent)).scalar()
    if first_us is None:
        return 0.0
    seen_us = max(HOUR_US, now_us - int(first_us))
    return float(most) * max(1.0, DAY_US / seen_us)
