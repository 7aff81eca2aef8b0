"""The last minutes of one page: by how much its counters grew, as long as they did not begin anew."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from cutover.servers.reading import Reading

SPAN_S = 300.0
"""How far back it reaches."""
FEWEST = 20
"""Requests that a p95 is told of at least."""


@dataclass(frozen=True, slots=True)
class P95:
    """Between which bounds of the server's histogram the 95th percentile lies, of `n` requests.

    Seconds; both bounds are the same, and `n` is 0, where the server tells the percentile itself.
    """

    low_s: float
    high_s: float
    n: int = 0


@dataclass(slots=True)
class Window:
    """The readings of a page, the newest last. Times are seconds of a monotonic clock."""

    _kept: deque[tuple[float, Reading]] = field(default_factory=deque)

    def add(self, at_s: float, reading: Reading) -> None:
        """Takes a reading. Where a counter fell, or its buckets changed, the server began anew."""
        if self._kept and _anew(self._kept[-1][1], reading):
            self._kept.clear()
        self._kept.append((at_s, reading))
        while self._kept[0][0] < at_s - SPAN_S:
            self._kept.popleft()

    def p95(self) -> P95 | None:
        """Of the requests that ended within the window; None where they are too few to say."""
        if not self._kept:
            return None
        first, last = self._kept[0][1], self._kept[-1][1]
        if last.p95_s is not None:
            return P95(last.p95_s, last.p95_s)
        if first.latency is None or last.latency is None:
            return None
        grown = [
            (bound, now - before)
            for (bound, now), (_, before) in zip(last.latency, first.latency, strict=True)
        ]
        n = grown[-1][1]
        if n < FEWEST:
            return None
        low = 0.0
        for bound, below in grown:
            if below >= 0.95 * n:
                return P95(low, bound, int(n))
            low = bound
        return None

    def waiting(self) -> float | None:
        """How many waited on average, by Little's law: the time waited by all over the time that passed."""
        if len(self._kept) < 2:
            return None
        (first_s, first), (last_s, last) = self._kept[0], self._kept[-1]
        if first.queued_us is None or last.queued_us is None or last_s <= first_s:
            return None
        return (last.queued_us - first.queued_us) / 1e6 / (last_s - first_s)

    def heated(self) -> frozenset[str]:
        """The GPUs that were held down by heat since the reading before the last, by its counter."""
        if len(self._kept) < 2:
            return frozenset()
        (_, before), (_, now) = self._kept[-2], self._kept[-1]
        return frozenset(_grew_hot(before, now))


def _anew(before: Reading, now: Reading) -> bool:
    if (before.latency is None) != (now.latency is None):
        return True
    if before.latency is not None and now.latency is not None:
        if [bound for bound, _ in before.latency] != [bound for bound, _ in now.latency]:
            return True
        pairs = zip(before.latency, now.latency, strict=True)
        if any(later < earlier for (_, earlier), (_, later) in pairs):
            return True
    earlier, later = before.queued_us, now.queued_us
    return (earlier is None) != (later is None) or (
        earlier is not None and later is not None and later < earlier
    )


def _grew_hot(before: Reading, now: Reading) -> Iterator[str]:
    for name, gpu in now.gpus.items():
        known = before.gpus.get(name)
        if known is None or known.hot_for is None or gpu.hot_for is None:
            continue
        if gpu.hot_for > known.hot_for:
            yield name
