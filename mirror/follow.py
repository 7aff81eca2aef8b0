"""Follows the route table in the store, and writes it where this machine's proxies read it.

A process of its own beside each data folder that shares a PostgreSQL store with others. It is told of
each change and asks besides once in a while; while the store is away the last table stays. What it
writes keeps the rules of the file: an older table never takes the place of a newer one.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from pathlib import Path

from mirror import publish
from mirror.journal import published
from mirror.journal.store import Store, StoreError
from mirror.outage import Outage
from mirror.publish import FENCE, OlderTable, RouteTableBroken

ASK_S = 1.0
"""How often it asks although nobody told it anything."""
AGAIN_S = 0.5
PATIENCE = 5
UNFOLLOWED = "the last route table stays in force"
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Follower:
    """Keeps the route table's file at `path` as new as the store's. Not thread-safe."""

    store: Store
    path: Path
    outage: Outage = field(default_factory=Outage)
    _said: str = field(default="", init=False)
    _refused: int = field(default=0, init=False)
    _behind: int = field(default=0, init=False)

    def run(self, stop: threading.Event) -> None:
        """Follows until told to stop, waiting out a store that is away."""
        while not stop.is_set():
            try:
                with self.store.listening(published.CHANNEL) as wait:
                    while not stop.is_set():
                        self.step()  # first: what came before anybody listened is told to nobody
                        self.outage.worked(_log, UNFOLLOWED)
                        wait(ASK_S)
            except (StoreError, OSError) as error:
                self.outage.failed(_log, UNFOLLOWED, error)
                stop.wait(AGAIN_S)

    def step(self) -> bool:
        """Brings the file up to the store's table; whether it was older.

        Raises StoreError, and OSError where the folder cannot be written.
        """
        there = publish.version_in(self.path)
        with self.store.read() as conn:
            version = published.version(conn)
            self._compare(version, there)
            if version == self._refused or version <= there:
                return False
            body = published.body(conn)
        try:
            table = publish.parsed(body or "", "the store's route table")
            publish.write(self.path, table)
        except RouteTableBroken as error:
            self._refused = version
            self._say(str(error))
            return False
        except OlderTable:  # the controller of this machine was faster
            return False
        self._say("")
        return True

    def _compare(self, version: int, there: int) -> None:
        """Says so where the file stays ahead of the store; a controller of this machine may be, for a moment."""
        self._behind = self._behind + 1 if version // FENCE < there // FENCE else 0
        if self._behind == PATIENCE:
            self._say(str(OlderTable(self.path, version, there)))

    def _say(self, trouble: str) -> None:
        """Once each, not twice a second; "" for none any more."""
        if trouble and trouble != self._said:
            _log.error("%s", trouble)
        self._said = trouble
