"""Our controller over simulated sessions: one standing, a whole cutover, live. A look after every session.

Runs side by side; the verdicts are those of cutover.evidence.judge: harm first, then what the standing must show, the
clock and the served sessions that it asks for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bench.rollouts.processes import Processes, badness
from bench.rollouts.worlds import Numbers, Sessions, Stream, World
from cutover.evidence.gates import log_promote_at, log_roll_back_at
from cutover.evidence.observation import Rules
from cutover.stages import Stage

NEVER = np.inf


@dataclass(frozen=True)
class Standing:
    """Mirror, a canary step or live, and the sessions a minute that come.

    The primary is asked again in the first `reasks` sessions and then in the policy's share; in all where None.
    """

    rules: Rules
    stage: Stage
    step: int = 0
    per_minute: float = 20.0
    reasks: int | None = None

    def seen(self, sessions: Sessions, place: int) -> dict[str, Numbers]:
        """What each gate sees of sessions from a place on."""
        found = badness(self.rules, sessions)
        if self.reasks is not None:
            percent = self.rules.terms.sampling.reask_percent
            places = place + np.arange(sessions.lot.shape[1])
            asked = (places < self.reasks) | (sessions.lot < percent / 100)
            for gate in ("equivalence", "severe"):
                found[gate] = np.where(asked, found[gate], np.nan)
        return found

    @property
    def share(self) -> float:
        """The part of the sessions that the candidate answers."""
        steps = self.rules.terms.steps
        return {Stage.CANARY: steps[self.step].percent / 100, Stage.LIVE: 1.0}.get(
            self.stage, 0.0
        )

    @property
    def soak(self) -> int:
        """Sessions that the clock alone asks for."""
        terms = self.rules.terms
        if self.stage is Stage.MIRROR:
            return math.ceil(terms.coverage.hours * 60 * self.per_minute) + 1  # between starts
        return math.ceil(terms.steps[self.step].soak_s / 60 * self.per_minute)

    @property
    def level(self) -> float:
        """The e-value that rolls a first attempt back."""
        return math.exp(log_roll_back_at(self.rules.terms, self.stage, 1))


@dataclass
class Passage:
    """How runs left a standing: sessions until the rollback or the promotion, infinite for the other, and
    those that the candidate had served until then."""

    rolled: Numbers
    promoted: Numbers
    served: Numbers

    @property
    def over(self) -> Numbers:
        """Which runs have left."""
        return np.isfinite(self.rolled) | np.isfinite(self.promoted)


def to_rollback(
    standing: Standing, stream: Stream, *, most: int, level: float | None = None
) -> Numbers:
    """Sessions until harm is shown, infinite where it is not within `most`."""
    processes = Processes(standing.rules, standing.stage, standing.step, stream.runs)
    read = processes.alarm if standing.stage is Stage.LIVE else processes.harm
    rolled = np.full(stream.runs, NEVER)
    for place in range(0, most, processes.every):
        bad = processes.stack(badness(standing.rules, stream.take(processes.every)))
        note(rolled, read(bad) >= (level or standing.level), place)
        if np.isfinite(rolled).all():
            break
    return rolled


def passage(standing: Standing, stream: Stream, *, most: int) -> Passage:
    """Until every run was promoted or rolled back by its own evidence, or `most` sessions."""
    runs = stream.runs
    processes = Processes(standing.rules, standing.stage, standing.step, runs)
    found = Passage(np.full(runs, NEVER), np.full(runs, NEVER), np.zeros(runs))
    for place in range(0, most, processes.every):
        sessions = stream.take(processes.every)
        served = standing.share > sessions.lot.T
        bad = processes.stack(standing.seen(sessions, place))
        answered = served & (sessions.alone + sessions.both < 1).T
        counts = found.served + np.cumsum(answered, axis=0)
        harmful = processes.harm(bad) >= standing.level
        ready = _ready(standing, processes, bad, served, counts, place) & ~processes.likely
        before = found.over.copy()
        rolled, promoted = np.full(runs, NEVER), np.full(runs, NEVER)
        note(rolled, harmful, place)
        note(promoted, ready, place)
        rolled[promoted < rolled] = NEVER  # harm outranks at the same look
        promoted[rolled <= promoted] = NEVER
        left = np.minimum(rolled, promoted)
        found.rolled[~before], found.promoted[~before] = rolled[~before], promoted[~before]
        at = np.where(np.isfinite(left), left - place - 1, processes.every - 1).astype(int)
        found.served[~before] = counts[at, np.arange(runs)][~before]
        if found.over.all():
            break
    return found


def _ready(
    standing: Standing,
    processes: Processes,
    bad: Numbers,
    served: Numbers,
    counts: Numbers,
    place: int,
) -> Numbers:
    """Where everything that the standing asks is there, (sessions, runs)."""
    terms = standing.rules.terms
    places = place + 1 + np.arange(bad.shape[0])[:, None]
    soaked = places >= standing.soak
    enough = counts >= 0
    asked = [at for at, shown in enumerate(processes.asked) if shown]
    if standing.stage is Stage.CANARY:
        enough = counts >= terms.steps[standing.step].min_served
        asked = [at for at in asked if processes.served_only[at]]
        bad = bad.copy()
        bad[:, asked] = np.where(served[:, None], bad[:, asked], np.nan)
    if not asked:
        return np.asarray(soaked & enough)
    if not soaked.any():
        processes.absorb(bad)
        return np.zeros(counts.shape, dtype=bool)
    shown = processes.shown(bad)[:, asked].min(axis=1) >= log_promote_at(terms)
    return np.asarray(soaked & enough & shown)


def note(first: Numbers, crossed: Numbers, place: int) -> None:
    """Each run's first crossing within a block, where it has none yet. `crossed` is (sessions, runs)."""
    some = crossed.any(axis=0) & np.isinf(first)
    first[some] = place + 1 + crossed.argmax(axis=0)[some]


def standings(rules: Rules, per_minute: float, first: int = -1) -> list[Standing]:
    """Mirror (-1) and the canary steps, from one of them on."""
    steps = [
        Standing(rules, Stage.CANARY, step, per_minute)
        for step in range(max(0, first), len(rules.terms.steps))
    ]
    return [Standing(rules, Stage.MIRROR, 0, per_minute), *steps] if first < 0 else steps


@dataclass
class Cutover:
    """How a whole cutover went: the standing that rolled each run back (NaN for none), the sessions it took,
    how many of them the candidate served, and which runs reached live."""

    rolled_in: Numbers
    sessions: Numbers
    served: Numbers
    live: Numbers


def cutover(
    course: list[Standing],
    world: World,
    rng: np.random.Generator,
    runs: int,
    *,
    lengths: tuple[int, ...] | None = None,
    most: int = 200_000,
) -> Cutover:
    """A walk through standings, each fresh. With `lengths` each lasts so long, whatever is shown."""
    found = Cutover(np.full(runs, np.nan), np.zeros(runs), np.zeros(runs), np.zeros(runs))
    walking = np.ones(runs, dtype=bool)
    for number, standing in enumerate(course):
        stream = world.stream(rng, runs)
        if lengths is None:
            went = passage(standing, stream, most=most)
        else:
            rolled = to_rollback(standing, stream, most=lengths[number])
            stayed = np.minimum(rolled, lengths[number])
            onward = np.where(np.isinf(rolled), stayed, NEVER)
            went = Passage(rolled, onward, stayed * standing.share)
        spent = np.minimum(np.minimum(went.rolled, went.promoted), most)
        found.sessions += np.where(walking, spent, 0)
        found.served += np.where(walking, went.served, 0)
        back = walking & np.isfinite(went.rolled)
        found.rolled_in[back] = number
        walking &= np.isfinite(went.promoted)
    found.live = walking.astype(float)
    return found


def to_alarm(
    rules: Rules,
    before: World,
    after: World,
    rng: np.random.Generator,
    runs: int,
    **sizes: float,
) -> Numbers:
    """Live: sessions from the change to the rollback at a level, after so many good ones; NaN for an alarm before it."""
    good, most, level = int(sizes["good"]), int(sizes["most"]), sizes["level"]
    processes = Processes(rules, Stage.LIVE, 0, runs)
    early = np.zeros(runs, dtype=bool)
    stream = before.stream(rng, runs)
    for _ in range(0, good, processes.every):
        bad_now = processes.stack(badness(rules, stream.take(processes.every)))
        early |= (processes.alarm(bad_now) >= level).any(axis=0)
    stream = after.stream(rng, runs)
    delay = np.full(runs, NEVER)
    for place in range(0, most, processes.every):
        bad_now = processes.stack(badness(rules, stream.take(processes.every)))
        note(delay, processes.alarm(bad_now) >= level, place)
        if np.isfinite(delay).all():
            break
    return np.where(early, np.nan, delay)
