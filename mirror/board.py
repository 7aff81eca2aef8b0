"""The board on which the processes of one machine tell each other what they have in flight.

A file an upstream with a row a process, in the data folder. Each process writes its own row alone,
and then reads the others': of two that come at the same moment at least one sees the other, so
that nobody waits for a lock and no cap is ever exceeded. A row belongs to whoever holds the lock of
its file, which the system lets go when a process dies, however it dies; its numbers then count no
more. Whatever else writes there, or removes what is there, each process puts its own part right
within a second, and meanwhile clients are answered.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

from mirror.capacity import Load
from mirror.journal.home import HomeError
from mirror.journal.lock import held

ROWS = 256
_ROW = struct.Struct("<6I")  # in flight by rank, waiting by rank, turned away
MOST = 1_000_000
"""More in flight or waiting than this in one process is no load: something else wrote there."""

_REAP_S = 0.1
_NAME = "{}.load"
_log = logging.getLogger(__name__)


class Board(Protocol):
    """Where a process tells its own load, and reads that of the others."""

    def tell(self, upstream: str, own: Load) -> None:
        """Writes this process's load."""

    def others(self, upstream: str) -> Load:
        """The load of all other processes."""

    def bury(self, upstream: str) -> None:
        """Takes out what dead processes had in flight."""

    def keep(self) -> None:
        """Puts this process's part right again, whatever became of it."""


class Alone:
    """The board of a process that shares its upstreams with nobody."""

    def tell(self, upstream: str, own: Load) -> None:
        """Nobody reads it."""

    def others(self, upstream: str) -> Load:
        """There are none."""
        return Load()

    def bury(self, upstream: str) -> None:
        """Nobody died."""

    def keep(self) -> None:
        """There is none."""


@dataclass(slots=True)
class SharedBoard:
    """A row of the board in a folder; `close` gives it back. Raises HomeError where it cannot be used.

    A board that fails later is told in the log, and a cap then binds each process by itself: clients are answered.
    `keep`, called about once a second, puts right what others than its processes did to the files.
    """

    folder: Path
    row: int = field(init=False)
    _lock: int = field(init=False)
    _files: dict[str, int] = field(default_factory=dict)
    _told: dict[str, Load] = field(default_factory=dict)
    _buried_s: dict[str, float] = field(default_factory=dict)
    _failing: bool = False
    _implausible: bool = False

    def __post_init__(self) -> None:
        try:
            self.row, self._lock = _claimed(self.folder)
            for file in self.folder.glob(_NAME.format("*")):  # what a dead process left there
                _cut(self._file(file.stem))
                self._write(file.stem, Load())
        except OSError as error:
            why = f"{error.strerror}; its files hold no state, and may be removed"
            raise HomeError(f"{self.folder}: {why} while nothing runs") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Counts no more."""
        with contextlib.suppress(OSError):
            for upstream in self._files:
                self._write(upstream, Load())
        for file in (*self._files.values(), self._lock):
            os.close(file)
        self._files.clear()

    def tell(self, upstream: str, own: Load) -> None:
        """Writes this process's load."""
        self._told[upstream] = own
        try:
            self._write(upstream, own)
        except OSError as error:
            self._fails(error)

    def others(self, upstream: str) -> Load:
        """The load of all other processes."""
        try:
            found = _whole(self._file(upstream))
        except OSError as error:
            self._fails(error)
            return Load()
        mine = self.row * _ROW.size
        others = found[:mine] + found[mine + _ROW.size :]
        load = _sum(_ROW.iter_unpack(others))
        if _plausible(load):  # and then each of them is
            return load
        if not self._implausible:
            self._implausible = True
            _log.error(
                "%s: numbers for %s that no process of ours told; they do not count",
                self.folder,
                upstream,
            )
        return _sum(told for told in _ROW.iter_unpack(others) if _plausible(_load(told)))

    def bury(self, upstream: str) -> None:
        """Takes out what dead processes had in flight; looks ten times a second at most."""
        now_s = time.monotonic()
        if now_s < self._buried_s.get(upstream, -_REAP_S) + _REAP_S:
            return
        self._buried_s[upstream] = now_s
        try:
            file = self._file(upstream)
            for row, told in enumerate(_ROW.iter_unpack(_whole(file))):
                if row != self.row and any(told):
                    with held(_lock_path(self.folder, row)) as dead:
                        if dead:
                            os.pwrite(file, bytes(_ROW.size), row * _ROW.size)
        except OSError as error:
            self._fails(error)

    def keep(self) -> None:
        """Puts this process's part right again: its row, and files that were removed while it ran."""
        try:
            if _gone(self._lock, _lock_path(self.folder, self.row)):
                self._claim_anew()
            for upstream in list(self._files):
                if _gone(self._files[upstream], self._path(upstream)):
                    os.close(self._files.pop(upstream))
                own = self._told.get(upstream, Load())
                if self._read(upstream) != own:
                    self._write(upstream, own)
        except (OSError, HomeError) as error:
            self._fails(error)

    def _claim_anew(self) -> None:
        """Who removes a lock file lets another process have the same row: ours is given up to it."""
        lost, former = self._lock, self.row
        self.row, self._lock = _claimed(self.folder)
        os.close(lost)
        _log.error(
            "%s: the lock of row %d was removed while in use; this process has row %d now. "
            "Remove nothing there while anything runs",
            self.folder,
            former,
            self.row,
        )

    def _read(self, upstream: str) -> Load:
        told = os.pread(self._file(upstream), _ROW.size, self.row * _ROW.size)
        return _load(_ROW.unpack(told.ljust(_ROW.size, b"\0")))

    def _write(self, upstream: str, own: Load) -> None:
        told = _ROW.pack(*own.in_flight, *own.waiting, own.turned_away)
        os.pwrite(self._file(upstream), told, self.row * _ROW.size)

    def _file(self, upstream: str) -> int:
        if upstream not in self._files:
            path = self._path(upstream)
            self._files[upstream] = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        return self._files[upstream]

    def _path(self, upstream: str) -> Path:
        return self.folder / _NAME.format(upstream)

    def _fails(self, error: OSError | HomeError) -> None:
        if not self._failing:
            self._failing = True
            why = error.strerror if isinstance(error, OSError) else str(error)
            _log.error("%s: %s; caps bind each process alone", self.folder, why)


def seen(folder: Path) -> dict[str, Load]:
    """What all living processes tell, by upstream, for one who has nothing in flight. Raises OSError."""
    found: dict[str, Load] = {}
    for path in sorted(folder.glob(_NAME.format("*"))):
        load = Load()
        for row, told in enumerate(_ROW.iter_unpack(_aligned(path.read_bytes()))):
            if any(told) and _plausible(_load(told)):
                with held(_lock_path(folder, row)) as dead:
                    load = load if dead else load + _load(told)
        found[path.stem] = load
    return found


def _claimed(folder: Path) -> tuple[int, int]:
    """The first row that nobody holds, and the open file whose lock holds it."""
    for row in range(ROWS):
        file = _opened(folder, row)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            continue
        return row, file
    raise HomeError(f"{folder}: {ROWS} processes use this data folder already; stop some")


def _opened(folder: Path, row: int) -> int:
    return os.open(_lock_path(folder, row), os.O_RDWR | os.O_CREAT, 0o600)


def _lock_path(folder: Path, row: int) -> Path:
    return folder / f"row-{row:03}"


def _gone(file: int, path: Path) -> bool:
    """Whether an open file is no longer the one at its path."""
    try:
        return not os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return True


def _cut(file: int) -> None:
    """Leaves whole rows alone in a file: nothing of ours writes anything else."""
    size = os.fstat(file).st_size
    if size % _ROW.size or size > ROWS * _ROW.size:
        os.ftruncate(file, min(size // _ROW.size, ROWS) * _ROW.size)


def _whole(file: int) -> bytes:
    return _aligned(os.pread(file, ROWS * _ROW.size, 0))


def _aligned(content: bytes) -> bytes:
    return content[: len(content) // _ROW.size * _ROW.size]


def _sum(rows: Iterable[tuple[int, ...]]) -> Load:
    columns = tuple(map(sum, zip(*rows, strict=True)))
    return _load(columns) if columns else Load()


def _load(told: tuple[int, ...]) -> Load:
    one, two, three, four, five, six = told
    return Load((one, two, three), (four, five), six)


def _plausible(load: Load) -> bool:
    return max(*load.in_flight, *load.waiting) <= MOST
