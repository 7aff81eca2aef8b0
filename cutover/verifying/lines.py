"""The events of a bundle, line by line: each canonical, numbered, and linked to the one before it.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from cutover.verifying.contents import Manifest
from cutover.verifying.findings import Fault
from cutover.verifying.heads import hashes_of
from cutover.verifying.strict_json import NotJson, read_canonical, read_json
from cutover.verifying.tarball import Archive
from mirror.journal.signed.merkle import Range, cover, leaf_hash, verify_inclusion

EVENTS, CONTEXT = "events.jsonl", "context.jsonl"
START, END, INCLUSION = "proofs/start.json", "proofs/end.json", "proofs/inclusion.json"
INCLUSION_OF_EDGES = "proofs/edges.json"
FIRST_LEAF = "0" * 64
_PROOFS_MOST = 256 * 1024 * 1024
_EVENT_KEYS = {
    "v": int,
    "origin": str,
    "tenant": str,
    "seq": int,
    "at_us": int,
    "type": str,
    "actor": dict,
    "object": dict,
    "outcome": str,
    "reason": str,
    "details": dict,
    "prev": str,
}


class Line(NamedTuple):
    """One event, where it stands, and its leaf. `fault` is what is wrong with it as a link."""

    file: str
    number: int
    event: dict[str, Any]
    leaf: bytes


def start_of(archive: Archive, manifest: Manifest) -> Range:
    """The log before the range, as its compact range. Raises Fault."""
    try:
        said = read_json(archive.content(START, _PROOFS_MOST))
        found = Range(said["size"], tuple(hashes_of(said["hashes"])))
    except (NotJson, KeyError, TypeError, ValueError):
        raise Fault("not what stands before a range of events", START) from None
    if found.size != manifest.first_seq - 1:
        raise Fault(f"of {found.size:,} events, and the first is {manifest.first_seq:,}", START)
    return found


def end_of(archive: Archive, manifest: Manifest, log: Range) -> Range:
    """The log up to the end checkpoint, from that up to the last event. Raises Fault."""
    try:
        said = read_json(archive.content(END, _PROOFS_MOST))
        hashes, size = hashes_of(said["hashes"]), said["size"]
        due = cover(log.size, manifest.end_size)
        if size != manifest.end_size or said["root"] != manifest.end_root.hex():
            raise ValueError
        if len(due) != len(hashes):
            raise ValueError
    except (NotJson, KeyError, TypeError, ValueError):
        raise Fault("not what leads from the last event to the end checkpoint", END) from None
    for number, (level, _) in enumerate(due):
        log = log.take(level, hashes[number])
    return log


def event_lines(archive: Archive, manifest: Manifest) -> Iterator[Line]:
    """The events of the range in order. Raises Fault at the first that is not the next of its log."""
    before: bytes | None = None
    number = 0
    for number, text in enumerate(archive.lines(EVENTS), 1):
        seq = manifest.first_seq + number - 1
        line = _line(text, EVENTS, number, seq)
        event = line.event
        if event["seq"] != seq:
            raise Fault(
                f"event {event['seq']:,} stands where {seq:,} is due", EVENTS, number, seq
            )
        if seq > manifest.last_seq:
            raise Fault("behind the last event that the manifest says", EVENTS, number, seq)
        prev = FIRST_LEAF if seq == 1 else before.hex() if before else event["prev"]
        if event["prev"] != prev:
            what = f"it does not follow event {seq - 1:,}: one of the two was changed"
            raise Fault(what, EVENTS, number, seq)
        _of_log(line, manifest)
        before = line.leaf
        yield line
    ends = manifest.first_seq + number - 1
    if ends != manifest.last_seq:
        what = f"ends with event {ends:,}, the manifest says {manifest.last_seq:,}"
        raise Fault(what, EVENTS, number)


def context_lines(archive: Archive, manifest: Manifest) -> Iterator[Line]:
    """Events from before the range, each with its proof against the end checkpoint. Raises Fault."""
    last = 0
    for line in proven_lines(archive, manifest, CONTEXT, INCLUSION):
        seq = line.event["seq"]
        if not last < seq < manifest.first_seq:
            raise Fault("not in order, or not before the range", CONTEXT, line.number, seq)
        last = seq
        yield line


def proven_lines(
    archive: Archive, manifest: Manifest, file: str, proofs: str
) -> Iterator[Line]:
    """Events of the log, each with its proof against the end checkpoint, in a file of their own. Raises Fault."""
    paths = _inclusions(archive, proofs)
    number = 0
    for number, text in enumerate(archive.lines(file), 1):
        line = _line(text, file, number, 0)
        seq = line.event["seq"]
        _of_log(line, manifest)
        path = paths.get(seq)
        if path is None or not verify_inclusion(
            seq - 1, manifest.end_size, line.leaf, path, manifest.end_root
        ):
            raise Fault("it is not proven to stand in the log", file, number, seq)
        yield line
    if number != len(paths):
        raise Fault(f"not one proof for each event of {file}", proofs)


def event_of(text: bytes) -> dict[str, Any]:
    """An event from its canonical bytes. Raises NotJson where they are none."""
    event = read_canonical(text)
    if not isinstance(event, dict) or event.keys() != _EVENT_KEYS.keys():
        raise NotJson("not an event of this version")
    for name, kind in _EVENT_KEYS.items():
        if type(event[name]) is not kind:
            raise NotJson(f"not an event: its {name} is of another kind")
    said = [event[part].get(name) for part, name in _NAMES]
    if not all(isinstance(one, str) for one in said):
        raise NotJson("not an event: nobody did it, or to nothing")
    return event


_NAMES = (("actor", "kind"), ("actor", "name"), ("object", "kind"), ("object", "id"))


def _line(text: bytes, file: str, number: int, seq: int) -> Line:
    try:
        return Line(file, number, event_of(text), leaf_hash(text))
    except NotJson as error:
        raise Fault(str(error), file, number, seq) from None


def _of_log(line: Line, manifest: Manifest) -> None:
    tenant = manifest.body["tenant"]
    if (line.event["tenant"], line.event["origin"], line.event["v"]) != (tenant, tenant, 1):
        raise Fault("an event of another log", line.file, line.number, line.event["seq"])


def _inclusions(archive: Archive, proofs: str) -> dict[int, tuple[bytes, ...]]:
    try:
        said = read_json(archive.content(proofs, _PROOFS_MOST))
        found = {one["seq"]: tuple(hashes_of(one["path"])) for one in said}
        if not isinstance(said, list) or len(found) != len(said):
            raise ValueError
    except (NotJson, KeyError, TypeError, ValueError):
        raise Fault("not a list of inclusion proofs", proofs) from None
    return found
