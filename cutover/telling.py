"""Where the controller's route table goes: to the file of its own machine, and to the others by the store."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from cutover.tenure import Storage
from mirror import publish
from mirror.journal import published
from mirror.journal.store import StoreError
from mirror.outage import Outage
from mirror.publish import FENCE
from mirror.route_table import RouteTable

log = logging.getLogger("crossfade.controller")
UNTOLD = "other machines were not told of the route table"


@dataclass(slots=True)
class Telling:
    """Hands tables out, the file first: it needs nobody else.

    The file has each table. The store has one when it says something new, or another controller said
    the last: its row stays where a file could be lost, so that there is nothing to make good.
    """

    file: Path
    store: Storage
    outage: Outage = field(default_factory=Outage)
    _told: RouteTable | None = field(default=None, init=False)

    def __call__(self, table: RouteTable) -> None:
        """Publishes. Raises OSError where the file could not be written; the others are told all the same."""
        try:
            publish.write(self.file, table)
        finally:
            self._tell_others(table)

    def _tell_others(self, table: RouteTable) -> None:
        if self._told is not None and _same(self._told, table):
            return
        with self.outage.waited_out(log, UNTOLD, StoreError):
            with self.store.write() as conn:
                if not published.put(conn, table.version, publish.written(table)):
                    log.error("other machines have a later route table than this: not told")
            self._told = table


def _same(one: RouteTable, other: RouteTable) -> bool:
    """Whether two tables of one controller say the same."""
    said = [
        replace(table, version=table.version // FENCE, published_us=0) for table in (one, other)
    ]
    return said[0] == said[1]


def telling(file: Path, store: Storage, url: str) -> Callable[[RouteTable], None]:
    """How a controller with a store at `url` publishes: a store of this machine alone need not be told."""
    if url.startswith("sqlite"):
        return lambda table: publish.write(file, table)
    return Telling(file, store)
