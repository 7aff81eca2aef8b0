"""The edges of a range: the events beside it show that none of it was left out before the first or behind the last.

Standard library only.
"""

from __future__ import annotations

from cutover.verifying.contents import Manifest
from cutover.verifying.findings import Fault
from cutover.verifying.lines import INCLUSION_OF_EDGES, Line, proven_lines
from cutover.verifying.tarball import Archive

EDGES = "edges.jsonl"
EDGED_SINCE = 3
"""The first form of a bundle that has the events beside its range."""


def beside(first: int, last: int, size: int) -> tuple[int, ...]:
    """The numbers of the events beside a range, as far as a signed log of `size` events has them."""
    return tuple([seq for seq in (first - 1, last + 1) if 1 <= seq <= size])


def check_edges(archive: Archive, manifest: Manifest) -> int:
    """That the event before the range happened before it, and the one behind it after it; how many there are.

    The first event of a range is the first of the log at or after its beginning, and the last the last before its end:
    whoever cuts some off has to show one of those that they left out. Raises Fault.
    """
    due = list(beside(manifest.first_seq, manifest.last_seq, manifest.end_size))
    lines = list(proven_lines(archive, manifest, EDGES, INCLUSION_OF_EDGES))
    told = [line.event["seq"] for line in lines]
    if told != due:
        numbers = " and ".join([f"{seq:,}" for seq in due]) or "none"
        raise Fault(f"not the events beside the range: {numbers} should be there", EDGES)
    for line in lines:
        _stands_outside(line, manifest)
    return len(lines)


def _stands_outside(line: Line, manifest: Manifest) -> None:
    seq, at_us = line.event["seq"], line.event["at_us"]
    if seq < manifest.first_seq and at_us >= manifest.body["from_us"]:
        what = "it is of the range, and stands before the first event that is in the bundle"
        raise Fault(f"{what}: events were left out", EDGES, line.number, seq)
    if seq > manifest.last_seq and at_us < manifest.body["to_us"]:
        what = "it is of the range, and stands behind the last event that is in the bundle"
        raise Fault(f"{what}: events were left out", EDGES, line.number, seq)
