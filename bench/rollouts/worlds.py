"""Simulated candidates: what both sides answer, session by session, for many runs at once.

Both sides' qualities share the prompt's difficulty (correlation 0.6, standard deviation of the difference
0.158, mean 0.77); latencies are lognormal (sigma 0.45, correlation 0.6, the primary's 95th percentile
1.5 s, so 1.1 % of answers take over 2 s); 1 % of requests fail on a side, 0.3 points of them on both.
A session is one exchange unless the world is `correlated`: then 1 to 5, alike in quality, failures and speed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

Numbers = np.ndarray

TARGET_S = 2.0
SIGMA = 0.45
P95_S = 1.5
DIFFERENCE_SD = 0.158
QUALITY = 0.77
ALIKE = 0.6  # correlation of the two sides, in quality and in the logarithm of latency
WITHIN = 0.2  # correlation of failures and of slowness inside a correlated session
SESSION_SD = 0.08  # of a correlated session's own difference in quality
BOTH_FAIL, PRIMARY_ALONE, CANDIDATE_ALONE = 0.003, 0.007, 0.007

_NORMAL = NormalDist()
_MEDIAN = math.log(P95_S) - _NORMAL.inv_cdf(0.95) * SIGMA  # of the primary's log seconds


@dataclass(frozen=True)
class Sessions:
    """Sessions of many runs, arrays of (runs, sessions).

    Qualities and log seconds are of answers. `both`, `primary_alone` and `alone` (the candidate) are the
    shares of a session's exchanges that failed so, `slow` and `flagged` those of the candidate's answers.
    `lot` is uniform in [0, 1): the candidate serves those below its share. `agreed` is the candidate's quality as agreement
    with the primary would have it.
    """

    primary: Numbers
    candidate: Numbers
    agreed: Numbers
    primary_log_s: Numbers
    candidate_log_s: Numbers
    both: Numbers
    primary_alone: Numbers
    alone: Numbers
    slow: Numbers
    flagged: Numbers
    lot: Numbers

    @property
    def difference(self) -> Numbers:
        """Candidate less primary in [-1, 1]; NaN where the primary has no answer. A failure is -1."""
        return self._beside(self.candidate)

    @property
    def agreement(self) -> Numbers:
        """The same of agreement: the candidate's with the primary, less the primary's with itself."""
        return self._beside(self.agreed)

    def _beside(self, candidate: Numbers) -> Numbers:
        difference = np.clip(candidate - self.primary, -1, 1)
        difference = difference * (1 - self.alone) - self.alone
        return np.where(self.both + self.primary_alone >= 1, np.nan, difference)


@dataclass(frozen=True)
class World:
    """A candidate beside its primary, for ever the same unless `hour_sd` says otherwise.

    `difference` is in quality; agreement differs `alike` times as much as quality does, and by `agreement` more.
    `slower` is the factor on the candidate's latency, `catastrophes` the share of answers of the worst quality possible;
    `alone`, `both` and `primary_alone` are who fails.
    `hour_sd` is of a difference drawn anew each hour of `per_minute` sessions a minute, its long mean
    `difference`. `incident` is the share that both sides fail together, both 1.3 times slower.
    """

    difference: float = 0.0
    agreement: float = 0.0
    alike: float = 1.0
    sd: float = DIFFERENCE_SD
    alone: float = CANDIDATE_ALONE
    both: float = BOTH_FAIL
    primary_alone: float = PRIMARY_ALONE
    slower: float = 1.0
    flagged: float = 0.0
    catastrophes: float = 0.0
    incident: float = 0.0
    correlated: bool = False
    hour_sd: float = 0.0
    per_minute: float = 20.0

    def agreed(self, primary: Numbers, candidate: Numbers) -> Numbers:
        """The candidate's quality as agreement would have it."""
        if self.alike == 1.0 and not self.agreement:
            return candidate
        return primary + self.agreement + self.alike * (candidate - primary)

    def at(self, place: int) -> World:
        """The world as it is at a place; it holds for all that is taken there at once."""
        return self

    def flags(self, rng: np.random.Generator, shape: tuple[int, int], place: int) -> Numbers:
        """Which answers have a flag of severity `fail`."""
        if not self.flagged:
            return np.zeros(shape)
        return (rng.random(shape, dtype=np.float32) < self.flagged).astype(float)

    def stream(self, rng: np.random.Generator, runs: int) -> Stream:
        """Sessions from the first on."""
        return Stream(self, rng, runs)


@dataclass(frozen=True)
class Turning(World):
    """One world until a session, another from there on, and perhaps the first again."""

    after: World = World()
    turns: int = 1_000
    back: int | None = None

    def at(self, place: int) -> World:
        """Before the turn this world itself."""
        turned = place >= self.turns and (self.back is None or place < self.back)
        return self.after if turned else self


@dataclass(frozen=True)
class Played(World):
    """A candidate whose flags are those of real answers, in their order, over and over from some answer on."""

    marks: tuple[bool, ...] = ()

    def flags(self, rng: np.random.Generator, shape: tuple[int, int], place: int) -> Numbers:
        """Every run begins at another answer."""
        runs, count = shape
        begin = np.arange(runs) * len(self.marks) // runs
        at = (begin[:, None] + place + np.arange(count)) % len(self.marks)
        return np.asarray(self.marks, dtype=float)[at]


class Stream:
    """The sessions of one world in order, `runs` of them side by side."""

    def __init__(self, world: World, rng: np.random.Generator, runs: int) -> None:
        """At the first session."""
        self.world, self.rng, self.runs = world, rng, runs
        self.place = 0
        self._hour = -1
        self._effect = np.zeros((runs, 1))

    def take(self, count: int) -> Sessions:
        """The next sessions."""
        world = self.world.at(self.place)
        effect = self._of_the_hour(world)
        if world.correlated:
            found = _correlated(world, self.rng, (self.runs, count), effect)
        else:
            flagged = world.flags(self.rng, (self.runs, count), self.place)
            found = _single(world, self.rng, flagged, effect)
        self.place += count
        return found

    def _of_the_hour(self, world: World) -> Numbers:
        hour = int(self.place / (60 * world.per_minute))
        if world.hour_sd and hour != self._hour:
            self._hour = hour
            self._effect = self.rng.normal(0, world.hour_sd, (self.runs, 1))
        return self._effect


def _single(
    world: World, rng: np.random.Generator, flagged: Numbers, effect: Numbers
) -> Sessions:
    """One exchange a session."""
    shape = flagged.shape
    fate = rng.random(shape, dtype=np.float32)
    fails_both = world.both + world.incident
    both = fate < fails_both
    primary_alone = (fate >= fails_both) & (fate < fails_both + world.primary_alone)
    alone = fate >= np.float32(1 - world.alone)
    primary, candidate = qualities(world, rng, shape)
    candidate = candidate + effect + world.difference
    if world.catastrophes:
        lost = rng.random(shape, dtype=np.float32) < world.catastrophes
        candidate = np.where(lost, primary - 1, candidate)
    primary_s, candidate_s = latencies(world, rng, shape)
    return Sessions(
        primary,
        candidate,
        world.agreed(primary, candidate),
        primary_s,
        candidate_s,
        both.astype(float),
        primary_alone.astype(float),
        alone.astype(float),
        (candidate_s > math.log(TARGET_S)).astype(float),
        flagged,
        rng.random(shape, dtype=np.float32),
    )


def qualities(
    world: World, rng: np.random.Generator, shape: tuple[int, int]
) -> tuple[Numbers, Numbers]:
    """Both sides' qualities of single answers, before any difference in the mean."""
    own = world.sd / math.sqrt(2)  # of each side; what they share is the difficulty
    shared = _normal(rng, QUALITY, own * math.sqrt(ALIKE / (1 - ALIKE)), shape)
    return shared + _normal(rng, 0, own, shape), shared + _normal(rng, 0, own, shape)


def _normal(
    rng: np.random.Generator, mean: float, sd: float, shape: tuple[int, int]
) -> Numbers:
    drawn = rng.standard_normal(shape, dtype=np.float32)
    drawn *= np.float32(sd)
    drawn += np.float32(mean)
    return drawn


def latencies(
    world: World, rng: np.random.Generator, shape: tuple[int, int]
) -> tuple[Numbers, Numbers]:
    """Both sides' log seconds."""
    crowded = math.log(1.3) if world.incident else 0.0
    shared = _normal(rng, _MEDIAN + crowded, SIGMA * math.sqrt(ALIKE), shape)
    own = SIGMA * math.sqrt(1 - ALIKE)
    candidate = shared + _normal(rng, math.log(world.slower), own, shape)
    return shared + _normal(rng, 0, own, shape), candidate


def _correlated(
    world: World, rng: np.random.Generator, shape: tuple[int, int], effect: Numbers
) -> Sessions:
    """Several exchanges a session, as their means and shares."""
    answers = 1 + np.minimum(rng.poisson(4, shape), 4)
    narrow = np.sqrt(answers)
    primary, candidate = qualities(world, rng, shape)
    middle = (primary + candidate) / 2
    spread = (candidate - primary) / narrow + _normal(rng, 0, SESSION_SD, shape)
    spread = spread + world.difference + effect
    primary_s, candidate_s = latencies(world, rng, shape)
    return Sessions(
        middle - spread / 2,
        middle + spread / 2,
        world.agreed(middle - spread / 2, middle + spread / 2),
        primary_s,
        candidate_s,
        _share(rng, world.both, answers),
        _share(rng, world.primary_alone, answers),
        _share(rng, world.alone, answers),
        _share(rng, slow_share(world.slower), answers),
        _share(rng, world.flagged, answers),
        rng.random(shape, dtype=np.float32),
    )


def _share(rng: np.random.Generator, chance: float, answers: Numbers) -> Numbers:
    """How many of a session's answers, each session with a chance of its own around `chance`."""
    if chance == 0:
        return np.zeros(answers.shape)
    around = 1 / WITHIN - 1
    own = rng.beta(chance * around, (1 - chance) * around, answers.shape)
    return rng.binomial(answers, own) / answers


def slow_share(slower: float) -> float:
    """The share of answers over the target where the candidate takes `slower` times as long."""
    return 1 - _NORMAL.cdf((math.log(TARGET_S) - _MEDIAN - math.log(slower)) / SIGMA)


def slower_for(share: float) -> float:
    """The factor on latency that brings this share of answers over the target."""
    return math.exp(math.log(TARGET_S) - _MEDIAN + _NORMAL.inv_cdf(share) * SIGMA)


def clipped_mean(mean: float, sd: float, clip: float) -> float:
    """The mean of a normal variable clipped to +-clip."""
    low, high = (-clip - mean) / sd, (clip - mean) / sd
    inside = _NORMAL.cdf(high) - _NORMAL.cdf(low)
    return (
        mean * inside
        + sd * (_NORMAL.pdf(low) - _NORMAL.pdf(high))
        + clip * (1 - _NORMAL.cdf(high))
        - clip * _NORMAL.cdf(low)
    )


def difference_for(target: float, sd: float, clip: float) -> float:
    """The mean whose clipped mean is `target`; by bisection."""
    low, high = -1.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if clipped_mean(middle, sd, clip) < target else (low, middle)
    return (low + high) / 2


EQUAL = World()
QUALITY_DROP = World(difference=-0.05)
ERRORS_5PCT = World(alone=0.047)
P95_3S = World(slower=2.0)
CATASTROPHES = World(catastrophes=0.02)
WORSE_CATASTROPHES = {share: World(catastrophes=share / 100) for share in (4, 6, 8)}
HALF_WAY = World(difference=-0.0075, agreement=-0.0675, alone=0.0128, slower=slower_for(0.03))
CORRELATED = World(correlated=True)
INCIDENT = Turning(after=World(incident=0.06), turns=100, back=1_100)


def after_good(world: World, sessions: int) -> Turning:
    """As good as the primary for so many sessions, then as `world`."""
    return Turning(after=world, turns=sessions)


def by_the_hour(sd: float, per_minute: float) -> World:
    """Equal in the long run, and different each hour."""
    return replace(EQUAL, hour_sd=sd, per_minute=per_minute)
