"""How often the verdicts are wrong, and how soon they are right: simulated, seeded, in a minute.

The processes of cutover.evidence are repeated here on whole arrays of runs, and compared with the
real ones on one run before anything is measured. Everything is counted in sessions from the start of one step, at
that step's alpha, under the production terms.

Two things are said openly. The drop of 0.05 is one of a quality score on one scale for both sides
(clip 0.3, margin 0.015); agreement with the primary at its margin of 0.15 cannot see it, and its
own row is the agreement regression. And "equal" means equal at every hour.
"""

from __future__ import annotations

import json
import math
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from cutover.evidence import BETS, MeanAbove, MeanAboveLately, MeanAboveSince  # noqa: E402
from cutover.gates import (  # noqa: E402
    Basis,
    demands,
    log_promote_at,
    log_roll_back_at,
)
from cutover.stages import Stage  # noqa: E402
from policies.policy import EquivalenceGate, Gates, LatencyGate, ShareGate, Terms  # noqa: E402

AGREEMENT = Terms()
QUALITY = Terms(
    gates=Gates(
        equivalence=EquivalenceGate(margin=0.015, clip=0.3, weight=0.30),
        errors=ShareGate(at_most=0.0185, weight=0.30),
        latency=LatencyGate(at_most=0.05, weight=0.20),
        flags=ShareGate(at_most=0.04, weight=0.15),
    )
)
BET = np.array(BETS)
CAP = 1e200
STEP = 6_000

Draw = Callable[[np.random.Generator, int, int], np.ndarray]
"""Random numbers, runs and the session's place -> badness of shape (gates, runs); NaN says nothing."""


@dataclass(frozen=True)
class World:
    """A candidate as the gates see it: its `difference` in quality or agreement with the `sd` of
    one exchange, and shares of exchanges. Where the candidate fails it is also far away, slow and flagged."""

    difference: float = 0.0
    sd: float = 0.158
    failing: float = 0.007
    slow: float = 0.0112
    flagged: float = 0.0
    correlated: bool = False
    clip: float = 0.3
    at_once: bool = (
        False  # no failure enters the other gates: each gate alone at its own number
    )

    def __call__(self, rng: np.random.Generator, runs: int, place: int) -> np.ndarray:
        """One session of each run."""
        answers = (
            1 + np.minimum(rng.poisson(4, runs), 4) if self.correlated else np.ones(runs, int)
        )
        failed = self._share(rng, self.failing, answers)
        slow = self._share(rng, self.slow, answers)
        flagged = self._share(rng, self.flagged, answers)
        own = rng.normal(0, 0.08, runs) if self.correlated else 0.0
        noise = rng.normal(0, 1, runs) * self.sd / np.sqrt(answers)
        difference = np.clip(self.difference + own + noise, -1, 1)
        carried = 0.0 if self.at_once else failed
        difference = difference * (1 - carried) - carried
        return np.stack(
            [
                (1 - np.clip(difference, -self.clip, self.clip) / self.clip) / 2,
                failed,
                np.minimum(1, slow + carried),
                np.minimum(1, flagged + carried),
            ]
        )

    def _share(
        self, rng: np.random.Generator, chance: float, answers: np.ndarray
    ) -> np.ndarray:
        if not self.correlated or chance == 0:
            return (rng.random(answers.size) < chance).astype(float)
        own = rng.beta(
            chance * 4, (1 - chance) * 4, answers.size
        )  # correlation 0.2 in a session
        return rng.binomial(answers, own) / answers


def shared_incident(rng: np.random.Generator, runs: int, place: int) -> np.ndarray:
    """Both sides fail together 6 % of a thousand sessions, and answer 1.3 times slower."""
    incident = 1_000 <= place < 2_000
    badness = World(slow=0.0446 if incident else 0.0112)(rng, runs, place)
    if incident:
        both = rng.random(runs) < 0.06
        badness[0, both] = np.nan
        badness[2, both] = np.nan
        badness[1, both] = badness[3, both] = 0
    return badness


class Processes:
    """All runs' processes of the four gates: (gates, runs, bets)."""

    def __init__(self, terms: Terms, runs: int) -> None:
        """Nothing seen yet."""
        asked = demands(terms.gates, Basis.NOISE)
        self.bars = np.array([demand.bar for demand in asked])[:, None]
        weights = np.array([demand.weight for demand in asked])
        self.weights = weights / weights.sum()
        self.every = terms.mixture_every
        self.since = np.zeros((4, runs, BET.size))
        self.lately = np.zeros((4, runs, BET.size))
        self.shown = np.zeros((4, runs, BET.size))
        self.n = 0

    def _factors(self, x: np.ndarray, bars: np.ndarray) -> np.ndarray:
        factors = 1 + (BET / bars[:, :, None]) * (x - bars)[:, :, None]
        return np.where(np.isnan(factors), 1.0, factors)

    def harm(self, badness: np.ndarray) -> np.ndarray:
        """One more session each; the weighted mean e-value since some start."""
        j = self.n // self.every
        if self.n % self.every == 0:
            self.since += 0.5 if j == 0 else 0.5 / (j * (j + 1))
        self.n += 1
        self.since = np.minimum(self.since * self._factors(badness, self.bars), CAP)
        cash = 0.5 / -(-self.n // self.every)
        return self.weights @ (self.since.mean(axis=2) + cash)

    def alarm(self, badness: np.ndarray) -> np.ndarray:
        """One more session each; the weighted mean of the restarting detectors."""
        self.lately = np.minimum((self.lately + 1) * self._factors(badness, self.bars), CAP)
        return self.weights @ self.lately.mean(axis=2)

    def promotion(self, badness: np.ndarray) -> np.ndarray:
        """One more session each; every gate's logarithm of the e-value, (gates, runs)."""
        self.shown += np.log(self._factors(1 - badness, 1 - self.bars))
        top = self.shown.max(axis=2, keepdims=True)
        return top[:, :, 0] + np.log(np.exp(self.shown - top).mean(axis=2))


def check() -> None:
    """The arrays above and the real processes agree on one run. Raises AssertionError."""
    rng = np.random.default_rng(5)
    line = [World(flagged=0.1)(rng, 1, place) for place in range(200)]
    here = Processes(QUALITY, 1)
    for badness in line:
        harm, level, shown = here.harm(badness), here.alarm(badness), here.promotion(badness)
    real_harm = real_level = 0.0
    for place, demand in enumerate(demands(QUALITY.gates, Basis.NOISE)):
        seen = [float(badness[place, 0]) for badness in line]
        real_harm += here.weights[place] * math.exp(
            MeanAboveSince(demand.bar, QUALITY.mixture_every).after(seen).log_e
        )
        real_level += here.weights[place] * math.exp(
            MeanAboveLately(demand.bar).after(seen).log_e
        )
        real = MeanAbove(1 - demand.bar).after([1 - x for x in seen]).log_e
        assert math.isclose(real, float(shown[place, 0]), rel_tol=1e-9, abs_tol=1e-9)
    assert math.isclose(real_harm, float(harm[0]), rel_tol=1e-9)
    assert math.isclose(real_level, float(level[0]), rel_tol=1e-9)


def first_crossing(
    step: Callable[[int], np.ndarray], level: float, length: int, runs: int
) -> np.ndarray:
    """Each run's number of sessions until `step` reaches a level; infinite where it never does."""
    first = np.full(runs, np.inf)
    for place in range(length):
        crossed = (step(place) >= level) & np.isinf(first)
        first[crossed] = place + 1
        if not np.isinf(first).any():
            break
    return first


def to_rollback(world: Draw, terms: Terms, *, runs: int, length: int, seed: int) -> np.ndarray:
    """Sessions until a canary step rolls back."""
    rng, processes = np.random.default_rng(seed), Processes(terms, runs)
    level = math.exp(log_roll_back_at(terms, Stage.CANARY, 1))
    return first_crossing(
        lambda place: processes.harm(world(rng, runs, place)), level, length, runs
    )


def to_promotion(
    world: Draw, terms: Terms, gates: list[int], *, runs: int, length: int, seed: int
) -> np.ndarray:
    """Sessions until all the gates named were shown, each at its own moment or later."""
    rng, processes = np.random.default_rng(seed), Processes(terms, runs)
    level = log_promote_at(terms)
    return first_crossing(
        lambda place: processes.promotion(world(rng, runs, place))[gates].min(axis=0),
        level,
        length,
        runs,
    )


def to_alarm(worse: Draw, *, good: int, runs: int, length: int, level: float) -> np.ndarray:
    """Sessions from the change until live rolls back, after `good` ones; the equal candidate before."""
    rng, processes, equal = np.random.default_rng(77), Processes(QUALITY, runs), World()
    early = first_crossing(
        lambda place: processes.alarm(equal(rng, runs, place)), level, good, runs
    )
    delay = first_crossing(
        lambda place: processes.alarm(worse(rng, runs, place)), level, length, runs
    )
    return np.where(np.isinf(early), delay, np.nan)


def median(sessions: np.ndarray) -> tuple[float, str]:
    """The median, and a note with its 95 % order-statistic interval and the ninetieth percentile."""
    ordered = np.sort(sessions[~np.isnan(sessions)])
    n = ordered.size
    spread = 0.98 * math.sqrt(n)
    low, high = ordered[max(0, int(n / 2 - spread))], ordered[min(n - 1, int(n / 2 + spread))]
    return float(np.median(ordered)), f"[{low:g}, {high:g}], p90 {ordered[int(0.9 * n)]:g}"


def row(name: str, value: float, unit: str, target: str, note: str = "") -> dict[str, object]:
    """One row; `target` is a bound like `<= 5`."""
    holds = bool(value <= float(target.removeprefix("<= ")))
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "target": target,
        "holds": holds,
        "note": note,
    }


def false_rollbacks() -> list[dict[str, object]]:
    """Candidates equal at every hour that one step rolls back, per 1,000."""
    margin = World(
        difference=-0.015, sd=0.158, failing=0.0185, slow=0.05, flagged=0.04, at_once=True
    )
    worlds: list[tuple[str, Draw, int, int, str]] = [
        ("2_per_min", World(), 960, 2_000, "8 hours"),
        ("20_per_min", World(), 9_600, 1_000, "8 hours"),
        ("100_per_min", World(), 48_000, 300, "8 hours"),
        ("correlated", World(correlated=True), STEP, 1_000, "up to 5 exchanges, correlated"),
        (
            "shared_incident",
            shared_incident,
            STEP,
            1_000,
            "both sides fail 6 % of 1,000 sessions",
        ),
        ("at_margin", margin, STEP, 1_000, "every gate exactly at its margin"),
    ]
    rows = []
    for seed, (name, world, length, runs, note) in enumerate(worlds):
        ends = to_rollback(world, QUALITY, runs=runs, length=length, seed=seed)
        ended = int(np.isfinite(ends).sum())
        seen = f"{ended} of {runs} runs of {length:,} sessions"
        if ended == 0:
            seen += f" (95 %: at most {3000 / runs:.1f})"
        rate = 1000 * ended / runs
        rows.append(
            row(
                f"false_rollbacks_per_1000_{name}", rate, "per 1,000", "<= 5", f"{seen}; {note}"
            )
        )
    return rows


def delays() -> list[dict[str, object]]:
    """Median sessions from the start of a step, at its own alpha."""
    changes: list[tuple[str, World, Terms, int, str]] = [
        ("quality_drop_sessions", World(difference=-0.05), QUALITY, 450, "quality -0.05"),
        ("errors_5pct_sessions", World(failing=0.047), QUALITY, 750, "errors 1 to 5 %"),
        ("p95_3s_sessions", World(slow=0.228), QUALITY, 60, "p95 1.5 to 3 s"),
        (
            "agreement_regression_sessions",
            World(difference=-0.34, sd=0.25, clip=0.5),
            AGREEMENT,
            150,
            "agreement -0.34, every session asked again",
        ),
    ]
    rows = []
    for seed, (name, world, terms, target, what) in enumerate(changes, start=50):
        value, spread = median(to_rollback(world, terms, runs=2_000, length=3_000, seed=seed))
        rows.append(row(name, value, "sessions", f"<= {target}", f"{spread}; {what}"))
    return rows


def promotions() -> list[dict[str, object]]:
    """An equal candidate's way through one stage, and the false promotions of one at a margin."""
    equal = to_promotion(World(), QUALITY, [0, 1, 2], runs=1_500, length=5_000, seed=90)
    value, spread = median(equal)
    note = f"{spread}; quality, errors and latency"
    rows = [row("promote_equal_sessions", value, "sessions", "<= 1300", note)]
    at_margin = World(difference=-0.015, failing=0.0185, slow=0.05, flagged=0.04, at_once=True)
    shares = {}
    for place, name in enumerate(("quality", "errors", "latency", "flags")):
        crossed = to_promotion(at_margin, QUALITY, [place], runs=2000, length=3_000, seed=place)
        shares[name] = float(np.isfinite(crossed).mean())
    each = ", ".join(f"{name} {share:.3f}" for name, share in shares.items())
    note = f"the worst gate alone in 3,000 sessions: {each}"
    rows.append(
        row("false_promotion_at_margin", max(shares.values()), "share", "<= 0.05", note)
    )
    return rows


def live() -> list[dict[str, object]]:
    """After 10,000 good sessions, at A = 1e6."""
    changes = [
        ("live_quality_sessions", World(difference=-0.05), 700),
        ("live_errors_sessions", World(failing=0.047), 800),
    ]
    rows = []
    for name, world, target in changes:
        found = to_alarm(world, good=10_000, runs=300, length=4_000, level=1e6)
        value, spread = median(found)
        early = int(np.isnan(found).sum())
        note = f"{spread}; {early} of 300 alarms before the change"
        rows.append(row(name, value, "sessions", f"<= {target}", note))
    return rows


def main() -> None:
    """Measure, print the table, write the results."""
    check()
    began = time.perf_counter()
    rows = [*false_rollbacks(), *delays(), *promotions(), *live()]
    width = max(len(str(each["name"])) for each in rows)
    for each in rows:
        holds = "holds" if each["holds"] else "MISSED"
        print(
            f"{each['name']:<{width}}  {each['value']:>9}  {each['target']:>8}  {holds:<6}  {each['note']}"
        )
    print(f"{time.perf_counter() - began:.0f} s")
    result = {
        "machine": f"{platform.machine()}, {platform.system()}",
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "rows": rows,
    }
    out = ROOT / "bench" / "results" / "cutover.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
