"""What people are told of a rollout: where it stands, the verdict in words, and what it waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from cutover.approving import offer
from cutover.approving.approvals import Proposal
from cutover.approving.rejections import Rejection
from cutover.decide import at_once, onward, people_needed
from cutover.evidence.reasons import OTHER
from cutover.evidence.verdict import GateEvidence, Kind, Verdict
from cutover.rollout import Rollout
from cutover.stages import Stage
from policies.policy import Policy, Step, Terms
from policies.policy import Rollout as Declared

FINITE = 999.0
"""Levels beyond 10 to this power are told as it: JSON has no infinity."""

COUNTS = ("seen", "excluded", "unsampled", "shed", "failed", "pending", "compared")


@dataclass(frozen=True, slots=True)
class Told:
    """A verdict in JSON types: what people read, and what is frozen with proposals and moves.

    `late` counts exchanges whose copy was sent too late to be evidence of speed, `unpaired` sessions
    with an answer of the candidate's that no primary's stood beside, `pooled`
    the sessions of each tenant of the model, where a promotion rests on them.
    """

    verdict: str
    reasons: tuple[str, ...]
    waits_for: str
    sessions: int
    evidence: tuple[Mapping[str, object], ...]
    late: int = 0
    unpaired: int = 0
    pooled: Mapping[str, int] = field(default_factory=dict)

    def body(self) -> dict[str, object]:
        """As JSON types. What rests on its own sessions says nothing of a pool."""
        return {
            name: value for name, value in asdict(self).items() if value or name != "pooled"
        }


@dataclass(frozen=True, slots=True)
class RolledBack:
    """Who rolled a rollout back, why and when; `for_harm` says that the controller did, because harm was shown."""

    by: str
    reason: str
    at_us: int
    for_harm: bool


WATCHED = "nothing; it is watched, and rolled back where harm is shown"
NOT_JUDGED = Told(Kind.HOLD.value, ("not judged yet",), "its first look", 0, ())


@dataclass(frozen=True, slots=True)
class Known:
    """What the controller knows of a rollout at one moment. `counts` are the ledger's, by outcome.

    `changed` says that the policy names another candidate than was judged, `frozen` why nothing may
    be widened now, `plan` what the fleet's plan has its next move wait for, `rejected` that its `rejection`
    keeps it from being proposed, `stays` why harm that is shown moves it not yet, `reasks` that what it
    needs goes on tomorrow, `rest` when what was rolled back may be mirrored again; "" where that is not so.
    `dry_run` says what would have been done, the latest first; empty where there is no dry run.
    """

    rollout: Rollout
    told: Told
    proposal: Proposal | None
    counts: Mapping[str, int]
    fault: str = ""
    changed: str = ""
    frozen: str = ""
    plan: str = ""
    rejected: str = ""
    rejection: Rejection | None = None
    dry_run: tuple[str, ...] = ()
    stays: str = ""
    reasks: str = ""
    rest: str = ""
    rolled_back: RolledBack | None = None


def tell(verdict: Verdict) -> Told:
    """A verdict for people."""
    return Told(
        verdict.kind.value,
        verdict.reasons,
        verdict.waits_for,
        verdict.sessions,
        tuple(_gate(gate) for gate in verdict.gates),
        verdict.late,
        verdict.unpaired,
        verdict.pooled,
    )


@dataclass(frozen=True, slots=True)
class RolloutView:
    """One rollout as the control API tells it. Shares are percents, levels are log10 of e-values."""

    tenant: str
    route: str
    stage: str
    share: float
    step: int
    steps: tuple[Mapping[str, object], ...]
    attempt: int
    epoch: int
    since_us: int
    held_by: str
    hold_reason: str
    verdict: str
    reasons: tuple[str, ...]
    waits_for: str
    primary: Mapping[str, str]
    candidate: Mapping[str, str]
    cloud: str
    pinned: bool
    sessions: int
    late: int
    unpaired: int
    pooled: Mapping[str, int]
    comparisons: int
    ledger: Mapping[str, int]
    evidence: tuple[Mapping[str, object], ...]
    proposal: Mapping[str, object] | None
    frozen: str
    plan: str
    rejection: Mapping[str, object] | None
    dry_run: tuple[str, ...]
    rolled_back: Mapping[str, object] | None

    def body(self) -> dict[str, object]:
        """As JSON types."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def view(policy: Policy, declared: Declared, known: Known) -> RolloutView:
    """What there is to tell of one rollout."""
    rollout, told = known.rollout, known.told
    terms = policy.terms_of(declared)
    tenant = policy.tenants[declared.tenant]
    people = needed(rollout, terms)
    return RolloutView(
        tenant=rollout.tenant,
        route=rollout.route,
        stage=rollout.stage.value,
        share=rollout.share(terms.steps),
        step=rollout.step,
        steps=tuple(step.model_dump(mode="json") for step in _steps(rollout, terms)),
        attempt=rollout.attempt,
        epoch=rollout.epoch,
        since_us=rollout.since_us,
        held_by=rollout.held_by,
        hold_reason=rollout.hold_reason,
        verdict=told.verdict,
        reasons=_reasons(known),
        waits_for=waits_for(known, people),
        primary={"upstream": declared.primary.upstream, "model": declared.primary.model},
        candidate={"upstream": declared.candidate.upstream, "model": declared.candidate.model},
        cloud=tenant.cloud.value,
        pinned=tenant.pinned is not None,
        sessions=told.sessions,
        late=told.late,
        unpaired=told.unpaired,
        pooled=told.pooled,
        comparisons=known.counts.get("compared", 0),
        ledger={name: known.counts.get(name, 0) for name in COUNTS},
        evidence=told.evidence,
        proposal=offer.body(known.proposal, people, terms.approvals),
        frozen=_frozen(known),
        plan=known.plan,
        rejection=_rejection(known),
        dry_run=known.dry_run,
        rolled_back=asdict(known.rolled_back) if known.rolled_back else None,
    )


def _steps(rollout: Rollout, terms: Terms) -> tuple[Step, ...]:
    """Where embeddings go live at once there are none."""
    return () if at_once(rollout) else terms.steps


def needed(rollout: Rollout, terms: Terms) -> int:
    """How many people must approve a rollout's next move."""
    signal = onward(rollout, terms)
    return people_needed(rollout, signal, terms.approvals) if signal else 0


def waits_for(known: Known, needed: int) -> str:
    """The first thing a rollout waits for, in words; "" where it waits for nothing."""
    rollout, proposal = known.rollout, known.proposal
    if known.fault:
        return f"a fault of ours to be mended: {known.fault}"
    if known.stays:
        return known.stays
    if rollout.held_by:
        lifts = f"{rollout.held_by} to lift the hold: {rollout.hold_reason}"
        if rollout.hold_reason.startswith(OTHER):  # the controller never lifts that one itself
            lifts = f"a person to look into it and resume: {rollout.hold_reason}"
        # Lifting a person's hold is not enough where the candidate changed meanwhile.
        also = known.changed if known.changed not in lifts else ""
        return f"{lifts}; and {also}" if also else lifts
    still = [one for one in (_frozen(known), known.plan, known.rejected) if one]
    if still and proposal is not None:
        return f"{'; '.join(still)}; then people to approve"
    if proposal is not None:
        return f"{_leads(proposal, needed)} to approve the move to {proposal.to_share:g} % of the sessions"
    dry = "the end of its dry run (`dry_run` in the policy)" if known.dry_run else ""
    if rollout.stage is Stage.ROLLED_BACK:  # that ends with no dry run
        dry = ""
    for_it = (
        known.rest or known.told.waits_for or (WATCHED if rollout.stage is Stage.LIVE else "")
    )
    return "; ".join([one for one in (dry, *still, known.reasks, for_it) if one])


def _leads(proposal: Proposal, needed: int) -> str:
    """How many people a proposal waits for, and who has approved it."""
    more = max(1, needed - len(proposal.approvals))
    gave = " and ".join([given.name for given in proposal.approvals])
    if not gave:
        return "a lead" if more == 1 else f"{more} leads"
    has = "has" if len(proposal.approvals) == 1 else "have"
    people = "one more lead" if more == 1 else f"{more} more leads"
    return f"{people} ({gave} {has} approved)"


def _reasons(known: Known) -> tuple[str, ...]:
    told, dry = known.told.reasons, known.dry_run
    more = [
        known.stays,
        known.changed,
        _frozen(known),
        known.plan,
        known.rejected,
        known.reasks,
    ]
    said = (*[one for one in more if one and one not in told], *told)
    # What was rolled back says first why; that nothing would move it is no news of it.
    return (*said, *dry) if known.rollout.stage is Stage.ROLLED_BACK else (*dry, *said)


def _frozen(known: Known) -> str:
    """Why nothing may be widened now, where something could be."""
    widens = known.rollout.stage in (Stage.MIRROR, Stage.CANARY)
    return known.frozen if widens else ""


def _rejection(known: Known) -> dict[str, object] | None:
    """The rejection that keeps the controller from proposing."""
    if known.rejection is None or not known.rejected:
        return None
    told = asdict(known.rejection)
    return {"id": told.pop("proposal_id"), **told, "sentence": known.rejected}


def _gate(gate: GateEvidence) -> dict[str, object]:
    pooled = {} if gate.pooled_log10 is None else {"pooled": finite(gate.pooled_log10)}
    return {
        "gate": gate.gate,
        "for": finite(gate.for_log10),
        "against": finite(gate.against_log10),
        "needed": finite(gate.needed_log10),
        "roll_back_at": finite(gate.roll_back_at_log10),
        "n": gate.n,
        "asked": gate.asked,
        "mode": gate.mode,
        "sentence": gate.sentence,
        **pooled,
    }


def shown_log10(gates: Sequence[Mapping[str, Any]]) -> float:
    """What a verdict's gates show for a promotion, as log10 of an e-value: the weakest of those asked.

    Of one that rests on the pool, what the pool shows.
    """
    shown = [gate.get("pooled", gate["for"]) for gate in gates if gate.get("asked", True)]
    return min(map(float, shown), default=0.0)


def finite(level: float) -> float:
    """A level that JSON can tell."""
    return max(-FINITE, min(FINITE, level))
