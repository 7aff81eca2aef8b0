"""Freezes that people place and lift at once, and the glass they break when one must not wait.

Each is a row, and an event when it is placed, lifted or broken; a time at which it ends by itself
stands in both. Every function works in the caller's transaction.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select

from cutover import deeds, tables
from cutover.emergency.switches import in_scope, scope_name
from cutover.people import Deed
from cutover.plans.frozen import Span
from mirror.journal import events

_freeze = tables.freeze.c


class Kind(StrEnum):
    """What a person did."""

    PLACED = "placed"  # nothing is widened
    BROKEN = "broken"  # a freeze does not count: the hotfix that must not wait


@dataclass(frozen=True, slots=True)
class Placed:
    """A freeze of a tenant and a route ("" for every one), or that it is broken.

    `until_us` is when that ends by itself, in UTC microseconds; 0 for until it is lifted.
    """

    tenant: str
    route: str
    kind: Kind
    until_us: int
    by: str
    reason: str
    at_us: int

    @property
    def name(self) -> str:
        """As people call it: `all`, `clinic`, `clinic/chat` or `*/chat`."""
        return scope_name(self.tenant, self.route)

    def concerns(self, key: tuple[str, str]) -> bool:
        """Whether it is about a rollout."""
        return in_scope(self.tenant, self.route, key)

    def holds(self, at_us: int) -> bool:
        """Whether it has not ended by itself."""
        return self.until_us == 0 or at_us < self.until_us

    @property
    def span(self) -> Span:
        """As a freeze among those of the calendar."""
        return Span(self.at_us, self.until_us, f"{self.reason} ({self.by})")


@dataclass(frozen=True, slots=True)
class Freezes:
    """All that people placed or broke, also what has ended by itself since."""

    rows: tuple[Placed, ...] = ()

    def broken(self, key: tuple[str, str], at_us: int) -> Placed | None:
        """The broken glass that concerns a rollout now, the last one."""
        return self._last(Kind.BROKEN, key, at_us)

    def spans(self, key: tuple[str, str], at_us: int) -> list[Span]:
        """The freezes that concern a rollout; those from before the glass was broken do not count."""
        broken = self.broken(key, at_us)
        since_us = broken.at_us if broken else -1
        found = [one for one in self.rows if one.kind is Kind.PLACED and one.concerns(key)]
        return [one.span for one in found if one.at_us > since_us]

    def now(self, at_us: int) -> list[Placed]:
        """Those that hold."""
        return [one for one in self.rows if one.holds(at_us)]

    def _last(self, kind: Kind, key: tuple[str, str], at_us: int) -> Placed | None:
        found = [one for one in self.now(at_us) if one.kind is kind and one.concerns(key)]
        return max(found, key=lambda one: one.at_us, default=None)


def read(conn: Connection) -> Freezes:
    """All rows, by name."""
    rows = conn.execute(
        select(tables.freeze).order_by(_freeze.tenant, _freeze.route, _freeze.kind)
    ).mappings()
    return Freezes(tuple([Placed(**{**row, "kind": Kind(row["kind"])}) for row in rows]))


def place(conn: Connection, placed: Placed, deed: Deed) -> None:
    """Places a freeze, or breaks freezes; one of the same kind and name is replaced."""
    here = placed.tenant, placed.route, placed.kind
    was = next((_until(one) for one in _holding(conn, *here, deed.at_us)), None)
    _remove(conn, *here)
    conn.execute(insert(tables.freeze).values(**asdict(placed)))
    _report(conn, f"freeze.{placed.kind}", placed, deed, events.changed(was, _until(placed)))


def lift(conn: Connection, tenant: str, route: str, kind: Kind, deed: Deed) -> bool:
    """Ends a freeze, or has freezes count again. False where nothing of exactly this name holds."""
    found = _holding(conn, tenant, route, kind, deed.at_us)
    _remove(conn, tenant, route, kind)
    for one in found:
        type = "freeze.lifted" if kind is Kind.PLACED else "freeze.mended"
        _report(conn, type, one, deed, events.changed(_until(one), None))
    return bool(found)


def _holding(conn: Connection, tenant: str, route: str, kind: Kind, at_us: int) -> list[Placed]:
    """What of exactly this name and kind holds now."""
    here = (tenant, route, kind)
    return [one for one in read(conn).now(at_us) if (one.tenant, one.route, one.kind) == here]


def _until(one: Placed) -> dict[str, events.Value]:
    return {"until_us": one.until_us}


def _remove(conn: Connection, tenant: str, route: str, kind: Kind) -> None:
    conn.execute(
        delete(tables.freeze).where(
            _freeze.tenant == tenant, _freeze.route == route, _freeze.kind == kind
        )
    )


def _report(
    conn: Connection, type: str, placed: Placed, deed: Deed, change: dict[str, events.Value]
) -> None:
    deeds.report(
        conn,
        deed,
        type,
        ("freeze", placed.name),
        tenant=placed.tenant,
        details={**_until(placed), **change},
    )
