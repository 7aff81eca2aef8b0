"""Whether a rollback has anywhere to go: the primary must itself be well, or the candidate clearly worse."""

from __future__ import annotations

from dataclasses import dataclass

from policies.failover import CircuitBreaker


@dataclass(frozen=True, slots=True)
class Health:
    """How many requests of the last minutes a side answered, and how many it failed.

    `drained`: it is sent nothing, because people took it out.
    """

    answered: int = 0
    failed: int = 0
    drained: bool = False

    @property
    def share(self) -> float:
        """The share of failures; 0 where nothing is known, 1 of what is drained."""
        if self.drained:
            return 1.0
        return self.failed / max(1, self.answered + self.failed)

    def fails(self, breaker: CircuitBreaker) -> bool:
        """Whether it fails by the bar of a circuit breaker; not where too little is known."""
        enough = self.answered + self.failed >= breaker.at_least
        return self.drained or (enough and self.share > breaker.failed_at_most)


TWICE = 2
"""A candidate is clearly worse that fails so many times as often as a primary that fails too."""


@dataclass(frozen=True, slots=True)
class Way:
    """Whether harm may move a rollout to its primary. `alarm` is what people are told, "" for nothing."""

    go: bool
    alarm: str = ""


def way_back(
    primary: Health, candidate: Health, *, answers: bool, breaker: CircuitBreaker
) -> Way:
    """What follows where harm was shown. `answers`: what the candidate says is bad, not only slow or missing.

    A wrong answer is worse than none: it goes also where the primary fails, and an error is seen.
    """
    if not primary.fails(breaker):
        return Way(go=True)
    fails = _failing("primary", primary)
    if answers:
        return Way(
            go=True,
            alarm=f"{fails}, and the candidate's answers are bad: clients get errors instead",
        )
    if not candidate.fails(breaker):
        return Way(
            go=False, alarm=f"{fails}: nothing is moved to it while the candidate answers"
        )
    both = f"both sides fail: {fails}, {_failing('candidate', candidate)}"
    if candidate.share >= TWICE * primary.share:
        return Way(go=True, alarm=f"{both}; the primary fails less")
    return Way(go=False, alarm=f"{both}; the primary is no better")


def _failing(side: str, health: Health) -> str:
    if health.drained:
        return f"the {side} is drained"
    return f"the {side} failed {health.share * 100:.3g} % of its last {health.answered + health.failed:,} requests"
