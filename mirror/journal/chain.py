"""Whether an event log is whole: every event as it was written, behind the one before it, and none missing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from mirror.journal import events, tables
from mirror.journal.events import FIRST_PREV, Event, EventInvalid, canonical, leaf_hash


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a tenant's log is not whole. `gap` says that events are missing there, else one was changed."""

    tenant: str
    seq: int
    what: str
    gap: bool = False

    def __str__(self) -> str:
        whose = f"tenant {self.tenant}" if self.tenant else "the deployment's own log"
        return f"{whose}, event {self.seq}: {self.what}"


@dataclass(slots=True)
class Link:
    """Checks one tenant's events in order. `seq` and `leaf` are of the last that is whole.

    Cut-off newest rows cannot show here: compare with a count kept elsewhere.
    """

    tenant: str
    seq: int = 0
    leaf: str = FIRST_PREV

    def follow(self, rows: Iterable[Event]) -> Broken | None:
        """What is wrong with the next events; None where all follow."""
        return next((broken for row in rows if (broken := self.add(row))), None)

    def add(self, row: Event) -> Broken | None:
        """What is wrong with the next event; None where it follows."""
        expected = self.seq + 1
        if row.seq > expected and _said(row).get("seq") == row.seq:
            last = row.seq - 1
            missing = "missing" if last == expected else f"missing, and all up to {last}"
            return Broken(self.tenant, expected, missing, gap=True)
        fault = _fault(row, self.tenant, expected, self.leaf)
        if fault is not None:
            return Broken(self.tenant, expected, fault)
        self.seq, self.leaf = row.seq, row.leaf
        return None


def tenants(conn: Connection) -> list[str]:
    """Whose logs there are; "" is the deployment's own."""
    found = select(tables.event.c.tenant).distinct().order_by(tables.event.c.tenant)
    return list(conn.scalars(found))


def checked(
    conn: Connection, tenant: str, beside: Sequence[Callable[[Event], Broken | None]] = ()
) -> Iterator[int | Broken]:
    """Checks a tenant's log piece by piece: how many events are whole by now, and last what breaks it.

    Each of `beside` says of an event that follows what else is wrong with it.
    """
    link = Link(tenant)
    while piece := events.read(conn, tenant, after=link.seq):
        for row in piece:
            looks = (link.add, *beside)
            broken = next((found for look in looks if (found := look(row))), None)
            if broken is not None:
                yield broken
                return
        yield link.seq


def _said(row: Event) -> Mapping[str, object]:
    """What an event's body says; nothing where it is none."""
    try:
        said = json.loads(row.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _fault(row: Event, tenant: str, seq: int, prev: str) -> str | None:
    """What is wrong with one row, which should be number `seq` and follow the leaf `prev`."""
    if row.seq != seq:
        return f"event {row.seq} stands in its place"
    if leaf_hash(row.body) != row.leaf:
        return "its body does not have its leaf hash"
    if row.prev != prev:
        return "it does not follow the event before it"
    try:
        said = json.loads(row.body)
        if canonical(said) != row.body:
            return "its body is not in canonical form"
        copied = (said["tenant"], said["seq"], said["at_us"], said["type"], said["prev"])
    except (ValueError, KeyError, TypeError, AttributeError, EventInvalid):
        return "its body is not an event"
    if copied != (tenant, seq, row.at_us, row.type, prev) or row.tenant != tenant:
        return "its columns do not say what its body says"
    return None
