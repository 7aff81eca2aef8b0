"""What follows from a verdict: a move now, a proposal for people, or staying.

Harm outranks every hold, freeze, pin and pending approval; a hold outranks a promotion. Harm itself
waits only where going back would harm more, or another is undone first (`cutover.rollback.restraint`). What was
rolled back rests, the longer the more often it was; then it is mirrored again, after harm by the
controller a few times (`cutover.align`), else by a person.
"""

from __future__ import annotations

from dataclasses import dataclass

from cutover.evidence.sessions import SECOND_US
from cutover.evidence.verdict import Kind, Verdict
from cutover.rollout import Rollout
from cutover.stages import Signal, Stage
from policies.policy import Approvals, RetriedBy, Terms
from policies.routes import Route

HELD = "the verdict says what it waits for"
"""Why nothing follows from a verdict to hold; its own words are put together when somebody reads them."""


@dataclass(frozen=True, slots=True)
class Apply:
    """Make this move now."""

    signal: Signal
    reason: str


@dataclass(frozen=True, slots=True)
class Propose:
    """People must agree to this move; `needed` of them. Shares are percents of sessions."""

    signal: Signal
    from_share: float
    to_share: float
    needed: int
    reason: str


@dataclass(frozen=True, slots=True)
class Stay:
    """No move."""

    reason: str


type Decision = Apply | Propose | Stay


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else bears on a decision.

    `approved`: the open proposal of exactly this move has the people it needs. `pinned`: the
    tenant stays on the primary. `frozen`: why nothing may be promoted now, as a sentence, "" if it may.
    `waits`: what the fleet's plan has this move wait for, `rejected`: until when somebody's no to it
    stands, "" for nothing. `stays`: why even harm moves it not yet; `blamed`: why it is undone for the
    sake of others; "" where that is not so. `narrows`: what is blamed gives back its last widening alone.
    """

    approved: bool = False
    pinned: bool = False
    frozen: str = ""
    waits: str = ""
    rejected: str = ""
    stays: str = ""
    blamed: str = ""
    narrows: bool = False


def decide(
    rollout: Rollout, verdict: Verdict, terms: Terms, circumstances: Circumstances
) -> Decision:
    """The one move that a verdict leads to, if any."""
    resting = rollout.stage in (Stage.OFF, Stage.ROLLED_BACK)
    if not resting and (circumstances.stays or circumstances.blamed):
        return _back(circumstances)
    match rollout.stage, verdict.kind:
        case (Stage.OFF, _):
            return Stay("switched off: a person may start it")
        case (Stage.ROLLED_BACK, _):
            return Stay("rolled back: it may be mirrored again after its rest")
        case (_, Kind.ROLL_BACK):
            return Apply(Signal.ROLL_BACK, "; ".join(verdict.reasons))
        case (Stage.LIVE, _) | (_, Kind.HOLD):
            return Stay(HELD)
        case (Stage.MIRROR | Stage.CANARY, Kind.PROMOTE):
            return _onward(rollout, terms, circumstances, "; ".join(verdict.reasons))


def _back(circumstances: Circumstances) -> Decision:
    """Harm in the light of other rollouts."""
    if circumstances.stays:
        return Stay(circumstances.stays)
    signal = Signal.NARROW if circumstances.narrows else Signal.ROLL_BACK
    return Apply(signal, circumstances.blamed)


def _onward(
    rollout: Rollout, terms: Terms, circumstances: Circumstances, reason: str
) -> Decision:
    if circumstances.pinned:
        return Stay("pinned to the primary by the policy")
    if rollout.held_by:
        return Stay(f"held by {rollout.held_by}: {rollout.hold_reason}")
    if circumstances.frozen:
        return Stay(circumstances.frozen)
    if circumstances.waits:
        return Stay(circumstances.waits)
    if circumstances.rejected:
        return Stay(circumstances.rejected)
    signal = onward(rollout, terms)
    if signal is None:
        return Stay(reason)
    needed = people_needed(rollout, signal, terms.approvals)
    if needed == 0 or circumstances.approved:
        return Apply(signal, reason)
    to_share = rollout.after(signal, rollout.since_us).share(terms.steps)
    return Propose(signal, rollout.share(terms.steps), to_share, needed, reason)


def onward(rollout: Rollout, terms: Terms) -> Signal | None:
    """The signal that promotes a rollout one move; None where promotion has no place."""
    match rollout.stage:
        case Stage.MIRROR:
            return Signal.GO_LIVE if at_once(rollout) else Signal.ENTER_CANARY
        case Stage.CANARY:
            last = rollout.step >= len(terms.steps) - 1
            return Signal.GO_LIVE if last else Signal.WIDEN
        case Stage.OFF | Stage.LIVE | Stage.ROLLED_BACK:
            return None


def at_once(rollout: Rollout) -> bool:
    """Whether it goes from mirror to live without steps.

    An index is asked with vectors of the one model that made it: a share of them from another would
    find something else, without any error that could be seen.
    """
    return rollout.route == Route.EMBED


def people_needed(rollout: Rollout, signal: Signal, approvals: Approvals) -> int:
    """How many people must approve a move: before the candidate answers anyone, and before it answers all."""
    match signal:
        case Signal.GO_LIVE if rollout.stage is Stage.MIRROR:  # both at once
            return max(approvals.to_canary, approvals.to_live)
        case Signal.ENTER_CANARY:
            return approvals.to_canary
        case Signal.GO_LIVE:
            return approvals.to_live
        case Signal.WIDEN | Signal.NARROW | Signal.START:
            return 0
        case Signal.ROLL_BACK | Signal.RETRY | Signal.STOP:
            return 0


def retry_from_us(rollout: Rollout, terms: Terms) -> int:
    """From when on a rolled back rollout may be mirrored again."""
    rest_s = terms.cooldown_s * terms.retry.rest(rollout.attempt)
    return rollout.since_us + round(rest_s * SECOND_US)


def retried_by(rollout: Rollout, terms: Terms, *, for_harm: bool) -> RetriedBy:
    """Who mirrors a rolled back rollout again.

    The controller only `for_harm` that it saw itself, and once for each rest of the policy.
    """
    again = for_harm and rollout.attempt <= len(terms.retry.rests)
    return terms.retry.by if again else RetriedBy.PERSON
