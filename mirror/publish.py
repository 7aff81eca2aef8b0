"""The route table's own small file: written by the controller, read by every proxy.

A file of its own, so that a rollback never waits behind a database. A reader fails static: what was
good stays in force while the file is broken or gone, and before there is any, primaries answer. A
table older than the one in force is left alone: a controller that lost its lease may still write it.
"""

from __future__ import annotations

import json
import math
import os
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from mirror.route_table import RouteTable, Standing

FENCE = 2**32
"""A table's version is its controller's fence times this, plus a count: a later owner's is higher."""
STAGES = frozenset({"off", "mirror", "canary", "live", "rolled_back"})


@dataclass(frozen=True, slots=True)
class _File:
    """The file's shape: the table, with its rows as a list."""

    version: int
    published_us: int
    emergency: bool
    standings: tuple[Standing, ...]
    emergencies: tuple[tuple[str, str], ...] = ()
    drains: dict[str, int] = field(default_factory=dict)
    factors: dict[str, float] = field(default_factory=dict)


_SHAPE = TypeAdapter(_File)
_HEAD = 64
_VERSION = re.compile(rb'\s*{\s*"version": (\d{1,19}),')  # `write` begins so


class RouteTableBroken(ValueError):
    """A route table that is missing or cannot be believed."""

    def __init__(self, place: Path | str, why: str) -> None:
        """Names where it stands, and what is wrong with it."""
        super().__init__(
            f"{place}: no usable route table ({why}); the controller writes a new one at its next tick"
        )


class OlderTable(OSError):
    """What was to be published is older than what is there."""

    def __init__(self, path: Path, mine: int, there: int) -> None:
        """Names both versions."""
        super().__init__(
            f"{path}: version {there} is in force, and {mine} is older: another controller acts, or "
            "the store was put back from a copy; then stop crossfade, remove the file and start again"
        )


def version_in(path: Path) -> int:
    """The version of the table in the file; 0 where it has none that can be told."""
    try:
        with path.open("rb") as file:
            found = _VERSION.match(file.read(_HEAD))
    except OSError:
        return 0
    return int(found[1]) if found else 0


def fence_in(path: Path) -> int:
    """The fence of whoever published the table in the file; 0 where it has none that can be told."""
    return version_in(path) // FENCE


def write(path: Path, table: RouteTable) -> None:
    """Replaces the file by this table, whole or not at all, and on disk when it returns.

    One of a later version stays: a controller that was paused on its way here has lost its place
    since. Raises OSError where the folder cannot be written, OlderTable where the file is ahead.
    """
    text = written(table)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    ahead = version_in(path)
    if ahead > table.version:
        draft.unlink()
        raise OlderTable(path, table.version, ahead)
    draft.replace(path)
    _sync_folder(path.parent)


def written(table: RouteTable) -> str:
    """A table as the text of its file, in one line. Of thousands of rows most are as they were a second ago."""
    shape = {
        "version": table.version,  # first, for `version_in`
        "published_us": table.published_us,
        "emergency": table.emergency,
        "emergencies": sorted(table.emergencies),
        "drains": dict(table.drains),
        "factors": dict(table.factors),
    }
    head = json.dumps(shape, allow_nan=False)
    rows = ", ".join([_row(row) for row in table.standings.values()])
    return f'{head[:-1]}, "standings": [{rows}]}}'


@lru_cache(maxsize=2**16)
def _row(row: Standing) -> str:
    return json.dumps(
        {name: getattr(row, name) for name in Standing.__slots__}, allow_nan=False
    )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path) -> RouteTable:
    """The table in the file. Raises RouteTableBroken where it is missing or cannot be believed."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise RouteTableBroken(path, error.strerror or "unreadable") from error
    return parsed(text, path)


def parsed(text: bytes | str, place: Path | str) -> RouteTable:
    """The table of a text that stands in `place`. Raises RouteTableBroken where it cannot be believed."""
    try:
        found = _SHAPE.validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise RouteTableBroken(place, f"{where}: {first['msg']}") from error
    table = {(row.tenant, row.route): row for row in found.standings}
    whole = [_doubles(found, table), _factors(found)]
    for fault in [_fault(row) for row in found.standings] + whole:
        if fault:
            raise RouteTableBroken(place, fault)
    return RouteTable(
        found.version,
        found.published_us,
        table,
        found.emergency,
        frozenset(found.emergencies),
        found.drains,
        found.factors,
    )


def _fault(row: Standing) -> str:
    """What cannot be believed about one row; empty where all of it can."""
    if row.stage not in STAGES:
        return f"{row.tenant}/{row.route}: unknown stage"
    percents = (row.share, row.shadow_percent, row.reask_percent, row.reverse_percent)
    if not all(math.isfinite(percent) and 0 <= percent <= 100 for percent in percents):
        return f"{row.tenant}/{row.route}: a percent outside 0..100"
    return ""


def _doubles(found: _File, table: dict[tuple[str, str], Standing]) -> str:
    return "" if len(table) == len(found.standings) else "the same rollout twice"


def _factors(found: _File) -> str:
    sound = all(0 < factor <= 1 for factor in found.factors.values())
    return "" if sound else "factors: a share of a capacity outside 0..1"


@dataclass(slots=True)
class Watcher:
    """Gives the table in force, and reads the file again when it has changed.

    `fault` says why the file is not obeyed at the moment; empty where it is. A stat a call is all
    that an unchanged file costs.
    """

    path: Path
    table: RouteTable = field(default_factory=RouteTable.empty)
    fault: str = ""
    _mark: tuple[int, int, int] | None = None

    def current(self) -> RouteTable:
        """The newest good table; an empty one, all primaries, before there was any."""
        try:
            status = self.path.stat()
        except OSError as error:
            self.fault = f"{self.path}: {error.strerror}"
            self._mark = None
            return self.table
        mark = (status.st_mtime_ns, status.st_ino, status.st_size)
        if mark != self._mark:
            self._mark = mark
            self._reread()
        return self.table

    def _reread(self) -> None:
        try:
            found = read(self.path)
        except RouteTableBroken as error:
            self.fault = str(error)
            return
        if found.version < self.table.version:
            self.fault = (
                f"{self.path}: version {found.version} is older than {self.table.version}, which "
                "stays in force; after a store was put back from a copy, restart the proxy"
            )
            return
        self.table, self.fault = found, ""
