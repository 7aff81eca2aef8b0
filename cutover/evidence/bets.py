"""How a gate's stake is spread over its bets: evenly, or more on those that other tenants' sessions favoured.

A mixture of bets is an e-process whatever its weights are, as long as they were fixed before the
first session that it counts. So they may come from other tenants of the same model, and what a
tenant has shown is still shown by its own sessions alone. Half of the stake stays spread evenly:
the evidence is never less than half of what even weights would give, and so a pool that misleads
costs at most ln 2 of it.

Only the bets for a promotion are weighted. Healthy tenants say nothing of how another's candidate
will fail.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cutover.evidence.eprocess import BETS

EVENLY = 0.5
"""The part of the stake that is spread evenly whatever the pool says."""

EVEN = (1 / len(BETS),) * len(BETS)

type Weights = Mapping[str, tuple[float, ...]]
"""By the name of a gate, the part of the stake on each of BETS; a gate that is not named bets evenly."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The weights of one standing, and how many tenants and sessions they were taken from."""

    weights: Weights = field(default_factory=dict)
    tenants: int = 0
    sessions: int = 0

    def body(self) -> dict[str, object]:
        """As JSON types; `spread_of` reads it."""
        told = {name: [*weights] for name, weights in self.weights.items()}
        return {"weights": told, "tenants": self.tenants, "sessions": self.sessions}


EVENLY_SPREAD = Spread()


def spread_of(body: Mapping[str, Any]) -> Spread:
    """A spread from what `body` gave, after JSON."""
    weights = {name: tuple(map(float, told)) for name, told in body["weights"].items()}
    return Spread(weights, int(body["tenants"]), int(body["sessions"]))


def recorded(evidence: str) -> Spread:
    """The spread of the standing that a move began, from the move's evidence; even where it says nothing."""
    if '"begins"' not in evidence:
        return EVENLY_SPREAD
    begins = json.loads(evidence).get("begins", {})
    return spread_of(begins["bets"]) if "bets" in begins else EVENLY_SPREAD


def favoured(gained: Sequence[float], log_needed: float) -> tuple[float, ...]:
    """The weights after sessions in which each of BETS gained so many nats.

    Those that a mixture that began evenly would have had when it first came to `log_needed` on
    sessions like these, or has now where it did not come so far: few sessions say little.
    """
    best = max(gained, default=0.0)
    if best <= 0:  # the pool shows nothing for its model
        return EVEN
    until = min(1.0, (log_needed + 1) / best)
    drawn = [math.exp(until * (one - best)) for one in gained]
    total = math.fsum(drawn)
    return tuple([EVENLY / len(BETS) + (1 - EVENLY) * one / total for one in drawn])
