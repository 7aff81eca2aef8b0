"""Guesses at what a local user proves to be themselves with. Every function works in the caller's transaction.

A guess is counted before it is looked at, so that any number sent at once are as slow as one after the other.
Signing in and confirming are counted apart: who only knows a name keeps nobody from confirming.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select, update

from cutover.identity import lockout
from cutover.identity.tables import credential, guess


class Place(StrEnum):
    """Where somebody may guess."""

    SIGN_IN = "sign_in"  # anybody who knows a name
    CONFIRM = "confirm"  # who has a token of theirs


def begin(conn: Connection, name: str, place: Place, clock_us: Callable[[], int]) -> int:
    """Counts a guess at a user who has a password. Seconds to wait where it comes too early, and does not count.

    The clock is read once no other guess at them is under way, so that none is older than the last.
    """
    conn.execute(
        select(credential.c.name).where(credential.c.name == name).with_for_update()
    )  # one at a time
    now_us = clock_us()
    mine = (guess.c.name == name) & (guess.c.place == place.value)
    row = conn.execute(select(guess).where(mine)).first()
    if row is None:
        first = {"name": name, "place": place.value, "failures": 1, "failed_us": now_us}
        conn.execute(insert(guess).values(first))
        return 0
    left_s = lockout.left_s(row.failures, row.failed_us, now_us)
    if not left_s:
        conn.execute(
            update(guess).where(mine).values(failures=row.failures + 1, failed_us=now_us)
        )
    return left_s


def end(conn: Connection, name: str, *places: Place) -> None:
    """Forgets the guesses of a user: one was right, or the password is a new one."""
    chosen = [place.value for place in places or Place]
    conn.execute(delete(guess).where(guess.c.name == name, guess.c.place.in_(chosen)))
