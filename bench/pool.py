"""How many sessions bets from the pool save a tenant that is equal to the primary, and what a pool that misleads costs.

    [QUICK=1] make bench-pool

A tenant's mirror until all four gates are shown, without coverage; a look after every fifth session. The weights of
each run are those that `cutover.evidence.bets` takes from another tenant of so many sessions, drawn for it alone. Seeds are
fixed, every run sees the same sessions under all weights, and brackets are 95 % intervals of medians. QUICK takes 100 runs.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # and not this folder, whose compare.py would hide the package

from bench.rollouts import interval, jobs, worlds  # noqa: E402
from bench.rollouts.processes import BET, Processes, badness  # noqa: E402
from bench.rollouts.worlds import Numbers, World  # noqa: E402
from cutover.evidence import bets  # noqa: E402
from cutover.evidence.gates import demands, log_promote_at  # noqa: E402
from cutover.evidence.observation import Rules  # noqa: E402
from cutover.stages import Stage  # noqa: E402

MOST, PIECE, EVERY = 6_000, 50, 5

POOLS: dict[str, tuple[World, int]] = {
    "an equal tenant, 2,000 sessions": (worlds.EQUAL, 2_000),
    "an equal tenant, 300 sessions": (worlds.EQUAL, 300),
    "misleading: worse, half way to every bar, 2,000 sessions": (
        World(difference=-0.0075, alone=0.0128),
        2_000,
    ),
    "misleading: better than the primary and without failures, 2,000 sessions": (
        World(difference=0.1, alone=0.0, both=0.0),
        2_000,
    ),
}


def gains(
    rules: Rules, world: World, rng: np.random.Generator, runs: int, most: int
) -> Numbers:
    """What each bet gained after every fifth session, (looks, gates, bets, runs), of the gates that must be shown."""
    stream = world.stream(rng, runs)
    processes = Processes(rules, Stage.MIRROR, 0, runs)
    asked = [at for at, shown in enumerate(processes.asked) if shown]
    means = np.array([1 - _bar(rules, processes.names[at]) for at in asked])[:, None]
    slope = (BET / means)[:, :, None]
    so_far = np.zeros((len(asked), BET.size, runs))
    looks = []
    for _ in range(0, most, 25):
        bad = processes.stack(badness(rules, stream.take(25)))[:, asked]
        above = np.where(np.isnan(bad), 0.0, 1 - bad - means)
        grown = so_far + np.cumsum(np.log1p(above[:, :, None] * slope), axis=0)
        so_far = grown[-1]
        looks.append(grown[EVERY - 1 :: EVERY].astype(np.float32))
    return np.concatenate(looks)


def _bar(rules: Rules, name: str) -> float:
    return next(one.bar for one in demands(rules.terms.gates, rules.basis) if one.name == name)


def sessions(rules: Rules, gained: Numbers, weights: Sequence[Numbers]) -> Numbers:
    """Sessions until every gate is shown, of each run; infinite where that is later. Weights are (gates, bets) a run."""
    logs = np.log(np.stack(weights, axis=-1))[None]
    drawn = gained + logs
    top = drawn.max(axis=2, keepdims=True)
    level = (np.log(np.exp(drawn - top).sum(axis=2)) + top[:, :, 0]).min(axis=1)
    shown = level >= log_promote_at(rules.terms)
    return np.where(shown.any(axis=0), (shown.argmax(axis=0) + 1) * EVERY, np.inf)


def measured(rules: Rules, runs: int) -> dict[str, Numbers]:
    """Sessions to promotion under every pool, the same sessions under each."""
    found: dict[str, list[Numbers]] = {}
    for seed in range(0, runs, PIECE):
        gained = gains(rules, worlds.EQUAL, np.random.default_rng(seed), PIECE, MOST)
        even = [np.tile(bets.EVEN, (gained.shape[1], 1))] * PIECE
        found.setdefault("none", []).append(sessions(rules, gained, even))
        for name, (world, size) in POOLS.items():
            pooled = gains(rules, world, np.random.default_rng((seed, size)), PIECE, size)[-1]
            needed = log_promote_at(rules.terms)
            weights = [
                np.array(
                    [bets.favoured(list(map(float, gate)), needed) for gate in pooled[..., at]]
                )
                for at in range(PIECE)
            ]
            found.setdefault(name, []).append(sessions(rules, gained, weights))
    return {name: np.concatenate(each) for name, each in found.items()}


def main() -> None:
    """Prints the table as docs/statistics.md shows it, and keeps the results."""
    runs = 100 if os.environ.get("QUICK") else 2_000
    rows = []
    print(
        "| pool | agreement: sessions | p90 | quality: sessions | p90 |\n| --- | --- | --- | --- | --- |"
    )
    kinds = {"agreement": jobs.AGREEMENT, "quality": jobs.quality_alone()}
    every = {kind: measured(rules, runs) for kind, rules in kinds.items()}
    for pool in ["none", *POOLS]:
        cells = [pool]
        for kind in kinds:
            taken = every[kind][pool]
            middle, (low, high) = float(np.median(taken)), interval.of_median(taken)
            p90 = float(np.quantile(taken, 0.9, method="lower"))
            cells += [f"{middle:,.0f} [{low:,.0f}, {high:,.0f}]", f"{p90:,.0f}"]
            rows.append(
                {
                    "pool": pool,
                    "gate": kind,
                    "median": middle,
                    "low": low,
                    "high": high,
                    "p90": p90,
                }
            )
        print("| " + " | ".join(cells) + " |")
    if not os.environ.get("QUICK"):
        written = json.dumps({"runs": runs, "rows": rows}, indent=2)
        (jobs.RESULTS / "pool.json").write_text(written + "\n")


if __name__ == "__main__":
    main()
