"""Finds comparisons among all there are, the newest first: by rollout, flag, session, time and label.

Every search reads no more than a bounded part of the store. What an index leads to is read from it;
where none does, the ledger is looked through in windows of numbers, so many for one page, and the
page after it goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    exists,
    func,
    select,
    union_all,
)

from compare.comparison import Severity
from compare.flagged import flagged
from compare.ledger import comparisons
from cutover.people_tables import comparison_label
from policies.routes import Route

PLACES = 96
"""Rollouts whose newest are merged; of more, all that was compared is looked through."""
WINDOW, WINDOWS = 20_000, 10
"""Numbers that are looked through at once, and how often for one page."""
SKEW_US = 600_000_000
"""No two workers' clocks are further apart: comparisons are numbered in the order of being written."""

_ROW = comparisons.c
_FLAG = flagged.c
_LABEL = comparison_label.c


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; what is not given finds all. `tenants` None is every one, times are of the comparison.

    `since_us` is the first moment that counts, `until_us` the first that counts no more.
    """

    tenants: tuple[str, ...] | None = None
    route: Route | None = None
    flag: str = ""
    severity: Severity | None = None
    session: str = ""
    since_us: int | None = None
    until_us: int | None = None
    labelled: bool | None = None


@dataclass(frozen=True, slots=True)
class Numbers:
    """Comparisons by number, the newest first; `next` is below which number the next page begins, None at the end."""

    numbers: tuple[int, ...]
    next: int | None


def find(conn: Connection, search: Search, below: int | None, limit: int) -> Numbers:
    """The page of what is looked for, numbered below `below` where that is given."""
    bounds = _bounds(conn, search, below)
    if bounds is None or search.tenants == ():
        return Numbers((), None)
    low, high = bounds
    found: list[int] = []
    for begin, end in _windows(search, low, high):
        query = _query(search, begin, end, limit + 1 - len(found))
        found += conn.scalars(query)
        if len(found) > limit:
            return Numbers(tuple(found[:limit]), found[limit - 1])
        low_so_far = begin
    more = low_so_far > low
    return Numbers(tuple(found), low_so_far if more else None)


def _bounds(conn: Connection, search: Search, below: int | None) -> tuple[int, int] | None:
    """The first number that may be found, and the first above; None where nothing can be."""
    low, high = 1, (conn.scalar(select(func.max(_ROW.number))) or 0) + 1
    if search.since_us is not None:
        first = select(_ROW.number).where(_ROW.at_us >= search.since_us - SKEW_US)
        low = conn.scalar(first.order_by(_ROW.at_us).limit(1)) or high
    if search.until_us is not None:
        last = select(_ROW.number).where(_ROW.at_us < search.until_us + SKEW_US)
        high = (conn.scalar(last.order_by(_ROW.at_us.desc()).limit(1)) or 0) + 1
    high = min(high, below) if below is not None else high
    return (low, high) if low < high else None


def _windows(search: Search, low: int, high: int) -> Iterator[tuple[int, int]]:
    """Ranges of numbers to look through, the highest first: one alone where an index leads to what is looked for."""
    if _led(search):
        yield low, high
        return
    for _ in range(WINDOWS):
        begin = max(low, high - WINDOW)
        yield begin, high
        high = begin
        if high <= low:
            return


def _led(search: Search) -> bool:
    if search.labelled or search.session:
        return True
    if search.flag or search.severity:
        return search.route is None and (search.tenants is None or len(search.tenants) == 1)
    return bool(_places(search)) or (search.tenants is None and search.route is None)


def _places(search: Search) -> list[tuple[str, str]]:
    """The rollouts that are looked through, where they are few; none where they are many, or all."""
    routes = [search.route] if search.route else list(Route)
    if search.tenants is None or len(search.tenants) * len(routes) > PLACES:
        return []
    return [(tenant, route.value) for tenant, route in product(search.tenants, routes)]


def _query(search: Search, low: int, high: int, limit: int) -> Select[tuple[int]]:
    """Numbers in a range, the highest first, read from what leads to them."""
    if search.labelled:
        return _led_by(comparison_label, replace(search, labelled=None), (low, high), limit)
    if search.session:
        return _led_by(comparisons, search, (low, high), limit)
    if search.flag or search.severity:
        return _led_by(flagged, search, (low, high), limit)
    if not (places := _places(search)):
        return _led_by(comparisons, search, (low, high), limit)
    each = [
        select(
            _led_by(comparisons, search, (low, high), limit, place=place).subquery().c.number
        )
        for place in places
    ]
    merged = union_all(*each).subquery()
    return select(merged.c.number).order_by(merged.c.number.desc()).limit(limit)


def _led_by(
    leads: FromClause,
    search: Search,
    within: tuple[int, int],
    limit: int,
    *,
    place: tuple[str, str] | None = None,
) -> Select[tuple[int]]:
    number = leads.c.number
    query = select(number).where(number >= within[0], number < within[1])
    query = query.where(*_here(leads, search, place), *_elsewhere(leads, search))
    query = query.distinct() if leads is not comparisons else query
    return query.order_by(number.desc()).limit(limit)


def _here(
    leads: FromClause, search: Search, place: tuple[str, str] | None
) -> Iterator[ColumnElement[bool]]:
    """What the leading table itself knows."""
    if place is not None:
        yield leads.c.tenant == place[0]
        yield leads.c.route == place[1]
    elif search.tenants is not None:
        one = len(search.tenants) == 1
        yield leads.c.tenant == search.tenants[0] if one else leads.c.tenant.in_(search.tenants)
    if place is None and search.route is not None:
        yield leads.c.route == search.route.value
    if leads is flagged:
        yield from _flag(search)
    if leads is comparisons:
        yield from _of_row(search)


def _elsewhere(leads: FromClause, search: Search) -> Iterator[ColumnElement[bool]]:
    """What another table knows of each that the leading one names."""
    if leads is not comparisons and (told := list(_of_row(search))):
        yield exists().where(_ROW.number == leads.c.number, *told)
    if leads is not flagged and (told := list(_flag(search))):
        yield exists().where(_FLAG.number == leads.c.number, *told)
    if search.labelled is not None:
        labelled = exists().where(_LABEL.number == leads.c.number)
        yield labelled if search.labelled else ~labelled


def _flag(search: Search) -> Iterator[ColumnElement[bool]]:
    if search.flag:
        yield _FLAG.code == search.flag
    if search.severity is not None:
        yield _FLAG.severity == search.severity.value


def _of_row(search: Search) -> Iterator[ColumnElement[bool]]:
    if search.session:
        yield _ROW.session == search.session
    if search.since_us is not None:
        yield _ROW.at_us >= search.since_us
    if search.until_us is not None:
        yield _ROW.at_us < search.until_us


def rows(conn: Connection, numbers: Sequence[int]) -> list[Found]:
    """What is told of comparisons without opening any text, in the order of their numbers given."""
    columns = [_ROW[name] for name in _TOLD]
    query = select(*columns).where(_ROW.number.in_(numbers))
    known = {row["number"]: Found(**row) for row in conn.execute(query).mappings()}
    return [known[number] for number in numbers if number in known]


@dataclass(frozen=True, slots=True)
class Found:
    """One comparison, its flags as the ledger has them: JSON of codes and severities."""

    number: int
    exchange_id: str
    tenant: str
    route: str
    at_us: int
    session: str
    stage: str
    serving: str
    attribution: str
    equivalence: float | None
    noise_floor: float | None
    missing: str
    unpaired: str
    flags: str


_TOLD = tuple(Found.__dataclass_fields__)
