"""The proofs of a bundle, as JSON: where its events stand in the log that was signed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from cutover.exports.planned import ExportRefused, Plan
from cutover.exports.source import Signed, Source
from mirror.journal.signed.merkle import (
    Range,
    consistency_path,
    cover,
    inclusion_path,
    range_of,
)
from mirror.journal.signed.note import Checkpoint, NoteInvalid, parse

HOUR_US = 3_600_000_000


def start(source: Source, plan: Plan) -> tuple[Range, str]:
    """The log before the range, and its file."""
    found = range_of(plan.first - 1, source.subtree())
    return found, _written({"size": found.size, "hashes": _hex(found.hashes)})


def end(source: Source, plan: Plan, log: Range) -> str:
    """What leads from the last event to the end checkpoint.

    Raises:
        ExportRefused: the events do not lead to the root that was signed.
    """
    subtree = source.subtree()
    parts = [(level, subtree(level, index)) for level, index in cover(log.size, plan.end.size)]
    for level, hashed in parts:
        log = log.take(level, hashed)
    if log.root().hex() != plan.end.root:
        raise ExportRefused(
            f"the events of {plan.asked.tenant or 'the deployment'} do not lead to the root that was signed at "
            f"{plan.end.size:,} events: the log was changed since. Nothing was exported; run `crossfade fsck`"
        )
    hashes = _hex([hashed for _, hashed in parts])
    return _written({"size": plan.end.size, "root": plan.end.root, "hashes": hashes})


def inclusion(source: Source, plan: Plan, bodies: Iterable[str]) -> str:
    """That each of these events stands in the log."""
    subtree = source.subtree()
    found = []
    for body in bodies:
        seq = json.loads(body)["seq"]
        path = inclusion_path(seq - 1, plan.end.size, subtree)
        found.append({"seq": seq, "path": _hex(path)})
    return _written(found)


def consistency(source: Source, plan: Plan, sizes: Iterable[int]) -> str:
    """That the log of each of these sizes is the beginning of the one that was signed last."""
    subtree = source.subtree()
    found = []
    for size in sorted(set(sizes)):
        path = consistency_path(size, plan.end.size, subtree)
        found.append({"from": size, "to": plan.end.size, "path": _hex(path)})
    return _written(found)


def kept_sizes(plan: Plan) -> list[int]:
    """The sizes of the checkpoints that the reader kept, as far as the log had them by its end.

    Raises:
        ExportRefused: one is none, or of another log.
    """
    sizes = []
    for text in plan.asked.kept:
        try:
            told = Checkpoint.read(parse(text).text)
        except NoteInvalid as error:
            raise ExportRefused(f"--old-checkpoint: not a checkpoint: {error}") from error
        if told.origin != plan.origin:
            raise ExportRefused(
                f"--old-checkpoint: of {told.origin}, and this log is {plan.origin}"
            )
        sizes.append(told.size)
    return [size for size in sizes if size <= plan.end.size]


def thinned(checkpoints: Iterable[Signed]) -> Iterator[Signed]:
    """The first checkpoint, the first of every hour, and the last."""
    hour, last, given = -1, None, None
    for one in checkpoints:
        if one.at_us // HOUR_US != hour:
            hour, given = one.at_us // HOUR_US, one
            yield one
        last = one
    if last is not None and last != given:
        yield last


def hour_of(at_us: int) -> int:
    """The beginning of the UTC hour of a moment, or 0 for one of before 1970."""
    return max(0, at_us - at_us % HOUR_US)


def hour_name(period_us: int) -> str:
    """An hour as files are named by it, like 20261126T13Z."""
    return datetime.fromtimestamp(period_us / 1e6, UTC).strftime("%Y%m%dT%HZ")


def _hex(hashes: Iterable[bytes]) -> list[str]:
    return [one.hex() for one in hashes]


def _written(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":")) + "\n"
