"""Circuit breakers: keep requests away from a failing candidate. State only; time is an argument.

A breaker diverts requests in milliseconds and moves no stage: that is for the controller, on evidence.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from mirror.exchange import End
from policies.policy import CircuitBreaker

# A request that the candidate refuses as the client's own mistake says nothing about its health.
CLIENTS_FAULTS = frozenset({400, 409, 413, 415, 422})


@dataclass(frozen=True, slots=True)
class Limits:
    """Open when more than `share` of at least `at_least` requests in `window_s` failed.

    After `rest_s` one request is let through as a probe, and its end decides. Open for longer than
    `evidence_after_s`, requests that are kept away are evidence against the candidate.
    """

    window_s: float = 60.0
    at_least: int = 20
    share: float = 0.05
    rest_s: float = 10.0
    evidence_after_s: float = 60.0

    @classmethod
    def of(cls, policy: CircuitBreaker) -> Limits:
        """The limits that a rollout's terms ask for."""
        return cls(
            policy.window_s,
            policy.at_least,
            policy.failed_at_most,
            policy.rest_s,
            policy.evidence_after_s,
        )


@dataclass(slots=True)
class Breaker:
    """One upstream, as one rollout meets it. Times are seconds of a monotonic clock."""

    limits: Limits = Limits()
    _ends: deque[tuple[float, bool]] = field(default_factory=deque)
    _failed: int = 0
    _rest_until: float | None = None  # None while closed
    _since: float = 0.0  # when it opened

    @property
    def open(self) -> bool:
        """Whether requests are being diverted, probes aside."""
        return self._rest_until is not None

    def diverts(self, now: float) -> bool:
        """Whether this request must go elsewhere. False for a probe: the next one waits again."""
        if self._rest_until is None:
            return False
        if now < self._rest_until:
            return True
        self._rest_until = now + self.limits.rest_s
        return False

    def is_evidence(self, now: float) -> bool:
        """Whether it has been open for so long that the candidate is to blame for what it misses."""
        return self.open and now - self._since >= self.limits.evidence_after_s

    def record(self, now: float, *, ok: bool, sent: float) -> None:
        """Takes how a request that was sent at `sent` ended."""
        if self._rest_until is not None:
            self._probed(now, ok=ok, sent=sent)
            return
        self._ends.append((now, ok))
        self._failed += not ok
        while self._ends[0][0] < now - self.limits.window_s:
            _, was_ok = self._ends.popleft()
            self._failed -= not was_ok
        enough = len(self._ends) >= self.limits.at_least
        if enough and self._failed > self.limits.share * len(self._ends):
            self._rest(now)

    def _probed(self, now: float, *, ok: bool, sent: float) -> None:
        """Only a request sent after the last rest began is a probe; older ones say nothing new."""
        assert self._rest_until is not None
        if sent < self._rest_until - self.limits.rest_s:
            return
        if ok:
            self._rest_until = None
        else:
            self._rest(now)

    def _rest(self, now: float) -> None:
        if self._rest_until is None:
            self._since = now
        self._rest_until = now + self.limits.rest_s
        self._ends.clear()
        self._failed = 0


@dataclass(slots=True)
class Breakers:
    """A breaker for each tenant, route and upstream."""

    limits: Limits = Limits()
    _breakers: dict[tuple[str, str, str], Breaker] = field(default_factory=dict)

    def of(
        self, tenant: str, route: str, upstream: str, limits: Limits | None = None
    ) -> Breaker:
        """The breaker of this rollout and upstream, under these limits from now on where given."""
        key = (tenant, route, upstream)
        found = self._breakers.setdefault(key, Breaker(self.limits))
        found.limits = limits or found.limits
        return found

    def opened(self) -> list[tuple[str, str, str]]:
        """Those that divert at the moment."""
        return [key for key, breaker in self._breakers.items() if breaker.open]


def healthy(end: End, status: int | None) -> bool | None:
    """What an end says about an upstream's health: True, False, or None for nothing."""
    match end:
        case End.COMPLETE:
            return True
        case End.CLIENT_ABORT | End.BLOCKED | End.CAPABILITY_GAP | End.AT_CAPACITY:
            return None
        case End.HTTP_ERROR if status in CLIENTS_FAULTS:
            return None
        case _:
            return False
