"""Acting on a decision: the move or the proposal, written with its event in one transaction."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from cutover import history, narrowing
from cutover.approving import approvals
from cutover.approving.approvals import Proposal
from cutover.decide import Propose
from cutover.evidence.bets import EVENLY_SPREAD, Spread
from cutover.evidence.look import Look
from cutover.history import Moved, Saved
from cutover.people import Deed
from cutover.plans import exposure
from cutover.rollout import Rollout, Transition
from cutover.stages import Signal, Stage
from cutover.views import Told
from mirror.exchange import exchange_id
from policies.policy import Policy, Step
from policies.policy import Rollout as Declared

type Agreed = Proposal | None
"""What people approved; None where nobody was asked."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a move or proposal is bound to: the policy and candidate of now, and the evidence seen.

    `by` is the proposal that people approved; None where nobody was asked. `spread` is that of the
    bets of the standing that a move begins.
    """

    policy_sha256: str
    candidate: str
    told: Told
    look: Look | None = None
    by: Agreed = None
    spread: Spread = EVENLY_SPREAD

    def evidence(self) -> dict[str, object]:
        """As JSON types: what was told, and what it can be reached from again."""
        told = self.told.body()
        return {**told, "look": self.look.body()} if self.look is not None else told


LATER = ("budget_per_day", "calendar", "plan")
"""Parts of a policy that came later: a policy without one keeps the digest it had."""


def policy_digest(policy: Policy) -> str:
    """SHA-256 of a policy's canonical JSON: the same for two files that demand the same.

    Who is told of it is no demand, and what a candidate is measured by outside a rollout none of one.
    """
    written = policy.model_dump(
        mode="json", exclude={"notify", "targets", "identity", "exports", "review"}
    )
    return approvals.digest(
        {name: part for name, part in written.items() if part is not None or name not in LATER}
    )


def newborn(declared: Declared, candidate: str, at_us: int) -> Rollout:
    """A rollout before its first move."""
    return Rollout(declared.tenant, declared.route.value, Stage.OFF, 0, 0, 1, at_us, candidate)


def move(
    conn: Connection,
    saved: Saved,
    signal: Signal,
    deed: Deed,
    steps: tuple[Step, ...],
    bound: Bound,
) -> tuple[Saved, Moved]:
    """Makes a move and writes it. Raises IllegalTransition and StaleRollout."""
    before = saved.rollout
    after = _begun(before, before.after(signal, deed.at_us), bound.candidate)
    narrows = signal is Signal.NARROW
    share = (
        narrowing.share_before(conn, before)
        if narrows
        else exposure.begun(
            conn, before.share(steps), after, steps, bound.by.to_share if bound.by else 0.0
        )
    )
    after = replace(after, canary_share=share)
    transition = Transition(
        tenant=before.tenant,
        route=before.route,
        signal=signal,
        from_stage=before.stage,
        to_stage=after.stage,
        from_share=before.share(steps),
        to_share=after.share(steps),
        epoch=after.epoch,
        at_us=deed.at_us,
        actor=deed.actor.name,
        reason=deed.reason,
    )
    evidence = {**bound.evidence(), **_begins(after, bound.spread)}
    frozen = approvals.freeze(evidence)[0]
    moved = Moved(
        transition, frozen, after.attempt, bound.policy_sha256, bound.by.id if bound.by else ""
    )
    return history.record_move(conn, saved, after, moved, deed), moved


def _begins(after: Rollout, spread: Spread) -> dict[str, object]:
    """What the standing that a move begins will be judged by, fixed before its first session."""
    told: dict[str, object] = {}
    if after.stage is Stage.MIRROR:
        told["candidate"] = after.candidate
    if spread.weights:
        told["bets"] = spread.body()
    return {"begins": told} if told else {}


def proposal(
    rollout: Rollout, decided: Propose, deed: Deed, expire_s: float, bound: Bound
) -> Proposal:
    """A proposal of a decided move, with its evidence frozen."""
    text, sha256 = approvals.freeze(bound.evidence())
    return Proposal(
        id=exchange_id(deed.at_us, secrets.token_bytes(10)),
        tenant=rollout.tenant,
        route=rollout.route,
        signal=decided.signal,
        from_share=decided.from_share,
        to_share=decided.to_share,
        epoch=rollout.epoch,
        proposer=deed.actor,
        reason=deed.reason,
        at_us=deed.at_us,
        expires_us=deed.at_us + round(expire_s * 1_000_000),
        policy_sha256=bound.policy_sha256,
        candidate=bound.candidate,
        evidence=text,
        evidence_sha256=sha256,
        ticket=deed.ticket,
    )


def _begun(before: Rollout, after: Rollout, candidate: str) -> Rollout:
    """Mirroring begins with the candidate of now; a second beginning is a second attempt.

    Otherwise stopping and starting would buy a fresh budget of errors.
    """
    if after.stage is not Stage.MIRROR:
        return after
    again = before.stage is Stage.OFF and before.epoch > 0
    attempt = after.attempt + 1 if again else after.attempt
    return replace(after, candidate=candidate, attempt=attempt)
