"""What is simulated: every job draws so many runs of one question, in pieces of fixed seeds, on all cores."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from bench.rollouts import late, margins, peers, walk, worlds
from bench.rollouts.walk import Standing
from bench.rollouts.worlds import Numbers, World
from cutover.evidence.asking import burst_of
from cutover.evidence.gates import Basis
from cutover.evidence.observation import Rules
from cutover.stages import Stage
from policies.gates import Promotion, QualityGate
from policies.policy import Terms
from policies.routes import Route

RATES = {"2_per_min": 2.0, "20_per_min": 20.0, "100_per_min": 100.0}
USUAL = 20.0  # sessions a minute where a world has no rate of its own
SELDOM = 2.0  # where more of them a day would say no more
STEP = 6_000  # sessions after which a question is left open
FIRST_HARMFUL_STEP = 2  # the 10 % step: a candidate that turns bad there has passed mirror

CHANGES: Mapping[str, World] = {
    "quality_drop": worlds.QUALITY_DROP,
    "errors_5pct": worlds.ERRORS_5PCT,
    "p95_3s": worlds.P95_3S,
}

RESULTS = Path(__file__).parent.parent / "results"


def quality_rules() -> Rules:
    """The production setting with a judge that grades both sides of every session: what a drop of 0.05 is about."""
    return Rules(Terms().where(Route.CHAT, judged=True), Basis.NOISE)


def quality_alone() -> Rules:
    """A quality score (clip 0.3, margin 0.015) in the place of agreement: a gate that must be shown."""
    terms = Terms()
    narrow = terms.gates.equivalence.model_copy(update={"margin": 0.015, "clip": 0.3})
    gates = terms.gates.model_copy(update={"equivalence": narrow})
    return Rules(terms.model_copy(update={"gates": gates}), Basis.NOISE)


def agreement_rules() -> Rules:
    """The production setting without a judge."""
    return Rules(Terms(), Basis.NOISE)


def unhurried(rules: Rules) -> Rules:
    """The same without a span of the clock to wait for: the statistical gates alone."""
    coverage = rules.terms.coverage.model_copy(update={"hours": 0.0})
    return Rules(rules.terms.model_copy(update={"coverage": coverage}), rules.basis)


def severe_shown(rules: Rules) -> Rules:
    """The same on a clinical route: `severe` must be shown."""
    return Rules(rules.terms.where(Route.REASON, judged=False), rules.basis)


def quality_shown(rules: Rules) -> Rules:
    """The same with `gates.quality.promotion: shown`."""
    gates = rules.terms.gates
    quality = QualityGate(promotion=Promotion.SHOWN)
    gates = gates.model_copy(update={"quality": quality})
    return Rules(rules.terms.model_copy(update={"gates": gates}), rules.basis)


QUALITY = quality_rules()
AGREEMENT = agreement_rules()
MIRROR = Standing(unhurried(QUALITY), Stage.MIRROR)
CANARY = Standing(QUALITY, Stage.CANARY)

Found = dict[str, Numbers]
Draw = Callable[[np.random.Generator, int], Found]


@dataclass(frozen=True)
class Job:
    """One question: `draw` answers it for some runs, in arrays whose first axis is the run."""

    name: str
    draw: Draw
    runs: int = 2_000
    piece: int = 250


def _cutover(
    world: World, per_minute: float, rng: np.random.Generator, runs: int, *, first: int = -1
) -> Found:
    found = walk.cutover(walk.standings(QUALITY, per_minute, first), world, rng, runs)
    return vars(found)


def _at_margin(rng: np.random.Generator, runs: int) -> Found:
    """Mirror and steps that last, as if people had let it through."""
    course = walk.standings(QUALITY, USUAL)
    lengths = (3_000, *(1_500 for _ in course[1:]))
    return vars(walk.cutover(course, margins.at_all(QUALITY), rng, runs, lengths=lengths))


def _rollback(
    standing: Standing, world: World, most: int, rng: np.random.Generator, runs: int
) -> Found:
    return {"rolled": walk.to_rollback(standing, world.stream(rng, runs), most=most)}


def _passage(
    standing: Standing, world: World, most: int, rng: np.random.Generator, runs: int
) -> Found:
    found = walk.passage(standing, world.stream(rng, runs), most=most)
    return {"rolled": found.rolled, "promoted": found.promoted}


def _live(world: World, rng: np.random.Generator, runs: int) -> Found:
    sizes = {"good": 10_000, "most": STEP, "level": 1e6}
    return {"delay": walk.to_alarm(QUALITY, worlds.EQUAL, world, rng, runs, **sizes)}


def _late(world: World, lag: int, who: str, rng: np.random.Generator, runs: int) -> Found:
    """`who`: the flagged are scored late, or all but the failed are."""
    bad, failed, flagged = late.lines(MIRROR, world, rng, runs, 3_000)
    closed_at = late.closing(flagged if who == "flagged" else ~failed, lag)
    ours = late.ours(MIRROR, bad, closed_at, lag)
    naive = late.by_arrival(MIRROR, bad, closed_at)
    names = ("rolled", "promoted", "rolled_by_arrival", "promoted_by_arrival")
    return dict(zip(names, (*ours, *naive), strict=True))


def _watched(world: World, per_minute: float, rng: np.random.Generator, runs: int) -> Found:
    """What is judged a minute at a time: checks by thresholds, and Kayenta."""
    seen = peers.minutes(world, rng, runs, per_minute, peers.INTERVAL * peers.INTERVALS)
    rolled, promoted = peers.kayenta(seen, per_minute)
    return {"failed": peers.failed_checks(seen).T, "rolled": rolled, "promoted": promoted}


def _peeked(world: World, rng: np.random.Generator, runs: int) -> Found:
    test, sequence = peers.peeked(world, rng, runs, STEP)
    return {
        "rolled_test": test[0],
        "promoted_test": test[1],
        "rolled_sequence": sequence[0],
        "promoted_sequence": sequence[1],
    }


def healthy_marks(severities: tuple[str, ...]) -> tuple[bool, ...]:
    """Which real answers of a healthy model have a flag of these severities, in their order."""
    notes = json.loads((RESULTS / "healthy-flags.json").read_text())["notes"]
    return tuple(any(flag[1] in severities for flag in note["flags"]) for note in notes)


def ours() -> Iterator[Job]:
    """The rows that are promised."""
    for name, rate in RATES.items():
        yield Job(f"cutover_{name}", partial(_cutover, worlds.EQUAL, rate))
    yield Job("cutover_correlated", partial(_cutover, worlds.CORRELATED, SELDOM))
    yield Job("cutover_shared_incident", partial(_cutover, worlds.INCIDENT, SELDOM))
    yield Job("cutover_at_margin", _at_margin)
    for name, world in CHANGES.items():
        yield Job(f"step_{name}", partial(_rollback, CANARY, world, STEP))
    far = World(difference=-0.34, sd=0.25)
    agreement = Standing(AGREEMENT, Stage.CANARY)
    yield Job("step_agreement_regression", partial(_rollback, agreement, far, STEP))
    yield Job("promote_equal", partial(_passage, MIRROR, worlds.EQUAL, STEP))
    for gate, world in margins.at_one(QUALITY).items():
        yield Job(f"promote_at_margin_{gate}", partial(_passage, MIRROR, world, STEP // 2))
    yield Job("live_quality", partial(_live, worlds.QUALITY_DROP), runs=1_000)
    yield Job("live_errors", partial(_live, worlds.ERRORS_5PCT), runs=1_000)


def worlds_of_doubt() -> Iterator[Job]:
    """What could go wrong, and where it does."""
    mirror = Standing(QUALITY, Stage.MIRROR)
    for name, world in CHANGES.items():
        later = worlds.after_good(world, 1_000)
        yield Job(f"mirror_{name}", partial(_rollback, mirror, world, STEP))
        yield Job(f"promote_{name}", partial(_passage, MIRROR, world, STEP))
        yield Job(f"after_1000_good_{name}", partial(_rollback, CANARY, later, STEP))
        walked = partial(_cutover, world, USUAL, first=FIRST_HARMFUL_STEP)
        yield Job(f"harmed_{name}", walked, runs=1_000)
    for name, rate in RATES.items():
        for sd in (0.01, 0.02):
            world = worlds.by_the_hour(sd, rate)
            draw = partial(_rollback, CANARY, world, int(480 * rate))
            yield Job(f"hours_{sd:g}_{name}", draw, runs=500)
    yield Job("step_half_way", partial(_rollback, CANARY, worlds.HALF_WAY, STEP))
    yield from _catastrophes()
    graded = Standing(quality_shown(MIRROR.rules), Stage.MIRROR)
    equal = partial(_passage, graded, worlds.EQUAL, STEP)
    yield Job("promote_equal_quality_shown", equal, runs=1_000)
    yield Job("promote_night", partial(_passage, *night()), runs=500)
    flags_at = margins.at_one(QUALITY)["flags"]
    yield Job("late_flagged", partial(_late, flags_at, 100, "flagged"), runs=500)
    yield Job("late_good", partial(_late, worlds.EQUAL, 100, "good"), runs=500)
    for name, severities in {"fail": ("fail",), "review": ("fail", "review")}.items():
        played = worlds.Played(marks=healthy_marks(severities))
        yield Job(f"real_flags_{name}", partial(_passage, MIRROR, played, STEP), runs=1_000)


def _catastrophes() -> Iterator[Job]:
    """A few of the worst answers, where `severe` watches and where it must be shown; re-asks as the policy has them."""
    rules = unhurried(AGREEMENT)
    settings = {"": rules, "_severe_shown": severe_shown(rules)}
    each = {"catastrophes": worlds.CATASTROPHES, "equal_reasked": worlds.EQUAL} | {
        f"catastrophes_{share}pct": world for share, world in worlds.WORSE_CATASTROPHES.items()
    }
    for setting, asked in settings.items():
        standing = Standing(asked, Stage.MIRROR, reasks=burst_of(asked))
        for name, world in each.items():
            draw = partial(_passage, standing, world, STEP)
            yield Job(f"promote_{name}{setting}", draw, runs=1_000)


def night() -> tuple[Standing, World, int]:
    """Better than the primary by day, worse by night, for 30 hours from a morning on; worse on the whole."""
    half_day = int(12 * 60 * USUAL)
    world = worlds.Turning(
        difference=0.02, after=World(difference=-0.08), turns=half_day, back=2 * half_day
    )
    return Standing(QUALITY, Stage.MIRROR, 0, USUAL), world, int(2.5 * half_day)


def of_peers() -> Iterator[Job]:
    """What others would have done."""
    candidates = {"equal": worlds.EQUAL, **CHANGES, "catastrophes": worlds.CATASTROPHES}
    for name, rate in RATES.items():
        for kind, world in candidates.items():
            runs = 2_000 if kind == "equal" else 1_000
            yield Job(f"minutes_{kind}_{name}", partial(_watched, world, rate), runs, piece=125)
    others = {"shared_incident": worlds.INCIDENT, "half_way": worlds.HALF_WAY}
    for kind, world in others.items():
        yield Job(f"minutes_{kind}_20_per_min", partial(_watched, world, USUAL), 1_000)
    for kind, world in (candidates | others).items():
        yield Job(f"peeked_{kind}", partial(_peeked, world))


def run(
    jobs: list[Job], *, part: float = 1.0, cores: int = 2, told: Callable[[int, int], None]
) -> dict[str, Found]:
    """All jobs with a `part` of their runs. The same jobs and part give the same numbers on any machine.

    `told` hears how many pieces are done, and of how many.
    """
    pieces = [
        (job, number, min(job.piece, size - number * job.piece))
        for job in jobs
        for size in [max(1, round(job.runs * part))]
        for number in range(-(-size // job.piece))
    ]
    found: dict[str, dict[int, Found]] = {job.name: {} for job in jobs}
    with ProcessPoolExecutor(cores) as pool:
        waiting = {
            pool.submit(draw, job, number, runs): (job.name, number)
            for job, number, runs in pieces
        }
        for done, future in enumerate(as_completed(waiting), start=1):
            name, number = waiting[future]
            found[name][number] = future.result()
            told(done, len(pieces))
    return {name: _joined(parts) for name, parts in found.items()}


def draw(job: Job, number: int, runs: int) -> Found:
    """One piece of a job, from a seed of its own."""
    return job.draw(np.random.default_rng([zlib.crc32(job.name.encode()), number]), runs)


def _joined(parts: Mapping[int, Found]) -> Found:
    ordered = [parts[number] for number in sorted(parts)]
    return {key: np.concatenate([each[key] for each in ordered]) for key in ordered[0]}
