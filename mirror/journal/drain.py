"""The drainer: moves the spool's records to the store, each exactly once.

The position in a segment and the rows of its records change in one transaction, and only where the
position is still the one that was read; a drainer killed at any point, or a second one, repeats
nothing. A folder whose process is gone is emptied, its unfinished exchanges are settled
`failed: process_killed`, and it is removed.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import DataError, IntegrityError

from mirror.exchange import Accept, Large, Reply
from mirror.journal import frames, intake, segments, unwanted
from mirror.journal.apart import Apart
from mirror.journal.events import EventInvalid
from mirror.journal.frames import Damage
from mirror.journal.home import Home
from mirror.journal.intake import Overtaken
from mirror.journal.lock import held
from mirror.journal.seal import Sealer
from mirror.journal.segments import Entry, KeyMismatch
from mirror.journal.spool import CLOSED, LOCK, SUFFIX
from mirror.journal.store import Store, StoreError
from mirror.journal.together import Twice

# A shadow starts this much later at most. What is moved together costs less: of ten and more half as much as of two.
_PAUSE_S, _BUSY_S = 0.02, 0.1
_MANY = 8  # records of a pause, from which on more are waited for
_TROUBLE_S = 0.5
_REFUSED = (DataError, IntegrityError, EventInvalid, ValueError, OverflowError, Twice)
_log = logging.getLogger(__name__)


def now_us() -> int:
    """UTC microseconds."""
    return time.time_ns() // 1000


def pause_s(moved: int) -> float:
    """How long to wait for more, in seconds, where so many records were moved and no more are there."""
    return _BUSY_S if moved >= _MANY else _PAUSE_S


@dataclass(slots=True)
class Drainer:
    """Empties the spool of one data folder. Of several on one folder one works at a time."""

    home: Home
    store: Store
    sealer: Sealer
    clock: Callable[[], int] = now_us
    _positions: dict[str, int] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _swept: set[str] = field(default_factory=set)
    _more: bool = False  # whether the last step left records that were there

    def run(self, stop: threading.Event) -> None:
        """Move records until told to stop, waiting out a store that is down."""
        apart = Apart(self.store, socket.gethostname(), self.clock, time.monotonic)
        while not stop.is_set():
            try:
                moved = self.step()
                apart.look()
            except (StoreError, OSError) as error:
                self._tell(str(error))
                stop.wait(_TROUBLE_S)
                continue
            stop.wait(0 if self._more else pause_s(moved))

    def step(self) -> int:
        """Move one batch of each process's folder; how many records.

        Raises:
            StoreError: the store is down; nothing is lost.
            OSError: the spool cannot be read; nothing is lost.
        """
        self._more = False
        with held(self.home.spool / "drain.lock") as ours:
            if not ours:
                return 0
            return sum(self._folder(folder) for folder in _folders(self.home.spool))

    def _folder(self, folder: Path) -> int:
        with held(folder / LOCK) as dead:  # its process holds this lock as long as it lives
            self._sweep(folder)
            try:
                moved, empty = self._segments(folder, dead)
            except KeyMismatch as error:
                self._tell(str(error))
                return 0
            except Overtaken:
                self._positions.clear()
                return 0
            if dead and empty:
                self._remove(folder)
            return moved

    def _segments(self, folder: Path, dead: bool) -> tuple[int, bool]:
        """Move the next batch of a folder; how many records, and whether nothing is left."""
        paths = sorted(folder.glob(f"*{SUFFIX}"))
        for path in paths:
            last = path is paths[-1]
            moved, done = self._segment(path, closed=dead or not last)
            if done and not last:
                self._delete(path)
            if moved or not done:
                self._more |= not last
                return moved, done and last
        return 0, True

    def _segment(self, path: Path, *, closed: bool) -> tuple[int, bool]:
        key = self._key(path)
        if key not in self._positions:
            with self.store.read() as conn:
                self._positions[key] = intake.position(conn, key)
        at = self._positions[key]
        if not closed and path.stat().st_size == at:
            return 0, False
        batch = segments.read(path, at, closed=closed, sealer=self.sealer)
        self._more |= batch.full
        if batch.entries:
            self._move(path, batch.entries)
        return len(batch.entries), batch.done

    def _move(self, path: Path, entries: Sequence[Entry]) -> None:
        """Store entries; one that the store refuses becomes a gap and holds up none behind it."""
        try:
            self._commit(path, entries)
        except _REFUSED as error:
            if len(entries) > 1:
                for entry in entries:
                    self._move(path, [entry])
                return
            end = entries[0].end
            at = self._positions[self._key(path)]
            why = f"the store refused a record: {type(error).__name__}"
            left: tuple[Large, ...] = ()
            match entries[0].found:
                case Accept(large=Large() as large) | Reply(large=Large() as large):
                    left = (large,)
            self._commit(path, [Entry(Damage(at, end, why), end)], left)

    def _commit(
        self, path: Path, entries: Sequence[Entry], left: tuple[Large, ...] = ()
    ) -> None:
        key, end, folder = self._key(path), entries[-1].end, path.parent
        for entry in entries:
            self._adopt(folder, entry)
        with self.store.write() as conn:
            intake.advance(conn, key, self._positions[key], end)
            left += intake.take(conn, folder.name, entries, self.sealer, self.clock())
            for large in left:  # who is killed once this is committed leaves word of it
                unwanted.leave_word(path, large, end)
        self._positions[key] = end
        for large in left:  # only now: a transaction that fails is tried again
            self._discard(large)
            unwanted.forget(folder, large)

    def _adopt(self, folder: Path, entry: Entry) -> None:
        """Moves a long body to where its row will look for it; again after a crash does nothing."""
        match entry.found:
            case Accept(id=of, large=Large() as large):
                self.sealer.adopt(folder / frames.body_file(of, "request"), large)
            case Reply(exchange_id=of, leg=leg, large=Large() as large):
                self.sealer.adopt(folder / frames.body_file(of, leg), large)

    def _sweep(self, folder: Path) -> None:
        """Deletes the bodies that no row points to and that a killed drainer left, once a folder."""
        if folder.name in self._swept:
            return
        for word in unwanted.words(folder):
            with self.store.read() as conn:
                at = intake.position(conn, f"{folder.name}/{word.segment}")
            if at >= word.end or not (folder / word.segment).exists():
                self._discard(word.large)
            unwanted.forget(folder, word.large)  # where it was not decided, it will be again
        self._swept.add(folder.name)

    def _discard(self, large: Large) -> None:
        with contextlib.suppress(ValueError):  # a digest that is none has no file
            self.sealer.discard(large)

    def _delete(self, path: Path) -> None:
        key = self._key(path)
        path.unlink()  # before its position: a segment without one would be moved again
        with self.store.write() as conn:
            intake.forget(conn, key)
        self._positions.pop(key, None)

    def _remove(self, folder: Path) -> None:
        in_order = (folder / CLOSED).exists()
        with self.store.write() as conn:
            intake.bury(conn, folder.name, in_order=in_order, now_us=self.clock())
        shutil.rmtree(folder)
        with self.store.write() as conn:
            intake.forget(conn, folder.name)
        for key in [key for key in self._positions if key.startswith(f"{folder.name}/")]:
            del self._positions[key]

    def _tell(self, trouble: str) -> None:
        if trouble not in self._told:  # once, not a hundred times a second
            self._told.add(trouble)
            _log.error("drainer: %s", trouble)

    @staticmethod
    def _key(path: Path) -> str:
        return f"{path.parent.name}/{path.name}"


def _folders(spool: Path) -> list[Path]:
    return sorted(p for p in spool.iterdir() if p.is_dir() and not p.name.startswith("."))
