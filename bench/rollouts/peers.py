"""What others do, written from their published rules: thresholds, Kayenta's judge, a peeked-at t-test, an unpaired sequence.

All are given every session on both sides, which is more than a canary's share gives them, and the same three
metrics: quality, errors, latency. Each says after how many sessions it rolls back and promotes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from scipy.stats import t

from bench.rollouts.walk import NEVER
from bench.rollouts.worlds import TARGET_S, Numbers, Sessions, World

Outcome = tuple[Numbers, Numbers]
"""Sessions until the rollback and until the promotion, one of them infinite."""


@dataclass(frozen=True)
class Window:
    """What a minute of each run came to: (runs,) arrays, NaN without sessions."""

    primary_quality: Numbers
    quality: Numbers
    primary_errors: Numbers
    errors: Numbers
    primary_p95: Numbers
    p95: Numbers


def window(sessions: Sessions, count: Numbers) -> Window:
    """The first `count` sessions of each run, as a dashboard would show them."""
    inside = np.arange(sessions.alone.shape[1]) < count[:, None]
    primary_failed = inside & (sessions.both + sessions.primary_alone > 0)
    failed = inside & (sessions.both + sessions.alone > 0)
    return Window(
        _mean(sessions.primary, inside & ~primary_failed),
        _mean(sessions.candidate, inside & ~failed),
        _mean(primary_failed.astype(float), inside),
        _mean(failed.astype(float), inside),
        _p95(sessions.primary_log_s, inside & ~primary_failed),
        _p95(sessions.candidate_log_s, inside & ~failed),
    )


def _mean(values: Numbers, which: Numbers) -> Numbers:
    count = which.sum(axis=1)
    total = np.where(which, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _p95(logs: Numbers, which: Numbers) -> Numbers:
    """The 95th percentile in seconds, interpolated between the two nearest answers."""
    ordered = np.sort(np.where(which, logs, np.inf), axis=1)
    count = which.sum(axis=1)
    at = 0.95 * np.maximum(count - 1, 0)
    low = np.floor(at).astype(int)
    rows = np.arange(logs.shape[0])
    ends = (low, np.minimum(low + 1, np.maximum(count - 1, 0)))
    one, two = (np.exp(np.where(count > 0, ordered[rows, end], np.nan)) for end in ends)
    return np.asarray(one + (at - low) * (two - one))


def minutes(
    world: World, rng: np.random.Generator, runs: int, per_minute: float, length: int
) -> list[Window]:
    """So many minutes with sessions that arrive by chance."""
    stream = world.stream(rng, runs)
    found = []
    for _ in range(length):
        count = rng.poisson(per_minute, runs)
        found.append(window(stream.take(max(1, int(count.max()))), count))
    return found


def failed_checks(seen: list[Window]) -> Numbers:
    """Flagger: a check a minute of success >= 97 %, p95 <= 2 s and quality within 0.05; no values is a failed
    check. Failed checks so far, (minutes, runs); they only ever grow."""
    checks = [
        (each.errors > 0.03)
        | (each.p95 > TARGET_S)
        | (each.quality < each.primary_quality - 0.05)
        | np.isnan(each.quality)
        for each in seen
    ]
    return np.cumsum(np.stack(checks), axis=0)


def thresholds(failed: Numbers, threshold: int, needed: int, per_minute: float) -> Outcome:
    """Roll back at so many failed checks, promote at so many good ones: a failed check advances nothing."""
    good = 1 + np.arange(failed.shape[0])[:, None] - failed
    back, forth = _first(failed >= threshold), _first(good >= needed)
    rolled = np.where(back < forth, back * per_minute, NEVER)
    return rolled, np.where(forth < back, forth * per_minute, NEVER)


def _first(reached: Numbers) -> Numbers:
    return np.where(reached.any(axis=0), 1 + reached.argmax(axis=0), NEVER)


def tuned(failed: Numbers, needed: int, at_most: float) -> int:
    """The smallest threshold that rolls back no more than this share of these healthy runs."""
    for threshold in range(1, failed.shape[0] + 1):
        rolled, _ = thresholds(failed, threshold, needed, 1.0)
        if np.isfinite(rolled).mean() <= at_most:
            return threshold
    return failed.shape[0] + 1


INTERVAL, INTERVALS = 60, 3  # minutes, as its guide starts with
MARGINAL, PASS = 75.0, 95.0
TOLERANCE, CONFIDENCE = 0.25, 0.98  # as its judge has them


def kayenta(seen: list[Window], per_minute: float) -> Outcome:
    """NetflixACAJudge: a point a minute, three groups of equal weight, a growing look-back each hour.

    A metric is worse where the 98 % interval of the shift lies beyond a quarter of its estimate. A score
    below 75 ends the canary; at the end 95 is asked, and between them people decide.
    """
    sides = [
        (_points(seen, "primary_quality"), _points(seen, "quality"), -1),
        (_points(seen, "primary_errors"), _points(seen, "errors"), 1),
        (_points(seen, "primary_p95"), _points(seen, "p95"), 1),
    ]
    runs = sides[0][0].shape[1]
    rolled, promoted = np.full(runs, NEVER), np.full(runs, NEVER)
    for run in range(runs):
        for hour in range(1, INTERVALS + 1):
            until = hour * INTERVAL
            passed = [not _worse(c[:until, run], e[:until, run], s) for c, e, s in sides]
            score = 100 * sum(passed) / len(passed)
            if score < MARGINAL:
                rolled[run] = until * per_minute
                break
            if hour == INTERVALS and score >= PASS:
                promoted[run] = until * per_minute
    return rolled, promoted


def _points(seen: list[Window], name: str) -> Numbers:
    return np.stack([getattr(each, name) for each in seen])


def _worse(control: Numbers, experiment: Numbers, sign: int) -> bool:
    """Whether the experiment's values lie higher (sign 1) or lower (-1), by the classifier's rule."""
    c, e = sign * control[~np.isnan(control)], sign * experiment[~np.isnan(experiment)]
    if c.size == 0 or e.size == 0 or np.array_equal(np.sort(c), np.sort(e)):
        return False
    shifts = np.subtract.outer(e, c).ravel()
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    spread = z * math.sqrt(c.size * e.size * (c.size + e.size + 1) / 12)
    low = max(0, int(shifts.size / 2 - spread))
    middle = shifts.size // 2
    ordered = np.partition(shifts, (low, middle))
    return bool(ordered[low] > TOLERANCE * abs(ordered[middle]))


EVERY = 100  # sessions between two looks of the last two
ALPHA = 0.05
TUNING = 5_000  # N*, the sample size at which the sequence is narrowest


@dataclass
class _Sums:
    """Sums of one metric's values, sides apart and paired, oriented so that higher is worse."""

    count: Numbers
    primary: Numbers
    primary2: Numbers
    candidate: Numbers
    candidate2: Numbers
    difference2: Numbers

    @classmethod
    def nothing(cls, runs: int) -> _Sums:
        return cls(*(np.zeros(runs) for _ in range(6)))

    def add(self, primary: Numbers, candidate: Numbers, which: Numbers) -> None:
        p, c = np.where(which, primary, 0.0), np.where(which, candidate, 0.0)
        self.count += which.sum(axis=1)
        self.primary += p.sum(axis=1)
        self.primary2 += (p * p).sum(axis=1)
        self.candidate += c.sum(axis=1)
        self.candidate2 += (c * c).sum(axis=1)
        self.difference2 += ((c - p) ** 2).sum(axis=1)

    @property
    def difference(self) -> Numbers:
        return np.asarray((self.candidate - self.primary) / np.maximum(self.count, 1))

    @property
    def paired_variance(self) -> Numbers:
        return _variance(self.count, self.difference * self.count, self.difference2)

    @property
    def unpaired_variance(self) -> Numbers:
        return _variance(self.count, self.primary, self.primary2) + _variance(
            self.count, self.candidate, self.candidate2
        )


def _variance(count: Numbers, total: Numbers, squares: Numbers) -> Numbers:
    n = np.maximum(count, 2)
    return np.asarray(np.maximum(squares - total**2 / n, 0) / (n - 1))


MARGINS = (0.015, 0.0115, 0.0389)
"""Of quality, errors and slow answers, for the sequence's promotions: what our bars leave an equal candidate."""


def _metrics(sessions: Sessions) -> list[tuple[Numbers, Numbers, Numbers]]:
    primary_failed = (sessions.both + sessions.primary_alone > 0).astype(float)
    failed = (sessions.both + sessions.alone > 0).astype(float)
    answered = (primary_failed + failed) == 0
    late = math.log(TARGET_S)
    slow = [
        (each > late).astype(float)
        for each in (sessions.primary_log_s, sessions.candidate_log_s)
    ]
    return [
        (-sessions.primary, -sessions.candidate, answered),
        (primary_failed, failed, np.ones_like(answered)),
        (slow[0], slow[1], answered),
    ]


def peeked(
    world: World, rng: np.random.Generator, runs: int, length: int
) -> tuple[Outcome, Outcome]:
    """A t-test and a confidence sequence, both looked at every 100 sessions of `length`.

    The t-test is paired, two-sided at 0.05, and rolls back at any metric that is worse; it promotes at the end. The
    sequence is the asymptotic one of Waudby-Smith and others (arXiv 2103.06476) as GrowthBook publishes it, of two means
    that are not paired; it rolls back where 0 is excluded and promotes where every margin is.
    """
    stream = world.stream(rng, runs)
    sums = [_Sums.nothing(runs) for _ in MARGINS]
    test, back, forth = (np.full(runs, NEVER) for _ in range(3))
    for place in range(0, length, EVERY):
        for total, values in zip(sums, _metrics(stream.take(EVERY)), strict=True):
            total.add(*values)
        now = place + EVERY
        test[_significant(sums) & np.isinf(test)] = now
        halves = [half_width(2 * each.count, each.unpaired_variance) for each in sums]
        worse = [each.difference > half for each, half in zip(sums, halves, strict=True)]
        within = [
            each.difference + half < margin
            for each, half, margin in zip(sums, halves, MARGINS, strict=True)
        ]
        open_ = np.isinf(back) & np.isinf(forth)
        back[open_ & np.any(worse, axis=0)] = now
        forth[open_ & np.all(within, axis=0) & np.isinf(back)] = now
    return (test, np.where(np.isinf(test), length, NEVER)), (back, forth)


def _significant(sums: list[_Sums]) -> Numbers:
    crossed = []
    for each in sums:
        error = np.sqrt(each.paired_variance / np.maximum(each.count, 1))
        crossed.append((each.difference > t_quantile(each.count) * error) & (error > 0))
    return np.asarray(np.any(crossed, axis=0))


def t_quantile(count: Numbers) -> Numbers:
    """Student's quantile of a two-sided test; infinite before the second session."""
    return np.asarray(
        np.where(count > 1, t.ppf(1 - ALPHA / 2, np.maximum(count - 1, 1)), np.inf)
    )


def half_width(total: Numbers, variance: Numbers) -> Numbers:
    """Of the sequence for a difference of two means of `total` / 2 sessions each; `variance` is the sum of the two sides'."""
    rho2 = (-2 * math.log(ALPHA) + math.log(-2 * math.log(ALPHA) + 1)) / TUNING
    n = np.maximum(total, 2.0)
    grown = n * rho2 + 1
    error2 = variance / (n / 2)
    return np.asarray(
        np.sqrt(n * error2 * 2 * grown * np.log(np.sqrt(grown) / ALPHA) / (n * n * rho2))
    )
