"""Guesses at what a local user proves to be themselves with. Every function works in the caller's transaction.

A guess is counted before it is looked at, so that any number sent at once are as slow as one after the other.
Signing in and confirming are counted apart, and signing in by address: who only knows a name keeps nobody from
confirming, nor from signing in where they are not. Who shares an address, as all do who sign in on one dashboard,
shares its count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select

from cutover.identity import lockout, sources
from cutover.identity.tables import credential, guess

FORGOTTEN_US = 86_400 * 1_000_000
"""Guesses of one address are kept for a day."""

type Count = tuple[int, int]
"""Failures, and when the last one was."""


class Place(StrEnum):
    """Where somebody may guess."""

    SIGN_IN = (
        "sign_in"  # anybody who knows a name; counted for each address, and for all together
    )
    CONFIRM = "confirm"  # who has a token of theirs


def begin(
    conn: Connection, name: str, place: Place, clock_us: Callable[[], int], address: str = ""
) -> int:
    """Counts a guess at a user who has a password. Seconds to wait where it comes too early, and does not count.

    The clock is read once no other guess at them is under way, so that none is older than the last.
    """
    conn.execute(
        select(credential.c.name).where(credential.c.name == name).with_for_update()
    )  # one at a time
    now_us, own = clock_us(), _own(place, address)
    kept: dict[str, Count] = {
        row.place: (row.failures, row.failed_us)
        for row in conn.execute(select(guess).where(guess.c.name == name))
    }
    failures, failed_us = kept.get(own, (0, now_us))
    left_s, after = lockout.left_s(failures, failed_us, now_us), {own: (failures + 1, now_us)}
    if place is Place.SIGN_IN:
        every, since_us = lockout.forgiven(*kept.get(place.value, (0, now_us)), now_us)
        left_s = max(left_s, lockout.all_left_s(every, since_us, now_us))
        after[place.value] = (every + 1, since_us)
    if not left_s:
        _keep(conn, name, after, now_us)
    return left_s


def end(conn: Connection, name: str, place: Place | None = None, address: str = "") -> None:
    """Forgets the guesses of a user: one was right there, or the password is a new one."""
    mine = guess.c.name == name
    if place is not None:
        mine &= guess.c.place.in_([place.value, _own(place, address)])
    conn.execute(delete(guess).where(mine))


def _keep(conn: Connection, name: str, after: Mapping[str, Count], now_us: int) -> None:
    old = guess.c.place.in_(list(after)) | (guess.c.failed_us < now_us - FORGOTTEN_US)
    conn.execute(delete(guess).where(guess.c.name == name, old))
    rows = [
        {"name": name, "place": where, "failures": failures, "failed_us": failed_us}
        for where, (failures, failed_us) in after.items()
    ]
    conn.execute(insert(guess), rows)


def _own(place: Place, address: str) -> str:
    return sources.place(address) if place is Place.SIGN_IN else place.value
