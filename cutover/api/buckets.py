"""Token buckets: how often somebody may ask. Pure; times are microseconds of a clock that never goes back."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, field

REMEMBERED = 10_000
"""Buckets that are kept at once; those that are full again need not be."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and so many more in each second."""

    burst: int
    per_s: float


@dataclass(slots=True)
class Buckets:
    """One bucket for each who asks, all of one rate."""

    rate: Rate
    _left: dict[Hashable, tuple[float, int]] = field(default_factory=dict)

    def take(self, who: Hashable, now_us: int) -> int:
        """Takes one; 0 where there was one, else in how many whole seconds there will be."""
        left = self._now(who, now_us)
        if left < 1:
            return max(1, math.ceil((1 - left) / self.rate.per_s))
        if who not in self._left and len(self._left) >= REMEMBERED:
            self._forget(now_us)
        self._left[who] = (left - 1, now_us)
        return 0

    def _now(self, who: Hashable, now_us: int) -> float:
        left, at_us = self._left.get(who, (float(self.rate.burst), now_us))
        return min(self.rate.burst, left + max(0, now_us - at_us) / 1e6 * self.rate.per_s)

    def _forget(self, now_us: int) -> None:
        """Forgets who has all of theirs again, else whoever asked first: it costs nobody anything but their wait."""
        full = [who for who in self._left if self._now(who, now_us) >= self.rate.burst]
        for who in full or list(self._left)[: REMEMBERED // 10]:
            del self._left[who]
