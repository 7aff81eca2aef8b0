"""Finds events of the log, the newest first: by who did it, what sort it is, to what, whose it is, and when.

The newest is the one that tells the latest time. Clocks may be wrong, so that one log can be gone through as it was
recorded too: by its numbers. Reads a bounded part of the log for one page, from the index that leads to most of what is asked;
the page after it goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    func,
    select,
    true,
    tuple_,
    union_all,
)

from cutover import letters
from mirror.journal.tables import event

SCANNED, CHUNK = 10_000, 1_000
"""Events that are looked through for one page, and how many of them are read at once."""
PARTS = 100
"""Tenants whose logs are each read from the index; SQLite puts no more than 500 selects together."""

type Place = tuple[int, str, int]
"""When, whose log, and its number there: the order of what is found."""

BULK = frozenset({
    "checkpoint.signed", "comparison.scored", "egress.done", "egress.intent", "notice.sent", "prompt.resent",
    "request.served", "retention.purged", "shadow.sent", "shadow.skipped",
})  # fmt: skip
"""What services alone write, and much of: most of a log, where nothing that people did is looked for."""
ATTEMPTS = frozenset({"access.refused", "user.confirm_failed", "user.sign_in_failed"})
"""Attempts without a right that have another outcome than `denied`."""


class Deeds(StrEnum):
    """Whose deeds are looked for."""

    PEOPLE = "people"
    SYSTEM = "system"
    REFUSED = "refused"
    """Attempts without a right, whoever made them."""


class Order(StrEnum):
    """What comes first."""

    TOLD = "told"
    """What tells the latest time."""
    RECORDED = "recorded"
    """What stands last in the log; of one log alone, for two have no common order."""


_EVENT = event.c
_ORDER = (_EVENT.at_us, _EVENT.tenant, _EVENT.seq)
_COLUMNS = (*_ORDER, _EVENT.type, _EVENT.body)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; what is not given finds all. `tenants` None is every log, the deployment's own ("") too."""

    tenants: frozenset[str] | None = None
    actor: str = ""
    kinds: frozenset[str] = frozenset()
    route: str = ""
    since_us: int | None = None
    until_us: int | None = None
    object: str = ""
    deeds: Deeds | None = None
    seq: int | None = None
    order: Order = Order.TOLD

    def finds(self, kind: str, at_us: int, found: str | bytes) -> dict[str, Any] | None:
        """The event where it is looked for, of those in these tenants' logs: what it says, and as `body` its very letters.

        `kind` and `at_us` are what its row says.
        """
        body = letters.text(found)
        if (self.kinds and kind not in self.kinds) or not self._may_be(body):
            return None
        told = letters.said(kind, at_us, body)
        if self.order is Order.RECORDED and not self._is_between(told["at_us"]):
            return None
        if self.actor and told["actor"].get("name") != self.actor:
            return None
        if self.object and told["object"].get("id") != self.object:
            return None
        if self.route and not self._is_of_route(told["object"]):
            return None
        return {**told, "body": body} if self._is_deed(kind, told) else None

    def _may_be(self, body: str) -> bool:
        """Whether it is worth being read: names without letters that JSON escapes stand in it as they are."""
        return all(
            name in body
            for name in (self.actor, self.object)
            if '"' not in name and "\\" not in name
        )

    def _is_between(self, at_us: int) -> bool:
        return (self.since_us is None or at_us >= self.since_us) and (
            self.until_us is None or at_us < self.until_us
        )

    def _is_deed(self, kind: str, told: dict[str, Any]) -> bool:
        by_people = bool(told["actor"].get("kind") == "human")
        match self.deeds:
            case Deeds.PEOPLE:
                return by_people
            case Deeds.SYSTEM:
                return not by_people
            case Deeds.REFUSED:
                return kind in ATTEMPTS or bool(told.get("outcome") == "denied")
            case None:
                return True

    def _is_of_route(self, done_to: dict[str, str]) -> bool:
        of = done_to.get("id", "")
        return done_to.get("kind") == "rollout" and of.rpartition("/")[2] == self.route


@dataclass(frozen=True, slots=True)
class Page:
    """What events say; `next` is after which place the next page begins, None at the end.

    `places` is where each stands by the store, whatever its letters say: they may have been changed there.
    """

    events: tuple[dict[str, Any], ...]
    next: Place | None
    places: tuple[Place, ...] = ()


def find(conn: Connection, search: Search, after: Place | None, limit: int) -> Page:
    """The page of what is looked for, after a place.

    Only logs of the tenants that are looked for are read: where it stopped tells nothing of others.
    """
    if search.tenants is not None and not search.tenants:
        return Page((), None)
    narrow = _narrowed(conn, search)
    if narrow is None:
        return Page((), None)
    found: list[tuple[Place, dict[str, Any]]] = []
    last = after
    for scanned, row in enumerate(_newest(conn, narrow, after), start=1):
        last = (row.at_us, row.tenant, row.seq)
        if (told := narrow.finds(row.type, row.at_us, row.body)) is not None:
            found.append((last, told))
        if len(found) > limit:
            return _page(found[:limit], found[limit - 1][0])
        if scanned == SCANNED:
            return _page(found, last)
    return _page(found, None)


def _page(found: list[tuple[Place, dict[str, Any]]], next: Place | None) -> Page:
    return Page(tuple([one for _, one in found]), next, tuple([place for place, _ in found]))


def _narrowed(conn: Connection, search: Search) -> Search | None:
    """The same without what cannot be found, so that it is not looked through; None where nothing is left."""
    if search.deeds in (None, Deeds.SYSTEM):
        return search
    kinds = (search.kinds or _kinds(conn)) - BULK
    return replace(search, kinds=kinds) if kinds else None


def _kinds(conn: Connection) -> frozenset[str]:
    """Every type of event there is: one look into the index for each, however many events there are."""
    first = select(func.min(_EVENT.type).label("type")).cte("kinds", recursive=True)
    onward = select(func.min(_EVENT.type)).where(_EVENT.type > first.c.type).scalar_subquery()
    every = first.union_all(select(onward).where(first.c.type.is_not(None)))
    return frozenset(conn.scalars(select(every.c.type).where(every.c.type.is_not(None))))


def _newest(conn: Connection, search: Search, after: Place | None) -> Iterator[Any]:
    while rows := conn.execute(_query(search, after)).all():
        yield from rows
        last = rows[-1]
        after = (last.at_us, last.tenant, last.seq)
        if len(rows) < CHUNK:
            return


def _query(search: Search, after: Place | None) -> Select[Any]:
    """The next of what the leading indexes give; the rest is looked at one by one."""
    if search.order is Order.RECORDED:
        return _backwards(search, after)
    where = list(_between(search, after))
    parts = [_first(part, *where).subquery() for part in _parts(search)]
    if not parts:
        return _first(*where)
    merged = union_all(*[select(one) for one in parts]).subquery()
    order = [merged.c[column.name].desc() for column in _ORDER]
    return select(merged).order_by(*order).limit(CHUNK)


def _backwards(search: Search, after: Place | None) -> Select[Any]:
    """The next of one log by its numbers. What is looked for is not asked here: it may be rare, and the way to it long."""
    assert search.tenants is not None and len(search.tenants) == 1, "two logs have no order"
    (tenant,) = search.tenants
    query = select(*_COLUMNS).where(_EVENT.tenant == tenant).order_by(_EVENT.seq.desc())
    if search.seq is not None:
        query = query.where(_EVENT.seq == search.seq)
    return query.where(_EVENT.seq < after[2] if after else true()).limit(CHUNK)


def _parts(search: Search) -> list[ColumnElement[bool]]:
    """What an index finds the newest of, each for itself; none where all is looked for."""
    tenants = None if search.tenants is None else sorted(search.tenants)
    if search.kinds and tenants is not None and len(tenants) * len(search.kinds) <= PARTS:
        kinds = sorted(search.kinds)
        return [
            (_EVENT.tenant == one) & (_EVENT.type == kind) for one in tenants for kind in kinds
        ]
    if search.kinds:
        of = true() if tenants is None else _EVENT.tenant.in_(tenants)
        return [(_EVENT.type == kind) & of for kind in sorted(search.kinds)]
    if tenants is None:
        return []
    if len(tenants) > PARTS:
        return [_EVENT.tenant.in_(tenants)]
    return [_EVENT.tenant == tenant for tenant in tenants]


def _first(*where: ColumnElement[bool]) -> Select[Any]:
    order = [column.desc() for column in _ORDER]
    return select(*_COLUMNS).where(*where).order_by(*order).limit(CHUNK)


def _between(search: Search, after: Place | None) -> Iterator[ColumnElement[bool]]:
    if search.seq is not None:
        yield _EVENT.seq == search.seq
    if search.since_us is not None:
        yield _EVENT.at_us >= search.since_us
    if search.until_us is not None:
        yield _EVENT.at_us < search.until_us
    if after is not None:
        yield (
            _EVENT.at_us <= after[0]
        )  # what the index is read from; the rest of the order is beside
        yield tuple_(*_ORDER) < tuple_(*after)
