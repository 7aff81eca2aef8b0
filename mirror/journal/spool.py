"""The spool: a proxy's records on local disk, by plain writes on the request's path.

A write costs microseconds and survives the process; a thread makes it survive the machine, with one
fdatasync for all writes of 50 ms. When the disk or the spool is full a record is refused and
counted, never waited for.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import re
import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mirror.egress_record import Done, Intent
from mirror.exchange import Accept, Large, Leg, Reply
from mirror.journal import frames, pieces, segments
from mirror.journal.breakers import Tripped
from mirror.journal.frames import Lost, Record
from mirror.journal.home import Home, HomeError, sync_folder
from mirror.journal.seal import Sealer
from mirror.journal.syncs import Syncs
from mirror.logs import is_told

LOCK = "alive.lock"
CLOSED = "closed"  # there when the process ended in good order
SUFFIX = segments.SUFFIX
_LOOK_EVERY = 20  # syncs
_DURABLE_S = 10.0  # who waits longer is told that the disk took nothing
_NAMES_KEPT = 10_000  # exchanges without an end that are remembered by name
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of the spool folder, bytes and seconds of a segment, seconds between syncs."""

    folder_bytes: int = 4 << 30
    segment_bytes: int = 64 << 20
    segment_s: float = 60.0  # an idle process keeps no drained payload longer than this
    sync_s: float = 0.05


class Spool:
    """One process's spool folder. Made by `Spool.open`; its methods may be called by any thread."""

    def __init__(self, folder: Path, lock: int, sealer: Sealer, limits: Limits) -> None:
        self.folder = folder
        self.lost = 0  # records refused since the start
        self._lock = lock
        self._sealer = sealer
        self._limits = limits
        self._number = 0
        self._place = ""  # of the segment that is written to, but for the offset
        self._offset = 0
        self._born = 0.0
        self._used, self._oldest_s = 0, 0.0
        self._lost_accepts = 0
        self._lost_replies: list[str] = []
        self._lost_egress = 0
        self._wake = threading.Event()
        self._writing = threading.Lock()
        self._syncs = Syncs(folder, self._writing)
        self._troubles = 0
        self._stop = threading.Event()
        self._next_segment()
        self._syncer = threading.Thread(target=self._keep_synced, name="spool", daemon=True)
        self._syncer.start()

    @classmethod
    def open(cls, home: Home, sealer: Sealer, name: str, limits: Limits | None = None) -> Spool:
        """A fresh folder "<name>-<boot id>" for this process, marked as alive by a lock.

        Raises:
            HomeError: the folder cannot be made or written.
        """
        boot = f"{time.time_ns():x}-{secrets.token_hex(4)}"
        folder = home.spool / f"{re.sub(r'[^A-Za-z0-9_.-]', '_', name)[:64]}-{boot}"
        # The drainer must not see a folder without its lock.
        draft = home.spool / f".{folder.name}"
        try:
            draft.mkdir(mode=0o700)
            lock = os.open(draft / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            draft.rename(folder)
            sync_folder(home.spool)
            return cls(folder, lock, sealer, limits or Limits())
        except OSError as error:
            raise HomeError(
                f"{folder}: no spool can be written here: {error.strerror}"
            ) from error

    def accept(self, accept: Accept) -> bool:
        """Write an accepted request. False, and counted, where it could not be written."""
        with self._writing:
            kept = self._written(accept)
            if not kept:
                self._lose(accept.id, "request")
            return kept

    def reply(self, reply: Reply) -> bool:
        """Write how a request ended. False, and counted, where it could not be written."""
        with self._writing:
            kept = self._written(reply)
            if not kept:
                self._lose(reply.exchange_id, reply.leg)
            return kept

    def keep(
        self, exchange_id: str, part: str, length: int, body: Iterable[bytes]
    ) -> Large | None:
        """Write a long body, before the record that it belongs to; `part` is `request` or a leg.

        Takes its time, so it is for threads. None, and the record is counted as lost, where it could
        not be written. What no record follows goes with the folder.
        """
        try:
            size = length + pieces.overhead(length)
            with self._writing:
                self._need(size)
                self._used += size
            file = self.folder / frames.body_file(exchange_id, part)
            large, handle = self._sealer.write(file, body, f"{exchange_id}/{part}")
            with self._writing:
                self._syncs.retire(handle)
            return large
        except Exception as error:
            with self._writing:
                self._refused(error)
                self._lose(exchange_id, part)
            return None

    def lose(self, exchange_id: str, part: str) -> None:
        """Count a record that nobody tried to write; `part` is `request` or a leg."""
        with self._writing:
            self.lost += 1
            self._lose(exchange_id, part)

    def egress(self, entry: Intent | Done) -> bool:
        """Write an entry of the egress record. False, and counted, where it could not be written."""
        with self._writing:
            if self._written(entry):
                self._syncs.trust()
                return True
            self._lost_egress += 1
            return False

    def tripped(self, tripped: Tripped) -> bool:
        """Write that a breaker opened or closed. False where it could not be written."""
        with self._writing:
            return self._written(tripped)

    async def durable(self) -> bool:
        """Wait for the next sync, together with all who wait.

        False where the disk took none in 10 seconds, and where one failed since the last entry of
        the egress record was written.
        """
        with self._writing:
            synced = self._syncs.expect() if self._syncer.is_alive() else None
        if synced is None:
            return False
        self._wake.set()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(synced), _DURABLE_S)
        except TimeoutError:
            return False
        finally:
            with self._writing:
                self._syncs.forget(synced)

    @property
    def fill(self) -> tuple[int, int, float]:
        """Bytes that the drainer has not taken, beyond how many records are refused, and since when the oldest waits.

        That is in seconds since 1970, of segments that have ended; 0.0 where none waits. As of a second ago.
        """
        return self._used, self._limits.folder_bytes, self._oldest_s

    def close(self) -> None:
        """Sync and let go of the folder: this process ended in good order."""
        self._stop.set()
        self._wake.set()
        self._syncer.join()
        with self._writing:
            try:
                self._tell_lost()
            except OSError as error:
                _log.error(
                    "spool %s: %d lost records stay untold: %s", self.folder, self.lost, error
                )
            self._syncs.ended()
        self._syncs.sync()
        (self.folder / CLOSED).touch(mode=0o600)
        sync_folder(self.folder)
        os.close(self._lock)

    def _written(self, record: Record) -> bool:
        try:
            self._tell_lost()
            self._append(record)
        except Exception as error:  # whatever it is, the client's request goes on
            self._refused(error)
            return False
        return True

    def _refused(self, error: Exception) -> None:
        self.lost += 1
        if is_told(self.lost):
            why = error if isinstance(error, OSError) else type(error).__name__
            _log.error("spool %s: record %d refused: %s", self.folder, self.lost, why)

    def _lose(self, exchange_id: str, part: str) -> None:
        """Remember what is not on record; `part` is `request` or a leg."""
        if part == "request":
            self._lost_accepts += 1
        elif part == Leg.SERVED and len(self._lost_replies) < _NAMES_KEPT:
            self._lost_replies.append(exchange_id)

    def _need(self, size: int) -> None:
        if self._used + size > self._limits.folder_bytes:
            raise OSError(
                f"{self._used} bytes wait for the drainer, the limit is {self._limits.folder_bytes}"
            )

    def _tell_lost(self) -> None:
        """Put what a full disk kept out on record as soon as there is room again."""
        if self._lost_accepts or self._lost_replies or self._lost_egress:
            lost = Lost(self._lost_accepts, tuple(self._lost_replies), self._lost_egress)
            self._append(lost)
            self._lost_accepts, self._lost_replies, self._lost_egress = 0, [], 0

    def _append(self, record: Record) -> None:
        # In one piece: a call costs here, where no cache has what was last touched a request ago, what ten cost elsewhere.
        kind, plain = frames.plain(record)
        size = len(plain) + frames.SEALED_OVERHEAD
        self._need(size)
        if (
            self._offset > frames.HEADER_BYTES
            and self._offset + size > self._limits.segment_bytes
        ):
            self._next_segment()
        sealed = self._sealer.seal(plain, f"{self._place}{self._offset}")
        data = frames.frame(kind, sealed)
        syncs = self._syncs
        written = os.pwrite(syncs.handle, data, self._offset)
        if written != len(data):
            os.ftruncate(syncs.handle, self._offset)  # the next record takes this place
            raise OSError("the disk is full")
        self._offset += written
        self._used += written
        syncs.unsynced = True

    def _next_segment(self) -> None:
        name = f"{self._number + 1:08d}{SUFFIX}"
        path = self.folder / name
        handle = segments.begin(path, self._sealer.key_id)
        self._syncs.opened(handle)
        self._number += 1
        self._place = frames.context(self.folder.name, name, "")
        self._offset = frames.HEADER_BYTES
        self._born = time.monotonic()

    def _keep_synced(self) -> None:
        ticks = 0
        while not self._stop.is_set():
            self._wake.wait(self._limits.sync_s)
            self._wake.clear()
            self._syncs.sync()
            ticks += 1
            if ticks % _LOOK_EVERY == 0:
                try:
                    self._look_around()
                except Exception as error:  # whatever it is, the syncs go on
                    self._trouble(error)

    def _look_around(self) -> None:
        """Count what the drainer has left, and end a segment that has been open for long."""
        used, self._oldest_s = segments.left(self.folder)
        with self._writing:
            self._used = used
            old = time.monotonic() - self._born > self._limits.segment_s
            if old and self._offset > frames.HEADER_BYTES:
                self._next_segment()

    def _trouble(self, error: Exception) -> None:
        self._troubles += 1
        if is_told(self._troubles):
            why = error if isinstance(error, OSError) else type(error).__name__
            _log.error("spool %s: not looked after: %s", self.folder, why)
