"""The decisions of a log, replayed: that every move was legal, and every approval what it has to be.

A move follows the one before it by the table of stages. An approval is a person's, never that of who
proposed; it is bound to what was proposed, fresh, and used once. Standard library only.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from cutover.verifying.findings import GAP, Fault
from cutover.verifying.legal import CLOCKS_DIFFER_US, FRESH_US, LEGAL_MOVES, PROMOTIONS

Said = dict[str, Any]
_BOUND = ("signal", "epoch", "policy_sha256", "candidate", "evidence_sha256")


class Standing(NamedTuple):
    """Where a rollout stood after its last move that is known."""

    stage: str
    epoch: int


class Proposed:
    """A proposal, by its event, and what became of it."""

    def __init__(self, event: Said) -> None:
        self.rollout: str = event["object"]["id"]
        self.by: tuple[str, str] = (event["actor"]["kind"], event["actor"]["name"])
        self.bound: Said = {name: event["details"].get(name) for name in _BOUND}
        self.expires_us: int | None = event["details"].get("expires_us")
        self.given: set[str] = set()
        self.ended = ""


class Decisions:
    """Takes the events of one log in order. `known` ones, from before the range, are believed."""

    def __init__(self) -> None:
        self._standings: dict[str, Standing] = {}
        self._proposals: dict[str, Proposed] = {}

    def take(self, event: Said, known: bool = False) -> None:
        """Checks an event against what came before it. Raises Fault."""
        kind = event["type"]
        if kind == "state.transition":
            self._move(event, known)
        elif kind == "approval.proposed":
            self._propose(event)
        elif kind == "approval.given":
            self._give(event, known)
        elif kind in ("approval.void", "proposal.rejected"):
            found = self._proposals.get(event["details"]["proposal"])
            if found is not None:
                found.ended = found.ended or kind.replace("approval.", "").replace(
                    "proposal.", ""
                )

    def _move(self, event: Said, known: bool) -> None:
        rollout, said = event["object"]["id"], event["details"]
        before = self._standings.get(rollout)
        self._standings[rollout] = Standing(said["to_stage"], said["epoch"])
        wrong = _illegal(said) or ("" if known else _out_of_turn(said, before))
        if wrong:
            raise Fault(wrong)
        first = before is None and (said["epoch"], said["from_stage"]) != (1, "off")
        if first and not known:
            raise Fault(f"no move before this one of {rollout} is in the bundle", kind=GAP)
        if not known:
            self._agreed(event)
        for proposal in self._proposals.values():
            if proposal.rollout == rollout:
                proposal.ended = proposal.ended or "used"

    def _agreed(self, event: Said) -> None:
        """Raises Fault for a promotion that people were asked about, or made, and that nobody approved."""
        said = event["details"]
        if said["signal"] not in PROMOTIONS:
            return
        asked = [
            one for one in self._proposals.values() if _is_of(one, event) and not one.ended
        ]
        yes = {name for one in asked for name in one.given}
        if event["actor"]["kind"] == "human" and event["actor"]["name"] not in yes:
            raise Fault(f"{event['actor']['name']} moved it, and no approval of theirs is here")
        named = said.get("proposal")
        if (asked or named) and not yes:
            raise Fault("it was proposed, and nobody approved it")
        if named and not any(self._proposals.get(named) is one for one in asked):
            raise Fault(f"it names the proposal {named}, which is not an open one of this move")

    def _propose(self, event: Said) -> None:
        id = event["details"]["proposal"]
        if id in self._proposals:
            raise Fault(f"the proposal {id} was made before")
        self._proposals[id] = Proposed(event)

    def _give(self, event: Said, known: bool) -> None:
        said, name = event["details"], event["actor"]["name"]
        proposal = self._proposals.get(said["proposal"])
        if proposal is None:
            raise Fault(f"the proposal {said['proposal']} is not in the bundle", kind=GAP)
        wrong = "" if known else _objection(proposal, event)
        proposal.given.add(name)
        if wrong:
            raise Fault(wrong)


def _illegal(said: Said) -> str:
    """Why the table of stages has no such move; "" where it has."""
    leads = LEGAL_MOVES.get(said["from_stage"], {}).get(said["signal"])
    if leads == said["to_stage"]:
        return ""
    return f"no legal move: {said['signal']} from {said['from_stage']} to {said['to_stage']}"


def _out_of_turn(said: Said, before: Standing | None) -> str:
    """Why a move does not follow the one before it; "" where it does, or that is not known."""
    if before is None:
        return ""
    if said["from_stage"] != before.stage:
        return f"it moves from {said['from_stage']}, and the rollout stood in {before.stage}"
    if said["epoch"] != before.epoch + 1:
        return f"it is move {said['epoch']}, and the one before was {before.epoch}"
    return ""


def _is_of(proposal: Proposed, move: Said) -> bool:
    """Whether a proposal was of exactly this move."""
    said = move["details"]
    asked = (proposal.rollout, proposal.bound["signal"], proposal.bound["epoch"])
    return asked == (move["object"]["id"], said["signal"], said["epoch"] - 1)


def _objection(proposal: Proposed, event: Said) -> str:
    """Why an approval does not count; "" where it does."""
    said, actor, at_us = event["details"], event["actor"], event["at_us"]
    if actor["kind"] != "human":
        return f"{actor['name']} is no person, and only people approve"
    if (actor["kind"], actor["name"]) == proposal.by:
        return f"{actor['name']} approved their own proposal"
    if actor["name"] in proposal.given:
        return f"{actor['name']} approved it twice"
    if proposal.ended:
        return f"an approval of a proposal that had ended: {proposal.ended}"
    if event["object"]["id"] != proposal.rollout:
        return "an approval of another rollout's proposal"
    other = [name for name in _BOUND if said.get(name) != proposal.bound[name]]
    if other:
        return f"it is bound to something else than was proposed: {', '.join(other)}"
    if proposal.expires_us is not None and at_us >= proposal.expires_us:
        return "the proposal had expired"
    return _stale(said.get("auth_us"), at_us)


def _stale(auth_us: Any, at_us: int) -> str:
    """Why a proof of who somebody is does not count for a moment; "" where it does or none is told."""
    if not isinstance(auth_us, int) or auth_us == 0:
        return ""
    if -CLOCKS_DIFFER_US <= at_us - auth_us <= FRESH_US:
        return ""
    return f"they proved who they are {(at_us - auth_us) // 1_000_000:,} seconds before it"
