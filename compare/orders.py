"""How alike two orders are, and two sets of measurements of the same things. Pure mathematics.

An order is a sequence of distinct items, the best first. Every measure is 1 for an order with
itself; `docs/comparing.md` says what each gives for orders that have nothing to do with each other.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

type Numbers = npt.NDArray[np.float64]
type Order = Sequence[Hashable]

PERSISTENCE = 0.9
"""Of RBO: the first ten places carry 86 % of its weight."""


def overlap(one: Order, other: Order, depth: int) -> float:
    """The share of the first `depth` items that both have, of as many as the longer has."""
    ours, theirs = set(one[:depth]), set(other[:depth])
    longest = max(len(ours), len(theirs))
    return len(ours & theirs) / longest if longest else math.nan


def jaccard(one: Order, other: Order, depth: int) -> float:
    """Items that both have among their first `depth`, by items that either has."""
    ours, theirs = set(one[:depth]), set(other[:depth])
    return len(ours & theirs) / len(ours | theirs) if ours | theirs else math.nan


def rbo(one: Order, other: Order, p: float = PERSISTENCE) -> float:
    """Rank-biased overlap of both to the shorter's end, extrapolated (Webber et al. 2010, eq. 32)."""
    depth = min(len(one), len(other))
    if not depth:
        return math.nan
    return _biased([common / at for at, common in enumerate(_common(one, other, depth), 1)], p)


def rbo_by_chance(items: int, depth: int, p: float = PERSISTENCE) -> float:
    """What `rbo` to a depth is expected to be of two orders of as many items, one of them random."""
    return _biased([at / items for at in range(1, depth + 1)], p)


def _common(one: Order, other: Order, depth: int) -> list[int]:
    """How many items both have among their first, for every depth."""
    ours: set[Hashable] = set()
    theirs: set[Hashable] = set()
    found, common = [], 0
    for mine, yours in zip(one[:depth], other[:depth], strict=True):
        ours.add(mine)
        theirs.add(yours)
        common += (mine in theirs) + (yours in ours) - (mine == yours)
        found.append(common)
    return found


def _biased(shares: Sequence[float], p: float) -> float:
    weighted = sum(share * p**at for at, share in enumerate(shares, 1))
    return float(shares[-1] * p ** len(shares) + (1 - p) / p * weighted)


def ndcg(reference: Order, other: Order, depth: int = 10) -> float:
    """The discounted gain of `other`, where the reference's first item is worth most.

    Its first `depth` items gain `depth`, `depth - 1`, ... 1, and all others nothing.
    """
    graded = min(depth, len(reference))
    if not graded:
        return math.nan
    gains = {item: graded - at for at, item in enumerate(reference[:graded])}
    found = sum(gains.get(item, 0) * _discount(at) for at, item in enumerate(other[:graded]))
    return found / _ideal(graded)


def ndcg_by_chance(items: int, depth: int) -> float:
    """What `ndcg` is expected to be of two orders of as many items, one of them random."""
    gain = depth * (depth + 1) / 2 / items
    return gain * sum(map(_discount, range(depth))) / _ideal(depth)


def _discount(at: int) -> float:
    return 1 / math.log2(at + 2)


def _ideal(graded: int) -> float:
    return sum((graded - at) * _discount(at) for at in range(graded))


def tau_b(one: Numbers, other: Numbers) -> float:
    """Kendall's tau-b of two measurements of the same things: -1 to 1, NaN where one is constant."""
    ours, theirs = _signs(one), _signs(other)
    scale = math.sqrt(float((ours**2).sum()) * float((theirs**2).sum()))
    return float((ours * theirs).sum()) / scale if scale else math.nan


def _signs(values: Numbers) -> Numbers:
    return np.sign(np.subtract.outer(values, values))


def spearman(one: Numbers, other: Numbers) -> float:
    """Spearman's correlation of two measurements of the same things, NaN where one is constant."""
    ours, theirs = (ranks(values) for values in (one, other))
    ours, theirs = ours - ours.mean(), theirs - theirs.mean()
    scale = math.sqrt(float(ours @ ours) * float(theirs @ theirs))
    return float(ours @ theirs) / scale if scale else math.nan


def ranks(values: Numbers) -> Numbers:
    """The place of each value among all, from 1; equal values share the mean of their places."""
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middle: Numbers = last - (counts - 1) / 2
    return middle[where]
