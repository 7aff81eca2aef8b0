"""Which events from before a range belong into its bundle: what its checks would else have to take on trust.

Of each rollout its last move and what people said since; of each request that left for the cloud in the range
and was announced before it, the announcement.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from cutover.exports.source import Source

_MOVES = ("state.transition",)
_PEOPLE = ("approval.proposed", "approval.given", "approval.void", "proposal.rejected")
_POLICY = ("tenant.declared",)
_INTENTS = ("egress.intent",)


class Unannounced:
    """Takes the events of a range, and notes what left for the cloud and was announced before it."""

    def __init__(self) -> None:
        self._announced: set[str] = set()
        self.missing: set[str] = set()

    def take(self, body: str, event: dict[str, Any]) -> None:
        """The next event."""
        if event["type"] == "egress.intent":
            self._announced.add(event["details"]["egress"])
        elif event["type"] == "egress.done" and event["details"].get("before"):
            id = event["details"]["egress"]
            if id not in self._announced:
                self.missing.add(id)
            self._announced.discard(id)


def context(source: Source, first: int, unannounced: Iterable[str]) -> list[str]:
    """The bodies of those events, in their order."""
    chosen: dict[int, str] = {}
    epochs: dict[str, int] = {}
    last: dict[str, tuple[int, str]] = {}
    for body in source.earlier(_MOVES, first):
        event = json.loads(body)
        last[event["object"]["id"]] = (event["seq"], body)
        epochs[event["object"]["id"]] = event["details"]["epoch"]
    chosen.update(last.values())
    for body in source.earlier(_PEOPLE, first):
        event = json.loads(body)
        if event["details"]["epoch"] == epochs.get(event["object"]["id"], 0):
            chosen[event["seq"]] = body
    for body in source.earlier(_POLICY, first):
        policy = (json.loads(body)["seq"], body)
        last["policy"] = policy
    if "policy" in last:
        chosen.update([last["policy"]])
    chosen.update(_announcements(source, first, set(unannounced)))
    return [chosen[seq] for seq in sorted(chosen)]


def _announcements(source: Source, first: int, ids: set[str]) -> dict[int, str]:
    """The intents of these requests; none is looked for where there are no such requests."""
    if not ids:
        return {}
    found = {}
    for body in source.earlier(_INTENTS, first):
        event = json.loads(body)
        if event["details"]["egress"] in ids:
            found[event["seq"]] = body
    return found
