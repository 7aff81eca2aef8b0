"""One act of a person on what holds beyond single rollouts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from cutover.cabinet import Cabinet
from cutover.controller import Controller
from cutover.people import Deed, Person
from cutover.refusals import Unpublished


@contextmanager
def acting(cabinet: Cabinet, person: Person, reason: str) -> Iterator[tuple[Connection, Deed]]:
    """One transaction, known to every decision as soon as it is there; nothing where the block raises."""
    with cabinet.lock:
        deed = Deed(person.actor, cabinet.now_us(), reason)
        with cabinet.writing() as conn:
            yield conn, deed
        cabinet.look_around()


def told(controller: Controller) -> None:
    """Publishes what somebody did. Raises Unpublished where the proxies could not be told: they go on as before."""
    if not controller.publish():
        raise Unpublished(
            "it is done and recorded, but the proxies do not know it and go on as before; the controller "
            f"tries again every second: {controller.trouble}"
        )
