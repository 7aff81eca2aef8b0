"""The events of a tenant's log between two moments, by type, read piece by piece."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, func, or_, select

from cutover.reports.placing import Signed
from mirror.journal.signed.tables import log_checkpoint
from mirror.journal.tables import event

PIECE = 5_000


def told(
    conn: Connection, tenant: str, types: Sequence[str], span: tuple[int, int]
) -> Iterator[dict[str, Any]]:
    """Events with span[0] <= at_us < span[1] (microseconds of UTC), one type after the other, each in its order."""
    columns = (event.c.at_us, event.c.seq, event.c.body)
    for type in types:
        query = (
            select(*columns)
            .where(event.c.type == type, event.c.tenant == tenant)
            .where(event.c.at_us >= span[0], event.c.at_us < span[1])
            .order_by(event.c.at_us)
        )
        for row in conn.execute(query.execution_options(yield_per=PIECE)):
            yield from_json(row.body)


def strays(conn: Connection, tenant: str, types: Sequence[str], span: tuple[int, int]) -> int:
    """How many events of these types stand between those of a span and tell a time outside of it: a clock was wrong.

    A report tells of the times that events tell; the bundle of the same span has these too.
    """
    mine, at_us, seq = event.c.tenant == tenant, event.c.at_us, event.c.seq
    first = select(func.min(seq)).where(mine, at_us >= span[0]).scalar_subquery()
    last = select(func.max(seq)).where(mine, at_us < span[1]).scalar_subquery()
    outside = or_(at_us < span[0], at_us >= span[1])
    query = select(func.count()).where(mine, event.c.type.in_(types), outside)
    return conn.scalar(query.where(seq.between(first, last))) or 0


def types_in(conn: Connection, prefixes: Sequence[str]) -> list[str]:
    """The types of events that there are and that begin with one of these, in order.

    It steps from one type to the next by the index, however many events there are.
    """
    found: list[str] = []
    for prefix in prefixes:
        after = prefix
        while True:
            query = select(event.c.type).where(event.c.type > after).order_by(event.c.type)
            next = conn.scalar(query.limit(1))
            if next is None or not next.startswith(prefix):
                break
            found.append(next)
            after = next
    return found


def signed(conn: Connection, tenant: str) -> Signed:
    """The checkpoints of a log: of a year that is signed every minute two arrays of half a million numbers."""
    sizes, moments = array("q"), array("q")
    of = log_checkpoint.c
    query = select(of.size, of.at_us).where(of.tenant == tenant).order_by(of.size)
    for size, at_us in conn.execute(query.execution_options(yield_per=PIECE)):
        sizes.append(size)
        moments.append(at_us)
    return Signed(sizes, moments)
