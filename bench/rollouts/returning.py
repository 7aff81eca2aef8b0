"""Thirty people who come back all day, each with errors, speed and agreement of their own.

The candidate is equal, or exactly on its bars, on the mean over the clinic's people, and no two people are alike: the
sessions of one are as alike as the exchanges of one session elsewhere. A third is on duty at a time, eight hours
each; they come back every half hour, every two hours, or each of the thirty once a day. Beside them nobody comes back at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from bench.rollouts import margins, rows, walk
from bench.rollouts.jobs import Found, Job, quality_alone, unhurried
from bench.rollouts.rows import Drawn, Row
from bench.rollouts.walk import Standing
from bench.rollouts.worlds import (
    CORRELATED,
    SESSION_SD,
    WITHIN,
    Numbers,
    Sessions,
    Stream,
    World,
    latencies,
    qualities,
    slow_share,
)
from cutover.stages import Stage

QUALITY = quality_alone()  # people differ in what must be shown
MIRROR = Standing(unhurried(QUALITY), Stage.MIRROR)
CANARY = Standing(QUALITY, Stage.CANARY)

PEOPLE = 30
ON_DUTY = 10
SHIFTS = {"half_hour": 16, "two_hours": 4}
"""Sessions of each person in a shift of eight hours, by how often they come back."""

STEP, MIRRORED = 6_000, 3_000
RUNS = 500

HOW = {
    "half_hour": "30 people, 10 on duty, back every half hour",
    "two_hours": "30 people, 10 on duty, back every two hours",
    "day": "30 people, each once a day",
    "never": "nobody comes back",
}


@dataclass(frozen=True)
class People(World):
    """A clinic's people. `back` says how they come: so often in shifts, or each once a day."""

    back: str = "half_hour"

    def stream(self, rng: np.random.Generator, runs: int) -> Stream:
        """Sessions from the first on, of people drawn for each run."""
        return _Coming(self, rng, runs)


class _Coming(Stream):
    """The sessions of one clinic in order: who comes is known, what they are like is drawn once."""

    def __init__(self, world: People, rng: np.random.Generator, runs: int) -> None:
        super().__init__(world, rng, runs)
        self._back = world.back
        shape = (runs, PEOPLE)
        own = rng.normal(0, SESSION_SD, shape)
        self._apart = own - own.mean(axis=1, keepdims=True)
        self._chances = {
            name: _spread(rng, chance, shape)
            for name, chance in {
                "both": world.both,
                "primary_alone": world.primary_alone,
                "alone": world.alone,
                "slow": slow_share(world.slower),
                "flagged": world.flagged,
            }.items()
        }

    def take(self, count: int) -> Sessions:
        """The next sessions."""
        who = self._who(self.place + np.arange(count))
        self.place += count
        world, rng, shape = self.world, self.rng, (self.runs, count)
        answers = 1 + np.minimum(rng.poisson(4, shape), 4)
        primary, candidate = qualities(world, rng, shape)
        middle = (primary + candidate) / 2
        apart = (candidate - primary) / np.sqrt(answers) + self._apart[:, who]
        apart = apart + world.difference
        primary_s, candidate_s = latencies(world, rng, shape)
        shares = {
            name: rng.binomial(answers, chance[:, who]) / answers
            for name, chance in self._chances.items()
        }
        answered = middle - apart / 2, middle + apart / 2
        return Sessions(
            primary=answered[0],
            candidate=answered[1],
            agreed=world.agreed(*answered),
            primary_log_s=primary_s,
            candidate_log_s=candidate_s,
            lot=rng.random(shape, dtype=np.float32),
            **shares,
        )

    def _who(self, places: Numbers) -> Numbers:
        """Whose session each is."""
        if self._back not in SHIFTS:
            return np.asarray(places % PEOPLE)
        shift = places // (ON_DUTY * SHIFTS[self._back])
        return np.asarray((shift * ON_DUTY + places % ON_DUTY) % PEOPLE)


def _spread(rng: np.random.Generator, chance: float, shape: tuple[int, int]) -> Numbers:
    """Everybody's own chance, alike within a person as exchanges are within a session; their mean is `chance`."""
    if chance == 0:
        return np.zeros(shape)
    around = 1 / WITHIN - 1
    drawn = np.sort(rng.beta(chance * around, (1 - chance) * around, 1_000 * PEOPLE))
    each = drawn.reshape(PEOPLE, -1).mean(axis=1)
    each = np.minimum(1, each * chance / each.mean())
    return np.asarray(rng.permuted(np.broadcast_to(each, shape), axis=1))


def _worlds(world: World) -> dict[str, World]:
    """The same candidate for each way to come."""
    own = {
        name: value for name, value in vars(world).items() if name in World.__dataclass_fields__
    }
    ways: dict[str, World] = {back: People(**own, back=back) for back in (*SHIFTS, "day")}
    return ways | {"never": replace(CORRELATED, **(own | {"correlated": True}))}


def on_all_bars() -> World:
    """The mean over people exactly on every bar. A session's mean is seldom clipped, so its mean is the margin's."""
    margin = QUALITY.terms.gates.equivalence.margin
    at = margins.at_all(QUALITY)
    return replace(at, difference=(at.alone - margin) / (1 - at.alone))


def _rolled(
    standing: Standing, world: World, most: int, rng: np.random.Generator, runs: int
) -> Found:
    return {"rolled": walk.to_rollback(standing, world.stream(rng, runs), most=most)}


def _promoted(world: World, rng: np.random.Generator, runs: int) -> Found:
    found = walk.passage(MIRROR, world.stream(rng, runs), most=MIRRORED)
    return {"promoted": found.promoted}


def jobs() -> Iterator[Job]:
    """How often verdicts are wrong where people come back."""
    for way, world in _worlds(World()).items():
        yield Job(f"returning_equal_{way}", partial(_rolled, CANARY, world, STEP), RUNS)
    for way, world in _worlds(on_all_bars()).items():
        draw = partial(_rolled, CANARY, world, STEP // 4)
        yield Job(f"returning_at_margin_{way}", draw, RUNS)
    errors = margins.at_one(QUALITY)["errors"]
    for way, world in _worlds(errors).items():
        yield Job(f"returning_promoted_{way}", partial(_promoted, world), RUNS)


def found(drawn: Drawn) -> Iterator[Row]:
    """The rows."""
    for way, how in HOW.items():
        rolled = np.isfinite(drawn[f"returning_equal_{way}"]["rolled"])
        note = f"equal on the mean over people; {how}; {STEP:,} sessions of a step"
        yield rows.per_1000(f"false_rollbacks_per_1000_returning_{way}", rolled, None, note)
    for way, how in HOW.items():
        rolled = np.isfinite(drawn[f"returning_at_margin_{way}"]["rolled"])
        note = f"every gate on its bar on the mean over people; {how}; {STEP // 4:,} sessions of a step"
        yield rows.per_1000(f"rollbacks_per_1000_at_margin_returning_{way}", rolled, None, note)
    for way, how in HOW.items():
        promoted = np.isfinite(drawn[f"returning_promoted_{way}"]["promoted"])
        note = (
            f"on the bar of errors on the mean over people; {how}; within {MIRRORED:,} sessions"
        )
        yield rows.per_1000(f"false_promotions_per_1000_returning_{way}", promoted, None, note)
