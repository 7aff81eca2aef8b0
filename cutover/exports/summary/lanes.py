"""Where rollouts stood over time, as the moves of a range tell it."""

from __future__ import annotations

from collections.abc import Sequence

from cutover.exports.about import About
from cutover.exports.summary.gathered import Gathered
from cutover.exports.summary.pictures import Stretch
from cutover.verifying.table import Row


def known_span(about: About, found: Gathered) -> tuple[int, int]:
    """The part of the range of which the log tells: not before its first event, nor after it was signed."""
    began_us = max(about.from_us, found.oldest_us) if about.first_seq == 1 else about.from_us
    return began_us, max(began_us, min(about.to_us, about.as_of_us))


def lanes_of(moves: Sequence[Row], span: tuple[int, int]) -> dict[str, list[Stretch]]:
    """Where each rollout stood in a range, by its moves: before its first one it stood where that began."""
    lanes: dict[str, list[Stretch]] = {}
    for row in moves:
        lane = lanes.setdefault(str(row["rollout"]), [])
        at_us = us_of(row)
        began = lane[-1].to_us if lane else span[0]
        before = Stretch(str(row["from_stage"]), str(row["from_share"]), began, at_us)
        if lane:
            lane[-1] = Stretch(lane[-1].stage, lane[-1].share, lane[-1].from_us, at_us)
        else:
            lane.append(before)
        lane.append(Stretch(str(row["to_stage"]), str(row["to_share"]), at_us, span[1]))
    return lanes


def us_of(row: Row) -> int:
    """When a row's event was, in microseconds."""
    at_us = row["at_us"]
    return at_us if isinstance(at_us, int) else 0
