"""One act of a person on what holds beyond single rollouts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from cutover.cabinet import Cabinet
from cutover.people import Deed, Person


@contextmanager
def acting(cabinet: Cabinet, person: Person, reason: str) -> Iterator[tuple[Connection, Deed]]:
    """One transaction, known to every decision as soon as it is there; nothing where the block raises."""
    with cabinet.lock:
        deed = Deed(person.actor, cabinet.now_us(), reason)
        with cabinet.writing() as conn:
            yield conn, deed
        cabinet.look_around()
