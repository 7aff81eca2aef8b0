"""Which route table each proxy obeys, and since when: told in the data folder, for whoever measures it.

A file a process, with its last few versions and when it came to each. A file speaks for a process
only as long as that holds its lock, which the system lets go when the process dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import struct
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from mirror.beside import beside
from mirror.journal.lock import held
from mirror.publish import Watcher

LOOK_S = 0.05
KEPT = 64  # versions; one a second comes from the controller
_ENTRY = struct.Struct("<QQ")
_NAME = "{}.obeys"
_log = logging.getLogger(__name__)

type Course = Mapping[int, int]
"""When a process came to each version, in UTC microseconds."""


@asynccontextmanager
async def obeying(
    watcher: Watcher, folder: Path, name: str, now_us: Callable[[], int] | None = None
) -> AsyncIterator[None]:
    """While entered, follows the table also where no request comes, and tells what is obeyed.

    A folder that cannot be written is told in the log, and costs nothing but the telling.
    """
    clock = now_us or (lambda: time.time_ns() // 1000)
    try:
        file = os.open(folder / _NAME.format(name), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        _log.error("%s: nobody is told which route table is obeyed: %s", folder, error.strerror)
        yield
        return
    try:
        async with beside(_tell(watcher, file, clock)):
            yield
    finally:
        os.close(file)


async def _tell(watcher: Watcher, file: int, clock: Callable[[], int]) -> None:
    while not _locked(
        file
    ):  # a process that read it a moment ago, or one of this name that ends
        await asyncio.sleep(LOOK_S)
    count, last = 0, -1
    while True:
        version = watcher.current().version
        if version != last:
            count, last = count + 1, version
            with contextlib.suppress(OSError):  # a full disk costs the telling alone
                os.pwrite(file, _ENTRY.pack(version, clock()), count % KEPT * _ENTRY.size)
        await asyncio.sleep(LOOK_S)


def _locked(file: int) -> bool:
    """Whether the file is this process's now; what a dead one told is gone then."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(file, 0)
    except OSError:
        return False
    return True


def told(folder: Path) -> dict[str, Course]:
    """What every living process tells, by its name. Raises OSError where the folder cannot be read."""
    found: dict[str, Course] = {}
    for path in sorted(folder.glob(_NAME.format("*"))):
        with held(path) as dead:
            if dead:
                continue
            whole = path.read_bytes()
        entries = _ENTRY.iter_unpack(whole[: len(whole) // _ENTRY.size * _ENTRY.size])
        found[path.stem] = {version: at_us for version, at_us in entries if at_us}
    return found


def since_us(course: Course, version: int) -> int:
    """When a process came to a version or a later one; 0 where it has not."""
    return min((at_us for one, at_us in course.items() if one >= version), default=0)
