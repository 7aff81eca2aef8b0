"""Evidence as a number: e-processes for the mean of bounded observations, valid at every peek.

An e-process for a hypothesis has, whenever one looks, an expected value of at most 1 while the
hypothesis holds; so it ever reaches 1/alpha with probability at most alpha (Ville's inequality).
Here every hypothesis is "the mean of X in [0, 1] is at most m, whatever came before", and the
process is a bet against it: the mean over ten fixed bets c of the products of 1 + (c/m)(X - m).
Betting on bounded means: Waudby-Smith & Ramdas 2020, arXiv 2010.09686. E-processes: Howard,
Ramdas, McAuliffe & Sekhon 2018, arXiv 1810.08240. Restarting (e-detectors): Shin, Ramdas &
Rinaldo 2022, arXiv 2203.03532.

The bets are fixed, not learnt: the product is then a function of the observations alone, and it
bounds the error under any drift, as long as the running mean of what was seen is on the null side.
All numbers are natural logarithms. States are immutable, and adding observations one by one gives
bit for bit what adding them at once gives.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache
from itertools import groupby
from math import exp, log1p

BETS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.9, 0.99)
"""Shares of the stake that could be lost at one observation; below 1, so that none is ever ruined."""

_NEVER = -math.inf
LOG_BETS = math.log(len(BETS))
"""What the mean over all bets takes off the sum."""

_FLAT = (0.0,) * len(BETS)
_NOTHING = (_NEVER,) * len(BETS)


class Unknown(Enum):
    """The one value of an observation that is still to come."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN
"""Counts as the value least favourable to the claim, so that looking early is safe."""

type Place = float | Unknown | None
"""What stands at one place in the line: X in [0, 1], not known yet, or None for nothing to learn."""


class MarginOutOfRange(ValueError):
    """A hypothesis about a mean that no mean in (0, 1) could test."""

    def __init__(self, m: float) -> None:
        """Names the mean that was asked for."""
        super().__init__(
            f"the mean to test must lie between 0 and 1, got {m}: "
            "choose a margin below the clip, and a bar between 0 and 1"
        )


class ObservationOutOfRange(ValueError):
    """An observation outside [0, 1], or not a number."""

    def __init__(self, x: float) -> None:
        """Names the observation."""
        super().__init__(f"an observation must lie between 0 and 1, got {x}")


@lru_cache(maxsize=8192)
def _gains(m: float, x: float) -> tuple[float, ...]:
    """What each bet against "the mean is at most m" gains by observing x, in nats."""
    if not 0.0 <= x <= 1.0:
        raise ObservationOutOfRange(x)
    return tuple([math.log1p(bet / m * (x - m)) for bet in BETS])


def _checked(m: float) -> None:
    if not 0.0 < m < 1.0:
        raise MarginOutOfRange(m)


def log_sum(logs: Iterable[float]) -> float:
    """The logarithm of a sum of numbers given by their logarithms; -inf for none."""
    terms = tuple(logs)
    top = max(terms, default=_NEVER)
    if top == _NEVER:
        return _NEVER
    return top + math.log(sum([math.exp(term - top) for term in terms]))


def _log_add(log: float, finite: float) -> float:
    """The logarithm of a sum of two numbers, the second of them not zero."""
    return max(log, finite) + math.log1p(math.exp(-abs(log - finite)))


def _in_a_row(observations: Iterable[Place]) -> Iterator[tuple[float | Unknown, int]]:
    """What was observed, and how often in a row: most of what is open, and most failures that did not happen, are alike."""
    for x, alike in groupby([x for x in observations if x is not None]):
        yield x, sum([1 for _ in alike])


def _least(x: float | Unknown) -> float:
    """An observation as it counts against the claim that the mean is high."""
    return 0.0 if x is UNKNOWN else x


def _sunk(logs: tuple[float, ...], gains: Sequence[float], times: int) -> tuple[float, ...]:
    """The same gains added so many times, one after the other."""
    if times == 1:
        return tuple([log + gain for log, gain in zip(logs, gains, strict=True)])
    return tuple([_often(log, gain, times) for log, gain in zip(logs, gains, strict=True)])


def _often(log: float, gain: float, times: int) -> float:
    """One gain, added so many times: a product would round otherwise."""
    for _ in range(times):
        log += gain
    return log


def log_mean(weights: Sequence[float], logs: Sequence[float]) -> float:
    """The logarithm of a weighted mean. A mean of e-processes is one under any dependence."""
    return log_sum(
        math.log(weight) + log for weight, log in zip(weights, logs, strict=True)
    ) - math.log(math.fsum(weights))


@dataclass(frozen=True)
class MeanAbove:
    """Evidence that the mean of X is above `m`: the plain product, used to promote.

    `n` counts observations; one that is None says nothing and is not counted. `stakes` is what the
    bets began with: the logarithms of their weights, each times the number of bets.
    """

    m: float
    logs: tuple[float, ...] = _FLAT
    n: int = 0
    stakes: tuple[float, ...] = _FLAT

    def __post_init__(self) -> None:
        """Raises MarginOutOfRange."""
        _checked(self.m)

    @classmethod
    def weighted(cls, m: float, weights: Sequence[float] | None) -> MeanAbove:
        """With a part of the stake on each of BETS, above 0 and 1 together; None for all alike."""
        if weights is None:
            return cls(m)
        stakes = tuple([math.log(weight) + LOG_BETS for weight in weights])
        return cls(m, stakes, 0, stakes)

    def after(self, observations: Iterable[Place]) -> MeanAbove:
        """With more observations. Raises ObservationOutOfRange."""
        logs, n = self.logs, self.n
        for x, times in _in_a_row(observations):
            logs = _sunk(logs, _gains(self.m, _least(x)), times)
            n += times
        return MeanAbove(self.m, logs, n, self.stakes)

    def waiting(self, times: int) -> MeanAbove:
        """With so many that are UNKNOWN, all at once."""
        logs = _sunk(self.logs, _gains(self.m, 0.0), times)
        return MeanAbove(self.m, logs, self.n + times, self.stakes)

    @cached_property  # asked of thousands in a second, and of each some ten times
    def log_e(self) -> float:
        """The e-value; 0 before the first observation."""
        return log_sum(self.logs) - LOG_BETS


@dataclass(frozen=True)
class MeanAboveSince:
    """Evidence that the mean of X is above `m` since some start: good history cannot hide harm.

    A mixture over starts, each with its share of the stake: half at the first observation, and
    half of 1/(j(j+1)) at the j-th multiple of `every`. What has not started yet is kept as cash, so the
    whole is an e-process that begins at 1. `n` counts places, including those of None: a place
    must not depend on what will be observed there.
    """

    m: float
    every: int
    logs: tuple[float, ...] = _NOTHING
    n: int = 0

    def __post_init__(self) -> None:
        """Raises MarginOutOfRange."""
        _checked(self.m)

    def after(self, observations: Iterable[Place]) -> MeanAboveSince:
        """With more observations. Raises ObservationOutOfRange."""
        logs = self.logs
        n, unknown = self.n, 0
        for x in observations:
            if unknown and (n % self.every == 0 or isinstance(x, float)):
                logs, unknown = _sunk(logs, _gains(self.m, 0.0), unknown), 0
            if n % self.every == 0:
                stake = math.log(_stake(n // self.every))
                logs = tuple([_log_add(log, stake) for log in logs])
            if x is UNKNOWN:
                unknown += 1
            elif x is not None:
                logs = _sunk(logs, _gains(self.m, x), 1)
            n += 1
        logs = _sunk(logs, _gains(self.m, 0.0), unknown)
        return MeanAboveSince(self.m, self.every, logs, n)

    def waiting(self, times: int) -> MeanAboveSince:
        """With so many that are UNKNOWN, all at once."""
        logs, gains = self.logs, _gains(self.m, 0.0)
        n, end = self.n, self.n + times
        while n < end:
            some = min(end - n, self.every - n % self.every)
            if n % self.every == 0:
                stake = math.log(_stake(n // self.every))
                logs = tuple([_log_add(log, stake) for log in logs])
            logs = _sunk(logs, gains, some)
            n += some
        return MeanAboveSince(self.m, self.every, logs, n)

    @cached_property
    def log_e(self) -> float:
        """The e-value; 0 before the first observation."""
        starts = -(-self.n // self.every)
        cash = 1.0 if starts == 0 else 0.5 / starts
        return _log_add(log_sum(self.logs) - LOG_BETS, math.log(cash))


def _stake(start: int) -> float:
    """The share of the stake that begins at a start; over all starts they sum to 1."""
    return 0.5 if start == 0 else 0.5 / (start * (start + 1))


@dataclass(frozen=True)
class MeanAboveLately:
    """A detector that restarts at every observation (Shiryaev-Roberts): M = (M + 1) * factor.

    Raising the alarm at M >= A gives on average at least A observations to a false alarm while
    the mean of X stays at most `m`.
    """

    m: float
    logs: tuple[float, ...] = _NOTHING
    n: int = 0

    def __post_init__(self) -> None:
        """Raises MarginOutOfRange."""
        _checked(self.m)

    def after(self, observations: Iterable[Place]) -> MeanAboveLately:
        """With more observations. Raises ObservationOutOfRange."""
        logs, n = self.logs, self.n
        for x, times in _in_a_row(observations):
            gains = _gains(self.m, _least(x))
            if x is UNKNOWN:  # no start here: it might turn out to be no observation at all
                logs = _sunk(logs, gains, times)
            else:
                pairs = zip(logs, gains, strict=True)
                logs = tuple([_restarted(log, gain, times) for log, gain in pairs])
                n += times
        return MeanAboveLately(self.m, logs, n)

    def waiting(self, times: int) -> MeanAboveLately:
        """With so many that are UNKNOWN, all at once."""
        logs = _sunk(self.logs, _gains(self.m, 0.0), times)
        return MeanAboveLately(self.m, logs, self.n)

    @cached_property
    def log_e(self) -> float:
        """The detector's level, -inf before the first observation."""
        return log_sum(self.logs) - LOG_BETS


def _restarted(log: float, gain: float, times: int) -> float:
    """A detector's level behind so many observations of one gain, one after the other.

    Each is as `_log_add(log, 0.0) + gain` has it, written out: a year of a clinic takes ten million of them. Where
    one of them changes nothing any more, no further one does.
    """
    for _ in range(times):
        before = log
        log = (log + log1p(exp(-log)) if log > 0.0 else log1p(exp(log))) + gain
        if log == before:
            break
    return log


type Harm = MeanAboveSince | MeanAboveLately
"""What speaks for a rollback: in mirror and canary an e-process, in live a detector."""
