"""Whether a rollback has anywhere to go: the primary must itself be well, or the candidate clearly worse."""

from __future__ import annotations

from dataclasses import dataclass, replace

from policies.failover import CircuitBreaker


@dataclass(frozen=True, slots=True)
class Health:
    """How many requests of the last minutes a side answered, and how many it failed.

    `drained`: it is sent nothing, because people took it out.
    """

    answered: int = 0
    failed: int = 0
    drained: bool = False

    def plus(self, answered: int, failed: int) -> Health:
        """With so many more requests."""
        return replace(self, answered=self.answered + answered, failed=self.failed + failed)

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
LONGEST_US = 180_000_000
"""So long harm waits at most for a primary that fails some of what it is asked,"""
SOME = 0.2
"""which is less than this share of it, or less than what the candidate fails."""
_STAYS = ": nothing is moved to it while the candidate answers"


@dataclass(frozen=True, slots=True)
class Way:
    """Whether harm may move a rollout to its primary. `alarm` is what people are told, "" for nothing."""

    go: bool
    alarm: str = ""


def way_back(
    primary: Health,
    candidate: Health,
    *,
    answers: bool,
    breaker: CircuitBreaker,
    waited_us: int = 0,
) -> Way:
    """What follows where harm was shown, `waited_us` after that a primary that fails was first waited for.

    `answers`: what the candidate says is bad, not only slow or missing. A wrong answer is worse than
    none: it goes also where the primary fails, and an error is seen.
    """
    if not primary.fails(breaker):
        return Way(go=True)
    fails = _failing("primary", primary)
    if answers:
        return Way(
            go=True,
            alarm=f"{fails}, and the candidate's answers are bad: clients get errors instead",
        )
    ill = candidate.fails(breaker)
    if ill:
        fails = f"both sides fail: {fails}, {_failing('candidate', candidate)}"
        if candidate.share >= TWICE * primary.share:
            return Way(go=True, alarm=f"{fails}; the primary fails less")
    if waited_us >= LONGEST_US and primary.share < max(SOME, candidate.share):
        return Way(go=True, alarm=f"{fails}; after 3 minutes it goes back all the same")
    stays = "; the primary is no better" if ill else _STAYS
    return Way(go=False, alarm=fails + stays)


def _failing(side: str, health: Health) -> str:
    if health.drained:
        return f"the {side} is drained"
    return f"the {side} failed {health.share * 100:.3g} % of its last {health.answered + health.failed:,} requests"
