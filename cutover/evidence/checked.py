"""A checkpoint computed again, from the recorded sessions that it says it has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cutover.evidence import checkpoint
from cutover.evidence.again import Again, Before, Outcome
from cutover.evidence.checkpoint import Checkpoint
from cutover.evidence.course import Observation
from cutover.evidence.yardstick import Yardstick


def wrong(kept: Checkpoint | None, before: Before) -> Again | None:
    """What is wrong with a rollout's checkpoint; None for nothing, and where it is of another standing.

    One of rules that are not kept is looked at by nobody: no controller takes it back either.
    """
    part = before.part
    if kept is None or kept.epoch != part.standing.epoch:
        return None
    rules = before.rules_of(kept.policy_sha256) or before.rules_of("")
    recorded = json.loads(kept.body)
    if "newest_us" not in recorded or rules is None:
        return None
    if kept.basis != checkpoint.basis_of(rules, part.standing):
        return None
    there = len(part.kept)
    if there < kept.number:
        return Again(Outcome.GAP, f"{_of(kept)}: {there:,} of its sessions are there")
    sessions = part.kept[: kept.number]
    again = json.loads(checkpoint.said(before.upto(rules, kept.number), Yardstick(), 0))
    names = [*_unlike(recorded["tally"], again["tally"]), *_unlike(recorded, again, _SUMS)]
    names += _not_of(sessions, recorded)
    if not names:
        return None
    return Again(Outcome.DIFFERS, f"{_of(kept)}: {', '.join(names)} recorded otherwise")


_SUMS = ("carried", "days", "newest_us")


def _not_of(sessions: Sequence[Observation], recorded: Mapping[str, Any]) -> Iterator[str]:
    """What is said of when sessions started that they do not say; it may say less, for some may be forgotten."""
    last: dict[str, int] = {}
    for one in sessions:
        ahead_us = one.values.get("ahead_us")
        start_us = one.started_us - (ahead_us if isinstance(ahead_us, int) else 0)
        last[one.session] = max(start_us, last.get(one.session, 0))
    if any(last.get(id) != at_us for id, at_us in recorded["done"].items()):
        yield "done"
    starts = {(one.session, one.started_us) for one in sessions}
    told = recorded["astray"].items()
    if any((id, at_us) not in starts for id, some in told for at_us in some):
        yield "astray"


def _unlike(
    recorded: Mapping[str, Any], again: Mapping[str, Any], names: tuple[str, ...] = ()
) -> list[str]:
    """The names under which two say different things."""
    asked = names or sorted(recorded.keys() | again.keys())
    return [name for name in asked if recorded.get(name) != again.get(name)]


def _of(kept: Checkpoint) -> str:
    return f"the checkpoint of {kept.number:,} sessions"
