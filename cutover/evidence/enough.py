"""How many more observations would be enough: an estimate for people and for planning, never evidence."""

from __future__ import annotations

import math

from cutover.evidence.eprocess import LOG_BETS, MeanAbove, log_sum


def observations_until(m: float, x: float, log_needed: float, limit: int = 1_000_000) -> int:
    """How many observations that all equal x bring MeanAbove to a level; `limit` if none do.

    With x at the best value possible this is the smallest number that can show anything.
    """
    return more_until(MeanAbove(m).after([x]), log_needed, limit) + 1


def more_until(shown: MeanAbove, log_needed: float, limit: int = 1_000_000) -> int:
    """How many more observations like those seen bring the evidence to a level; `limit` if none do.

    An estimate for people, never evidence.
    """
    if shown.n == 0:
        return limit

    gained = [log - stake for log, stake in zip(shown.logs, shown.stakes, strict=True)]

    def level(more: int) -> float:
        grown = 1 + more / shown.n
        drawn = [stake + gain * grown for stake, gain in zip(shown.stakes, gained, strict=True)]
        return log_sum(drawn) - LOG_BETS

    if level(0) >= log_needed:
        return 0
    if level(limit) < log_needed:
        return limit
    # The best bet alone bounds the level from both sides, and so where to look.
    best, least = max(gained) / shown.n, min(shown.stakes)
    low = max(0, math.floor((log_needed - max(shown.stakes)) / best) - shown.n - 1)
    high = min(limit, math.ceil((log_needed + LOG_BETS - least) / best) - shown.n + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if level(middle) >= log_needed else (middle, high)
    return high
