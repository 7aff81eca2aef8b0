"""Drift of agreement after the burst of re-asks: how soon it is found, and how often found by mistake.

    [QUICK=1] make bench-drift

One step at its own alpha, a look after every session, default setting but for the gate of drift: it
observes ("without": equivalence alone, on re-asked sessions) or acts ("with"). All other gates are
silent. Each run takes a floor of its own from 200 re-asked sessions. Scores are normal, cut to [0, 1]:
the primary agrees with itself by 0.82 in the mean, the candidate shares the prompt's difficulty
(correlation 0.65), the standard deviation of a paired difference is 0.16. The processes are those of
`cutover.evidence.eprocess` on arrays; a test holds them to `cutover.evidence.drift`.
"""

from __future__ import annotations

import json
import math
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path[0] = str(ROOT)  # and not this folder, whose compare.py would hide the package

from bench.rollouts import rows  # noqa: E402
from cutover.evidence.eprocess import BETS  # noqa: E402
from cutover.evidence.gates import FLOOR_PART, badness_of_difference, log_roll_back_at  # noqa: E402
from cutover.stages import Stage  # noqa: E402
from policies.gates import DriftGate, Gates, Mode  # noqa: E402
from policies.policy import Terms  # noqa: E402

Numbers = np.ndarray
Row = dict[str, object]

TERMS = Terms()
ACTING = Terms(gates=Gates(drift=DriftGate(mode=Mode.ACT)))
CLIP, MARGIN = TERMS.gates.equivalence.clip, TERMS.gates.equivalence.margin
FLOOR = TERMS.sampling.reask_burst
BET = np.array(BETS)[:, None]
CENTRE, SPREAD, ALIKE = 0.85, 0.215, 0.65
BLOCK = 50  # sessions whose prompts are alike hard
TOGETHER = 500  # sessions drawn at once


@dataclass(frozen=True)
class World:
    """A candidate that agrees less by `less` from session `turns` on, and by `before` until then.

    `harder` is taken from both sides' agreement once the floor is taken, `blocks` the standard
    deviation of what is added to each 50 sessions in a row on both sides.
    """

    less: float
    turns: int = 0
    before: float = 0.0
    harder: float = 0.0
    blocks: float = 0.0


@dataclass(frozen=True)
class Run:
    """The session at which each run rolled back, without drift and with it (infinite for never), and
    whether its bound was above the mean of the floor."""

    without: Numbers
    with_it: Numbers
    wrong: Numbers


class Since:
    """`cutover.evidence.eprocess.MeanAboveSince` of many runs, each with an `m` of its own."""

    def __init__(self, m: Numbers) -> None:
        """Nothing seen yet."""
        self.m, self.n = m, 0
        self.each = np.zeros((BET.size, m.size))

    def add(self, x: Numbers) -> None:
        """One more session each, (runs,); NaN says nothing."""
        start, rest = divmod(self.n, TERMS.mixture_every)
        if rest == 0:
            self.each += 0.5 if start == 0 else 0.5 / (start * (start + 1))
        self.n += 1
        self.each *= 1 + BET / self.m * np.where(np.isnan(x), 0.0, x - self.m)
        np.minimum(self.each, 1e100, out=self.each)

    @property
    def e(self) -> Numbers:
        """The e-values now, (runs,)."""
        starts = -(-self.n // TERMS.mixture_every)
        return np.asarray(self.each.mean(axis=0) + (1.0 if starts == 0 else 0.5 / starts))


def bounds(floors: Numbers, log_needed: float) -> Numbers:
    """`cutover.evidence.drift.lower_bound` of each run, (runs, sessions) -> (runs,)."""
    low, high = np.zeros(len(floors)), floors.mean(axis=1)
    for _ in range(50):
        middle = (low + high) / 2
        gains = np.log1p(BET[:, :, None] / middle[:, None] * (floors - middle[:, None]))
        logs = gains.sum(axis=2)
        top = logs.max(axis=0)
        enough = top + np.log(np.exp(logs - top).mean(axis=0)) >= log_needed
        low, high = np.where(enough, middle, low), np.where(enough, high, middle)
    return low


class Draw:
    """Agreements of the primary with itself and with the candidate."""

    def __init__(self, rng: np.random.Generator, runs: int, blocks: float) -> None:
        """Of many runs."""
        self.rng, self.runs, self.blocks = rng, runs, blocks

    def take(
        self, count: int, shift: Numbers | float, harder: float
    ) -> tuple[Numbers, Numbers]:
        """The next sessions, (runs, count) each; the candidate's are shifted."""
        shape = (self.runs, count)
        easy = np.zeros(shape) - harder
        if self.blocks:
            each = self.rng.normal(0, self.blocks, (self.runs, -(-count // BLOCK)))
            easy += np.repeat(each, BLOCK, axis=1)[:, :count]
        shared = self.rng.standard_normal(shape) * math.sqrt(ALIKE)

        def side(by: Numbers | float) -> Numbers:
            own = self.rng.standard_normal(shape) * math.sqrt(1 - ALIKE)
            return np.clip(CENTRE + easy + by + SPREAD * (shared + own), 0, 1)

        return side(0.0), side(shift)


def shift_for(less: float) -> float:
    """What to take from the candidate so that it agrees less by so much in the mean, after the cut."""
    low, high = -1.0, 0.5
    for _ in range(30):
        middle = (low + high) / 2
        itself, other = Draw(np.random.default_rng(3), 100, 0.0).take(4_000, middle, 0.0)
        enough = other.mean() - itself.mean() < -less
        low, high = (middle, high) if enough else (low, middle)
    return middle


def simulate(world: World, reasked: float, runs: int, sessions: int, seed: int) -> Run:
    """A step of so many runs, each with its floor."""
    draw = Draw(np.random.default_rng(seed), runs, world.blocks)
    floors = draw.take(FLOOR, 0.0, 0.0)[0]
    least = bounds(floors, -math.log(FLOOR_PART * TERMS.alpha.roll_back))
    usual = Draw(np.random.default_rng(3), 100, 0.0).take(4_000, 0.0, 0.0)[0].mean()
    paired = Since(np.full(runs, badness_of_difference(-MARGIN, CLIP)))
    single = Since(1 - (least - MARGIN))
    found = {"without": np.full(runs, np.inf), "with_it": np.full(runs, np.inf)}
    shifts = np.where(
        np.arange(sessions) < world.turns, shift_for(world.before), shift_for(world.less)
    )
    for first in range(0, sessions, TOGETHER):
        itself, other = draw.take(TOGETHER, shifts[first : first + TOGETHER], world.harder)
        asked = draw.rng.random(other.shape) < reasked
        difference = np.clip(other - itself, -CLIP, CLIP)
        bad = np.where(asked, (1 - difference / CLIP) / 2, np.nan)
        for at in range(TOGETHER):
            paired.add(bad[:, at])
            single.add(1 - other[:, at])
            for name, rolls in _rolls(paired.e, single.e):
                new = rolls & np.isinf(found[name])
                found[name][new] = first + at + 1
    return Run(**found, wrong=least > usual)


def _rolls(paired: Numbers, single: Numbers) -> Iterator[tuple[str, Numbers]]:
    """Whether the weighted mean of all gates reaches a step's level; silent ones count as 1."""
    gates = TERMS.gates
    four = (gates.equivalence, gates.errors, gates.latency, gates.flags)
    weights = [one.weight for one in four]
    weights += [one.weight for one in (gates.severe, gates.first_token, gates.schema_validity)]
    own, rest = weights[0], sum(weights[1:])
    mean = (own * paired + rest) / (own + rest)
    yield "without", mean >= math.exp(log_roll_back_at(TERMS, Stage.CANARY, 1))
    more = gates.drift.weight
    mean = (own * paired + more * single + rest) / (own + more + rest)
    yield "with_it", mean >= math.exp(log_roll_back_at(ACTING, Stage.CANARY, 1))


HEALTHY = {
    "equal": (World(0.0), "equal to the primary's own noise"),
    "honest": (World(0.08), "0.08 less alike, as an honest other model"),
    "at_margin": (World(MARGIN), "0.15 less alike, exactly at the margin"),
    "equal_blocks": (World(0.0, blocks=0.05), "equal; prompts alike hard in rows of 50 (sd 0.05)"),
    "honest_blocks": (World(0.08, blocks=0.05), "0.08 less alike; such prompts"),
    "at_margin_blocks": (World(MARGIN, blocks=0.05), "at the margin; such prompts"),
    "honest_harder_0.05": (World(0.08, harder=0.05), "0.08; after the floor prompts 0.05 harder for both"),
    "honest_harder_0.1": (World(0.08, harder=0.1), "0.08; 0.1 harder for both"),
    "honest_harder_0.2": (World(0.08, harder=0.2), "0.08; 0.2 harder for both"),
    "equal_harder_0.2": (World(0.0, harder=0.2), "equal; 0.2 harder for both"),
}  # fmt: skip
WORSE = {
    "drift_0.25": (World(0.25, turns=1_000, before=0.08), "0.08 less alike, 0.25 from session 1,000 on"),
    "drift_0.34": (World(0.34, turns=1_000, before=0.08), "0.08 less alike, 0.34 from session 1,000 on"),
    "worse_0.25": (World(0.25), "0.25 less alike from the step's start"),
    "worse_0.34": (World(0.34), "0.34 less alike from the step's start"),
}  # fmt: skip


def measured(runs: int) -> Iterator[Row]:
    """All rows."""
    for name, (world, what) in HEALTHY.items():
        run = simulate(world, 0.02, runs, 4_000, 17)
        for how, rolled in (("without", run.without), ("with", run.with_it)):
            note = (
                f"{what}; 4,000 sessions, {how} drift; {int(run.wrong.sum())} floors too high"
            )
            wrong = np.isfinite(rolled)
            yield rows.per_1000(f"rolled_back_per_1000_{name}_{how}", wrong, None, note)
    for name, (world, what) in WORSE.items():
        for reasked in (0.02, 0.1):
            run = simulate(world, reasked, runs, 6_000 + world.turns, 19)
            for how, rolled in (("without", run.without), ("with", run.with_it)):
                late = rolled[rolled > world.turns] - world.turns
                note = f"{what}; {reasked:.0%} re-asked, {how} drift"
                yield rows.median(f"{name}_{reasked * 100:g}_percent_{how}", late, None, note)


def told(each: Row) -> str:
    """A row, as docs/statistics.md shows it."""
    low, high = (_number(each[end]) for end in ("low", "high"))
    return f"| {each['note']} | {_number(each['value'])} [{low}, {high}] |"


def _number(value: object) -> str:
    return (
        "never"
        if not isinstance(value, int | float)
        else f"{value:,.3g}"
        if value < 100
        else f"{value:,.0f}"
    )


def main() -> None:
    """Measures, prints, and keeps the results unless QUICK."""
    quick = bool(os.environ.get("QUICK"))
    every = []
    for each in measured(200 if quick else 2_000):
        every.append(each)
        print(told(each), flush=True)
    if quick:
        return
    result = {
        "machine": f"{platform.machine()}, {platform.system()}, {os.cpu_count()} cores",
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "rows": every,
    }
    path = ROOT / "bench" / "results" / "drift.json"
    path.write_text(json.dumps(result, indent=2, allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
