"""How often a healthy fleet is undone where its rollouts share a server, with and without blame for the newest widening.

    [QUICK=1] make bench-blame

Thirty rollouts of one candidate, each in one canary step of 2,000 sessions that begins at another moment, 20 sessions a
minute each, all exactly at the bar of the latency gate: 5 % of their answers are slow on the long mean. Whoever is rolled back
without being worse than the bar is rolled back falsely. The share of slow answers is steady, or rises and falls for all
thirty together, in waves of a minute or of 20 minutes (gamma, shape 4). All other gates hear nothing bad. Seeds are
fixed; brackets are 95 % intervals of the count. QUICK takes a tenth of the fleets.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # and not this folder, whose compare.py would hide the package

from cutover.evidence.eprocess import BETS  # noqa: E402
from cutover.evidence.gates import (  # noqa: E402
    Basis,
    Gate,
    demands,
    log_promote_at,
    log_roll_back_at,
)
from cutover.rollback.blame import Charge, Ruling, Suspect, ruling  # noqa: E402
from cutover.stages import Stage  # noqa: E402
from policies.policy import Terms  # noqa: E402

Numbers = np.ndarray
TERMS = Terms()
TENANTS, SESSIONS, SECONDS = 30, 2_000, 3.0  # a session of each rollout every three seconds
WAVES = {"steady": 0, "waves of a minute": 20, "waves of 20 minutes": 400}  # in sessions
RESULTS = ROOT / "bench" / "results" / "blame.json"
_EVERY = TERMS.mixture_every
_GATES = demands(TERMS.gates, Basis.NOISE)
_LATENCY = next(one for one in _GATES if one.gate is Gate.LATENCY)
BAR = _LATENCY.bar
WEIGHT = _LATENCY.weight / sum(one.weight for one in _GATES)
LEVEL = math.exp(log_roll_back_at(TERMS, Stage.CANARY, 1))
LIKELY = math.exp(log_promote_at(TERMS))


class Since:
    """MeanAboveSince of many rollouts, each with a number of sessions of its own."""

    def __init__(self, rollouts: int) -> None:
        """Nothing seen yet."""
        self.bets = np.array(BETS)[:, None]
        self.sums = np.zeros((len(BETS), rollouts))
        self.n = np.zeros(rollouts, dtype=int)

    def add(self, who: Numbers, slow: Numbers) -> Numbers:
        """One session each of some; their e-values."""
        start, rest = np.divmod(self.n[who], _EVERY)
        later = 0.5 / np.maximum(1, start * (start + 1))
        stake = np.where(rest == 0, np.where(start == 0, 0.5, later), 0.0)
        gain = 1 + self.bets / BAR * (slow - BAR)
        self.sums[:, who] = grown = (self.sums[:, who] + stake) * gain
        self.n[who] += 1
        return np.asarray(grown.mean(axis=0) + self.cash(who))

    def cash(self, who: Numbers) -> Numbers:
        """What has not started: also what a gate comes to that hears nothing bad."""
        return np.asarray(0.5 / -(-self.n[who] // _EVERY))


@dataclass
class Undone:
    """How many steps were rolled back for their own harm, and how many undone for others'."""

    steps: int = 0
    own: int = 0
    others: int = 0


@dataclass
class Fleet:
    """One fleet's waits, and when one of it was last undone."""

    since_us: dict[int, int] = field(default_factory=dict)
    relieved_us: int | None = None

    def rule(self, charged: dict[int, Charge], starts: Numbers, now_us: int) -> Ruling:
        """The project's own ruling at one moment."""
        blame = TERMS.blame
        suspects = [
            Suspect(
                (f"{one:02}", "chat"),
                round(float(starts[one]) * SECONDS * 1e6),
                charge,
                round(blame.wait_s * 1e6),
                round(blame.widened_within_s * 1e6),
                self.since_us.get(one),
            )
            for one, charge in charged.items()
        ]
        found = ruling(suspects, self.relieved_us, now_us)
        for key in found.waiting:
            self.since_us.setdefault(int(key[0]), now_us)
        if any(charged[int(key[0])].slow for key in found.undone):
            self.relieved_us = now_us
        return found


def charges(e: Numbers, harm: Numbers) -> list[Charge]:
    """What is held against rollouts whose latency gate and weighted mean stand so."""
    return [
        Charge(
            slow=bool(of >= LIKELY),
            harmful=bool(all_ >= LEVEL),
            clear=bool(all_ >= LEVEL * TERMS.blame.clear_factor),
        )
        for of, all_ in zip(e, harm, strict=True)
    ]


def run(fleets: int, wave: int, seed: int, *, blames: bool) -> Undone:
    """So many fleets until all of their steps are over."""
    rng, since = np.random.default_rng(seed), Since(fleets * TENANTS)
    starts = rng.integers(0, SESSIONS, size=fleets * TENANTS)
    alive, rules = np.ones(fleets * TENANTS, dtype=bool), [Fleet() for _ in range(fleets)]
    found, share = Undone(fleets * TENANTS), np.full(fleets, BAR)
    for at in range(2 * SESSIONS):
        if wave and at % wave == 0:
            share = np.minimum(1.0, BAR * rng.gamma(4, 0.25, size=fleets))
        slow = rng.random(alive.size) < np.repeat(share, TENANTS)
        who = np.flatnonzero(alive & (starts <= at) & (since.n < SESSIONS))
        e = since.add(who, slow[who])
        harm = WEIGHT * e + (1 - WEIGHT) * since.cash(who)
        if not blames:
            found.own += int((harm >= LEVEL).sum())
            alive[who[harm >= LEVEL]] = False
            continue
        for fleet in sorted({int(one) for one in who[harm >= LEVEL] // TENANTS}):
            mine = who // TENANTS == fleet
            charged = dict(
                zip((who[mine] % TENANTS).tolist(), charges(e[mine], harm[mine]), strict=True)
            )
            each = starts[fleet * TENANTS : (fleet + 1) * TENANTS]
            for key in rules[fleet].rule(charged, each, round(at * SECONDS * 1e6)).undone:
                one = int(key[0])
                alive[fleet * TENANTS + one] = False
                found.own += charged[one].harmful
                found.others += not charged[one].harmful
    return found


def row(world: str, way: str, count: int, steps: int) -> dict[str, object]:
    """One row: so many a thousand steps, with the 95 % interval of a Poisson count about it."""
    spread = 1.96 * math.sqrt(max(count, 1))
    thousand = 1_000 / steps
    return {
        "world": world,
        "name": way,
        "per_1000": round(count * thousand, 3),
        "low": round(max(0.0, count - spread) * thousand, 3),
        "high": round((count + spread) * thousand, 3),
        "steps": steps,
    }


def rows(fleets: int) -> Iterator[dict[str, object]]:
    """All worlds, with blame and without."""
    for world, wave in WAVES.items():
        alone = run(fleets, wave, 1, blames=False)
        yield row(world, "rolled back, without blame", alone.own, alone.steps)
        found = run(fleets, wave, 1, blames=True)
        yield row(world, "rolled back for their own harm, with blame", found.own, found.steps)
        yield row(world, "undone for others", found.others, found.steps)


def main() -> None:
    """Measures, prints and writes the results."""
    fleets = 100 if os.environ.get("QUICK") else 1_000
    told = []
    for one in rows(fleets):
        print(json.dumps(one), flush=True)
        told.append(one)
    if not os.environ.get("QUICK"):
        RESULTS.write_text(json.dumps({"fleets": fleets, "rows": told}, indent=2) + "\n")


if __name__ == "__main__":
    main()
