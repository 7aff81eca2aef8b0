"""The standings of a rollout's attempts, as its moves tell them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cutover.evidence.bets import EVENLY_SPREAD, Spread, recorded
from cutover.history import Moved
from cutover.stages import Signal, Stage
from policies.policy import Terms

COMPARING = (Stage.MIRROR, Stage.CANARY, Stage.LIVE)
"""The stages in which evidence grows."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One epoch of an attempt: evidence of one is never mixed with another's. `spread` is that of its bets.

    `attempt` is that of its rollout, from 1 on: a retry begins the next one, and so does a start after a stop.
    """

    epoch: int
    stage: Stage
    step: int
    spread: Spread = EVENLY_SPREAD
    attempt: int = 1

    def step_of(self, terms: Terms) -> int:
        """The step's place in the policy of today, which may have fewer steps than that of the move."""
        return min(self.step, len(terms.steps) - 1)


def standings(moves: Iterable[Moved]) -> list[Standing]:
    """The standings of the present attempt, oldest first; none while nothing is compared."""
    return attempts(moves)[-1]


def attempts(moves: Iterable[Moved]) -> list[list[Standing]]:
    """The standings of every attempt, oldest first; the last list is the present one's, and may be empty."""
    chains: list[list[Standing]] = [[]]
    for moved in moves:
        move = moved.transition
        if chains[-1] and move.to_stage not in (Stage.CANARY, Stage.LIVE):
            chains.append([])
        if move.to_stage not in COMPARING:
            continue
        beside = {Signal.WIDEN: 1, Signal.NARROW: -1}.get(move.signal)
        step = chains[-1][-1].step + beside if beside is not None and chains[-1] else 0
        spread = recorded(moved.evidence)
        standing = Standing(move.epoch, move.to_stage, step, spread, moved.attempt)
        chains[-1].append(standing)
    return chains
