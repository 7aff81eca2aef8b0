"""The syncs of a spool: what was written and may not be on disk yet, and who waits for it."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from mirror.journal.home import sync_folder
from mirror.logs import is_told

_log = logging.getLogger(__name__)


class Syncs:
    """One spool folder's. The caller holds `writing` in all calls but `sync`, which one thread makes."""

    def __init__(self, folder: Path, writing: threading.Lock) -> None:
        self.handle = -1  # of the segment that is written to
        self.unsynced = False  # it has grown since the last sync
        self._folder = folder
        self._writing = writing
        self._retired: list[int] = []
        self._fresh = False  # a segment whose name the folder may not have on disk
        self._waiting: set[Future[bool]] = set()
        self._doubtful = False  # a sync failed, and nobody who waits may be told otherwise
        self._failures = 0

    def opened(self, handle: int) -> None:
        """Go over to a new segment; the last one has ended."""
        self.ended()
        self.handle = handle
        self.unsynced = self._fresh = True

    def ended(self) -> None:
        """No segment is written to any more."""
        if self.handle >= 0:
            self.retire(self.handle)
        self.handle = -1

    def retire(self, handle: int) -> None:
        """Leave a file that is whole to the next sync, which closes it."""
        self._retired.append(handle)

    def trust(self) -> None:
        """An entry to be waited for was written: it has no part in a sync that failed before."""
        self._doubtful = False

    def expect(self) -> Future[bool] | None:
        """What the next sync will say.

        None where nothing is written any more, and where a sync failed since `trust`.

        A system that could not write a page says so once: the next sync succeeds without it.
        """
        if self._doubtful or self.handle < 0:
            return None
        synced: Future[bool] = Future()
        self._waiting.add(synced)
        return synced

    def forget(self, synced: Future[bool]) -> None:
        """Nobody waits for this one any more."""
        self._waiting.discard(synced)

    def sync(self) -> None:
        """Sync what was written, close what has ended, and tell all who wait. Never raises."""
        with self._writing:
            retired, self._retired = self._retired, []
            current = [self.handle] if self.unsynced and self.handle >= 0 else []
            self.unsynced = False
            fresh, self._fresh = self._fresh, False
            waiting, self._waiting = self._waiting, set()
        steps: list[Callable[[], None]] = []
        steps += [partial(os.fdatasync, handle) for handle in (*retired, *current)]
        steps += [partial(sync_folder, self._folder)] if fresh else []
        steps += [partial(os.close, handle) for handle in retired]
        errors = [error for error in map(_tried, steps) if error is not None]
        if errors:
            waiting |= self._failed(errors[0], fresh=fresh)
        for synced in waiting:
            if synced.set_running_or_notify_cancel():
                synced.set_result(not errors)

    def _failed(self, error: Exception, *, fresh: bool) -> set[Future[bool]]:
        """Owe the disk what it did not take; those who began to wait for it meanwhile."""
        with self._writing:
            self.unsynced = self._doubtful = True
            self._fresh |= fresh
            waiting, self._waiting = self._waiting, set()
        self._failures += 1
        if is_told(self._failures):
            text = "spool %s: the disk took no sync (%d so far): %s"
            _log.error(text, self._folder, self._failures, error)
        return waiting


def _tried(step: Callable[[], None]) -> Exception | None:
    try:
        step()
    except Exception as error:  # whatever it is, those who wait must hear of it
        return error
    return None
