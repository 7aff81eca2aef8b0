"""Spool segments: begun whole, and read: whole records from a position on, and what is damaged between them."""

from __future__ import annotations

import contextlib
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mirror.journal import frames
from mirror.journal.frames import Damage, Frame, Record
from mirror.journal.seal import SealBroken, Sealer

SUFFIX = ".seg"
BATCH = 200  # records a transaction
_BATCH_BYTES = 8 << 20  # and about this many bytes


class KeyMismatch(Exception):
    """A segment was sealed with another key than this data folder's."""


class Entry(NamedTuple):
    """A record, or damage in its place, and the offset behind it."""

    found: Record | Damage
    end: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries from one position on. `done`: nothing follows, and nothing will be written. `full`: more may follow at once."""

    entries: tuple[Entry, ...]
    done: bool
    full: bool = False


def begin(path: Path, key_id: bytes) -> int:
    """The handle of a new segment, for writing. Once it has its name, the last one counts as ended.

    Raises OSError, with nothing left behind.
    """
    header = frames.header(key_id)
    draft = path.with_suffix(".draft")
    handle = os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        if os.pwrite(handle, header, 0) != len(header):
            raise OSError("the disk is full")
        draft.rename(path)
    except BaseException:
        os.close(handle)
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    return handle


def read(path: Path, at: int, *, closed: bool, sealer: Sealer) -> Batch:
    """The next entries of a segment, at most 200.

    What is not whole at the end of an open segment is still being written; in a `closed` one it is
    damage. Damage never hides the whole records behind it.

    Raises:
        KeyMismatch: nothing of it can be opened with this key; no data is lost.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        size = os.fstat(handle).st_size
        start = os.pread(handle, frames.HEADER_BYTES, 0)
        key_id = frames.key_id_of(start)
        if key_id is None:
            return _without_header(size, at, closed)
        if key_id != sealer.key_id:
            raise KeyMismatch(
                f"{path} was sealed with another key; put its keys/payload.key back, or move "
                f"{path.parent} away"
            )
        reader = _Reader(handle, size, (path.parent.name, path.name), closed, sealer)
        return reader.batch(max(at, frames.HEADER_BYTES))
    finally:
        os.close(handle)


def _without_header(size: int, at: int, closed: bool) -> Batch:
    if not closed or at >= size:
        return Batch((), closed)
    return Batch((Entry(Damage(at, size, "no segment header"), size),), True)


@dataclass(frozen=True, slots=True)
class _Reader:
    handle: int
    size: int
    place: tuple[str, str]  # the names of its folder and of itself
    closed: bool
    sealer: Sealer

    def batch(self, at: int) -> Batch:
        entries: list[Entry] = []
        first, full = at, False
        while not full and (entry := self._entry(at)) is not None:
            entries.append(entry)
            at = entry.end
            full = len(entries) >= BATCH or at - first >= _BATCH_BYTES
        return Batch(tuple(entries), self.closed and at >= self.size, full)

    def _entry(self, at: int) -> Entry | None:
        match frames.read_frame(self.handle, at, self.size):
            case Frame() as frame:
                return Entry(self._record(frame), frame.end)
            case Damage() as damage if self.closed:
                return self._damaged(damage)
            case None if self.closed and at < self.size:
                return Entry(Damage(at, self.size, "a torn end"), self.size)
            case _:
                return None

    def _damaged(self, damage: Damage) -> Entry:
        """Damage as long as it is, if a whole frame follows; otherwise the rest of the segment."""
        follows = frames.read_frame(self.handle, damage.end, self.size)
        end = damage.end if isinstance(follows, Frame) else self.size
        return Entry(Damage(damage.at, end, damage.why), end)

    def _record(self, frame: Frame) -> Record | Damage:
        place = frames.context(*self.place, frame.at)
        try:
            return frames.record(frame.kind, self.sealer.unseal(frame.sealed, place))
        except SealBroken:
            return Damage(frame.at, frame.end, "a broken seal")
        except (ValueError, KeyError, TypeError, struct.error):
            return Damage(frame.at, frame.end, "a record of another version")


def left(folder: Path) -> tuple[int, float]:
    """Bytes of a spool folder's files, and when the oldest of its ended segments was last written.

    That is in seconds since 1970, 0.0 where none has ended that is still there.
    """
    total, written = 0, {}
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):  # the drainer may delete it meanwhile
                found = entry.stat()
                total += found.st_size
                if entry.name.endswith(SUFFIX):
                    written[entry.name] = found.st_mtime
    ended = sorted(written)[:-1]  # the last one is written to
    return total, written[ended[0]] if ended else 0.0
