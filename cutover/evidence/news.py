"""What is new about all rollouts at one tick, from one read of the store.

A tick that asked the store for each rollout would spend its second on asking. So it reads once what
was compared since the tick before and what waits to be, and looks again only at rollouts of which
it learns something there, or whose time has come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache

from sqlalchemy import Connection, func, select

from compare import ledger
from cutover.tenure import Storage

BATCH = 5_000

type Place = tuple[str, str, int]
"""Tenant, route and epoch: a standing."""

type Waiting = tuple[tuple[str, int], ...]
"""Session and accept time of exchanges that still wait for their comparison."""


@dataclass(frozen=True, slots=True)
class News:
    """Comparisons up to number `upto` that came since the read before, and what waits, by standing."""

    upto: int = 0
    rows: Mapping[Place, Sequence[ledger.Row]] = field(default_factory=dict)
    waiting: Mapping[Place, Waiting] = field(default_factory=dict)


@contextmanager
def deferred(store: Storage) -> Iterator[Callable[[], Connection]]:
    """A transaction that reads, begun when it is first asked for: most looks need none."""
    with ExitStack() as stack:
        yield cache(lambda: stack.enter_context(store.read()))


def gather(conn: Connection, after: int | None) -> News:
    """The news since comparison number `after`; with None what waits alone, to begin with.

    What waits is read first, because what is in neither list is lost.
    """
    waiting = ledger.all_open(conn)
    if after is None:
        newest = conn.execute(select(func.max(ledger.comparisons.c.number))).scalar_one()
        return News(newest or 0, {}, waiting)
    rows: dict[Place, list[ledger.Row]] = {}
    while batch := ledger.after(conn, after, BATCH):
        for row in batch:
            rows.setdefault((row.tenant, row.route, row.epoch), []).append(row)
        after = batch[-1].number
    return News(after, rows, waiting)


def any_after(conn: Connection, number: int) -> bool:
    """Whether something was compared after comparison number `number`."""
    newest = conn.execute(select(func.max(ledger.comparisons.c.number))).scalar_one()
    return (newest or 0) > number
