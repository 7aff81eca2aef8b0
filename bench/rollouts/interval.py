"""Intervals of 95 %: of shares (Clopper and Pearson, exact) and of medians (order statistics)."""

from __future__ import annotations

import numpy as np
from scipy.stats import beta, binom

LEVEL = 0.95


def of_share(count: int, runs: int) -> tuple[float, float]:
    """The exact interval of a share seen `count` times in `runs`."""
    tail = (1 - LEVEL) / 2
    low = 0.0 if count == 0 else float(beta.ppf(tail, count, runs - count + 1))
    high = 1.0 if count == runs else float(beta.ppf(1 - tail, count + 1, runs - count))
    return low, high


def of_median(values: np.ndarray) -> tuple[float, float]:
    """Between two order statistics, whatever the distribution; infinite values are allowed."""
    ordered = np.sort(values)
    tail = (1 - LEVEL) / 2
    low = max(0, int(binom.ppf(tail, ordered.size, 0.5)) - 1)
    high = min(ordered.size - 1, int(binom.ppf(1 - tail, ordered.size, 0.5)))
    return float(ordered[low]), float(ordered[high])
