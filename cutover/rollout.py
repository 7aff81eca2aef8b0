"""A rollout: tenant x route on its way, where it stands, and the moves it has made."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cutover.stages import IllegalTransition, Signal, Stage, move
from policies.policy import Step


@dataclass(frozen=True, slots=True)
class Rollout:
    """Where one rollout stands.

    `step` is the index of the canary step (meaningful in canary only), `epoch` grows with every
    transition, `attempt` with every retry. `held_by` names who holds it, "" for nobody.
    `canary_share` is the percentage with which its step began: the share of a step that is given in
    sessions, below which no later one falls.
    """

    tenant: str
    route: str
    stage: Stage
    step: int
    epoch: int
    attempt: int
    since_us: int
    candidate: (
        str  # fingerprint of what the policy declares as candidate; a change voids evidence
    )
    held_by: str = ""
    hold_reason: str = ""
    canary_share: float = 0.0

    @property
    def key(self) -> tuple[str, str]:
        """Tenant and route."""
        return self.tenant, self.route

    def share(self, steps: tuple[Step, ...]) -> float:
        """Percent of sessions that the candidate answers."""
        match self.stage:
            case Stage.OFF | Stage.MIRROR | Stage.ROLLED_BACK:
                return 0.0
            case Stage.CANARY:
                at = min(self.step, len(steps) - 1)
                percent = steps[at].percent
                if percent is None:
                    return self.canary_share
                after_sessions = any(step.sessions is not None for step in steps[:at])
                return max(percent, self.canary_share) if after_sessions else percent
            case Stage.LIVE:
                return 100.0

    def after(self, signal: Signal, at_us: int) -> Rollout:
        """This rollout after a move. Raises IllegalTransition where the table has none, or no step is before."""
        stage = move(self.stage, signal)
        if signal is Signal.NARROW and self.step == 0:
            raise IllegalTransition(self.stage, signal)
        beside = {Signal.WIDEN: 1, Signal.NARROW: -1}.get(signal)
        return replace(
            self,
            stage=stage,
            step=0 if beside is None else self.step + beside,
            epoch=self.epoch + 1,
            attempt=self.attempt + 1 if signal is Signal.RETRY else self.attempt,
            since_us=at_us,
        )


@dataclass(frozen=True, slots=True)
class Transition:
    """A move that happened, with who or what moved it and why. Shares are percents."""

    tenant: str
    route: str
    signal: Signal
    from_stage: Stage
    to_stage: Stage
    from_share: float
    to_share: float
    epoch: int
    at_us: int
    actor: str
    reason: str
