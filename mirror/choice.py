"""One side of a rollout as it would be asked, by clients' requests and by copies alike."""

from __future__ import annotations

from dataclasses import dataclass

from mirror.exchange import Side
from mirror.served import Declared
from policies.policy import Location, ModelIdentity, Policy, Rollout, Target
from policies.translation import NOTHING, Translation


@dataclass(frozen=True, slots=True)
class Choice:
    """One side as it would be asked: where, for which model, in which translation, and who should answer."""

    side: Side
    upstream: str
    location: Location
    model: str
    identity: ModelIdentity | None = None
    translation: Translation = NOTHING

    @property
    def declared(self) -> Declared:
        """Who should answer."""
        return Declared(self.upstream, self.location, self.model, self.identity)


def choose(policy: Policy, rollout: Rollout, side: Side, requested: str) -> Choice:
    """A side of a rollout, and the model to ask it for.

    The primary is asked for the model that the client named, where it serves it, because nothing
    changes for a client that stays there. The candidate is asked for the target's model, whatever
    the client named; a request that names none is sent as it came.
    """
    target = target_of(rollout, side)
    served = policy.upstreams[target.upstream].models
    kept = not requested or (side is Side.PRIMARY and requested in served)
    return chosen(policy, target, side, requested if kept else target.model)


def chosen(policy: Policy, target: Target, side: Side, model: str) -> Choice:
    """A side as it is asked for this model, by clients' requests and by copies alike."""
    upstream = policy.upstreams[target.upstream]
    return Choice(
        side=side,
        upstream=target.upstream,
        location=upstream.location,
        model=model,
        identity=upstream.identity.get(model),
        translation=upstream.translation,
    )


def target_of(rollout: Rollout, side: Side) -> Target:
    """A side of a rollout as the policy writes it."""
    return rollout.primary if side is Side.PRIMARY else rollout.candidate
