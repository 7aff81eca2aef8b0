"""What few measurements say of a quantile or a share: 95 % intervals that assume no distribution.

A quantile lies between two order statistics, by how many of n independent values fall below it
(Hahn and Meeker, Statistical Intervals, 5.2); a share between the bounds of Clopper and Pearson.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

OUTSIDE = 0.025
"""The most that may lie outside at either end."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its 95 % interval. A bound is None where n is too small for one."""

    value: float
    low: float | None
    high: float | None
    n: int


def quantile(values: Sequence[float], q: float) -> Estimate | None:
    """The q-quantile of what the values are drawn from; None for no values. Infinite ones are allowed."""
    n = len(values)
    if not n:
        return None
    ranked = sorted(values)
    low = high = None
    below = 0.0  # P(fewer than `rank` values lie below the quantile)
    for rank, chance in enumerate(_chances(n, q), 1):
        below += chance
        if rank <= n and below <= OUTSIDE:
            low = ranked[rank - 1]
        if rank <= n and below >= 1 - OUTSIDE:
            high = ranked[rank - 1]
            break
    return Estimate(ranked[math.ceil(q * n) - 1], low, high, n)


def share(hits: int, n: int) -> Estimate | None:
    """The share of which `hits` of n is a sample; None for n = 0."""
    if not n:
        return None
    low = 0.0 if hits == 0 else _root(lambda p: 1 - _at_most(hits - 1, n, p) > OUTSIDE)
    high = 1.0 if hits == n else _root(lambda p: _at_most(hits, n, p) < OUTSIDE)
    return Estimate(hits / n, low, high, n)


def _root(beyond: Callable[[float], bool]) -> float:
    """Where a condition on a share begins to hold."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return (low + high) / 2


def _at_most(k: int, n: int, p: float) -> float:
    if k > n // 2:  # the shorter tail is summed
        return 1 - _at_most(n - k - 1, n, 1 - p)
    return sum(chance for _, chance in zip(range(k + 1), _chances(n, p), strict=False))


def _chances(n: int, p: float) -> Iterator[float]:
    """P(k of n) for k = 0, 1, ..., n."""
    if p in (0.0, 1.0):
        yield from (float(k == n * p) for k in range(n + 1))
        return
    whole = math.lgamma(n + 1)
    for k in range(n + 1):
        ways = whole - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        yield math.exp(ways + k * math.log(p) + (n - k) * math.log1p(-p))
