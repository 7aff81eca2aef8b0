"""The benchmark of cutovers: its arrays are the project's own numbers, its worlds and peers are what they say."""

import json
import math
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import benches
import numpy as np
import pytest
from builders import SECOND, failure, rollout, scored

from bench.rollouts import (
    chart,
    interval,
    jobs,
    late,
    margins,
    peers,
    rows,
    tables,
    walk,
    worlds,
)
from bench.rollouts.processes import Processes, badness
from bench.rollouts.walk import Standing
from compare.comparison import Attribution
from cutover.evidence.judge import judge
from cutover.evidence.observation import Rules
from cutover.evidence.sessions import SECOND_US
from cutover.evidence.tally import Account
from cutover.evidence.verdict import Kind
from cutover.stages import Stage
from policies.policy import Coverage, Sessions

AT_ONCE = Sessions(exchanges=1, open_s=0)  # a session of one exchange is closed with it


def rules(**changes):
    changed = {"sessions": AT_ONCE, **changes}
    return Rules(jobs.QUALITY.terms.model_copy(update=changed), jobs.QUALITY.basis)


ROUGH = worlds.World(
    difference=-0.03,
    agreement=-0.05,
    alike=0.8,
    alone=0.06,
    both=0.05,
    primary_alone=0.05,
    slower=1.4,
    flagged=0.05,
)
STANDINGS = [(Stage.MIRROR, 0), (Stage.CANARY, 0), (Stage.CANARY, 3), (Stage.LIVE, 0)]


def exchange(sessions, place, *, number=None, every_s=1.0, served=False):
    """The session at a place of the first run, as a compared exchange: the n-th, accepted at n * every_s."""
    number = place + 1 if number is None else number
    at = {name: float(values[0, place]) for name, values in vars(sessions).items()}
    difference, agreement = (
        min(1.0, max(-1.0, at[name] - at["primary"])) for name in ("candidate", "agreed")
    )
    floor, grade = max(0.0, -agreement), max(0.0, -difference)
    values = {
        "equivalence": floor + agreement,
        "noise_floor": floor,
        "signals": {"judge_primary": grade, "judge_candidate": grade + difference},
        "candidate_us": 3_000_000 if at["slow"] else 500_000,
        "fail_codes": ("DOSE",) if at["flagged"] else (),
        "serving": "candidate" if served else "primary",
        "at_s": number * every_s,
    }
    unscored = {"equivalence": None, "noise_floor": None, "signals": {}}
    if at["both"]:
        values |= unscored | {"attribution": Attribution.BOTH_FAILED.value, "fail_codes": ()}
    if at["primary_alone"]:
        values |= unscored | {"attribution": Attribution.PRIMARY_FAILED.value}
    row = scored(number, **values)
    return failure(row) if at["alone"] else row


@pytest.mark.parametrize(("stage", "step"), STANDINGS)
def test_the_arrays_hold_the_numbers_of_the_projects_own_tally(stage, step):
    these = rules()
    account = Account.begin(these, stage, step)
    fast = Processes(these, stage, step, 1)
    sessions = ROUGH.stream(np.random.default_rng(3), 1).take(150)
    bad = fast.stack(badness(these, sessions))
    served = np.arange(150) % 3 == 0
    harm = (fast.alarm if stage is Stage.LIVE else fast.harm)(bad)
    kept = np.where(np.array(fast.served_only)[:, None] & ~served[:, None, None], np.nan, bad)
    shown = fast.shown(kept)
    for place in range(150):
        account.take([exchange(sessions, place, served=served[place])])
        views = account.look([], (place + 2) * SECOND)
        names = [gate.demand.name for gate in views.closed.gates]
        assert views.closed.sessions == place + 1
        assert math.log(harm[place, 0]) == pytest.approx(views.worse.log_harm, abs=1e-9)
        for gate, name in enumerate(fast.names):
            real = views.log_shown(names.index(name))
            assert shown[place, gate, 0] == pytest.approx(real, abs=1e-9)
    assert fast.shown_now[:, 0] == pytest.approx(shown[-1, :, 0], abs=1e-9)


def test_absorbing_and_looking_come_to_the_same():
    these = rules()
    bad = Processes(these, Stage.MIRROR, 0, 5)
    other = Processes(these, Stage.MIRROR, 0, 5)
    sessions = bad.stack(badness(these, ROUGH.stream(np.random.default_rng(4), 5).take(75)))
    for at in range(0, 75, 25):
        bad.shown(sessions[at : at + 25])
        other.absorb(sessions[at : at + 25])
    assert other.shown_now == pytest.approx(bad.shown_now, abs=1e-9)


@pytest.mark.parametrize(
    ("stage", "step", "world", "seed"),
    [
        (Stage.MIRROR, 0, worlds.World(difference=0.1, alone=0.0, slower=0.5), 1),
        (Stage.MIRROR, 0, worlds.World(difference=-0.3), 2),
        (Stage.MIRROR, 0, worlds.World(difference=0.1, alone=0.0, catastrophes=0.06), 6),
        (Stage.CANARY, 0, worlds.World(difference=0.1, slower=0.5), 3),
        (Stage.CANARY, 4, worlds.World(difference=0.1, slower=0.5), 4),
        (Stage.CANARY, 4, worlds.World(difference=-0.1, slower=1.8), 5),
    ],
)
def test_a_passage_ends_where_the_judge_says(stage, step, world, seed):
    steps = jobs.QUALITY.terms.steps
    sooner = tuple(each.model_copy(update={"soak_s": 120, "min_served": 2}) for each in steps)
    these = rules(coverage=Coverage(hours=0.1), steps=sooner)
    standing = Standing(these, stage, step, per_minute=60)
    stream = Recorded(world, np.random.default_rng(seed))
    found = walk.passage(standing, stream, most=2_000)
    number, kind, served = judged(standing, stream)
    first, other = found.promoted[0], found.rolled[0]
    if kind is Kind.ROLL_BACK:
        first, other = other, first
    assert kind is not Kind.HOLD
    assert (first, other, found.served[0]) == (number, np.inf, served)


class Recorded(worlds.Stream):
    """One run that remembers what it gave."""

    def __init__(self, world, rng):
        super().__init__(world, rng, 1)
        self.given = []

    def take(self, count):
        sessions = super().take(count)
        self.given += [(sessions, place) for place in range(count)]
        return sessions


def judged(standing, stream):
    """After how many sessions the project's own verdict first moves, how, and how many the candidate had served."""
    account = Account.begin(standing.rules, standing.stage, standing.step)
    every_s = 60 / standing.per_minute
    for number, (sessions, place) in enumerate(stream.given, start=1):
        served = bool(sessions.lot[0, place] < standing.share)
        account.take([exchange(sessions, place, number=number, every_s=every_s, served=served)])
        now_us = round(number * every_s * SECOND_US)
        views = account.look([], now_us)
        verdict = judge(
            standing.rules,
            rollout(standing.stage, standing.step),
            views,
            now_us=now_us,
            alarm=1e6,
        )
        if verdict.kind is not Kind.HOLD:
            return number, verdict.kind, views.closed.served
    return None, Kind.HOLD, 0


@pytest.mark.parametrize("catastrophes", [0.0, 0.3])
def test_late_scores_are_looked_at_as_the_project_looks(catastrophes):
    these = rules()
    line = (
        replace(ROUGH, catastrophes=catastrophes).stream(np.random.default_rng(6), 1).take(75)
    )
    fast = Processes(these, Stage.MIRROR, 0, 1, open_ones=True)
    bad = fast.stack(badness(these, line))
    closed_at = late.closing(np.arange(75)[:, None] % 7 == 3, 30)
    account = Account.begin(these, Stage.MIRROR)
    for now in (25, 50, 75):
        known = [place for place in range(now) if closed_at[place, 0] < now]
        account = Account.begin(these, Stage.MIRROR)
        account.take([exchange(line, place) for place in known])
        pending = [(f"s{p + 1:06}", (p + 1) * SECOND) for p in range(now) if p not in known]
        views = account.look(pending, now * SECOND)
        harm, shown, likely = late.look(
            Processes(these, Stage.MIRROR, 0, 1, open_ones=True),
            bad[:now],
            closed_at[:now] < now,
        )
        assert math.log(harm[0]) == pytest.approx(views.worse.log_harm, abs=1e-9)
        names = [gate.demand.name for gate in views.closed.gates]
        for gate, name in enumerate(fast.names):
            real = views.log_shown(names.index(name))
            assert shown[gate, 0] == pytest.approx(real, abs=1e-9)
        assert likely[0] == (views.log_against(names.index("severe")) >= math.log(20))
    assert likely[0] == (catastrophes > 0)


def test_without_lateness_our_rule_sees_every_25th_of_what_arrives():
    standing = jobs.MIRROR
    bad, failed, _ = late.lines(standing, ROUGH, np.random.default_rng(7), 20, 500)
    at_once = late.closing(np.zeros_like(failed), 0)
    rolled, _ = late.ours(standing, bad, at_once, 0)
    levels = Processes(standing.rules, standing.stage, 0, 20, open_ones=True).harm(bad)[24::25]
    assert (levels >= standing.level).any(axis=0).all()
    crossed = (levels >= standing.level).argmax(axis=0)
    assert rolled.tolist() == [25.0 * (1 + place) for place in crossed]
    sooner, _ = late.by_arrival(standing, bad, at_once)
    assert (sooner <= rolled).all()


def test_a_candidate_at_the_margin_is_on_every_bar():
    world = margins.at_all(jobs.QUALITY)
    seen = badness(jobs.QUALITY, world.stream(np.random.default_rng(8), 400).take(1_000))
    for name, bar in margins.bars(jobs.QUALITY).items():
        if name in ("equivalence", "errors", "latency", "flags"):
            spread = seen[name].std() / seen[name].size ** 0.5
            assert seen[name].mean() == pytest.approx(bar, abs=5 * spread), name


@pytest.mark.parametrize("name", ["equivalence", "errors", "latency", "flags"])
def test_a_candidate_at_one_bar_is_well_within_the_others(name):
    world = margins.at_one(jobs.QUALITY)[name]
    seen = badness(jobs.QUALITY, world.stream(np.random.default_rng(9), 400).take(500))
    for other, bar in margins.bars(jobs.QUALITY).items():
        if other == name:
            spread = seen[name].std() / seen[name].size ** 0.5
            assert seen[name].mean() == pytest.approx(bar, abs=5 * spread)
        elif other in ("equivalence", "errors", "latency", "flags"):
            assert seen[other].mean() < 0.95 * bar


def test_both_sides_of_an_equal_candidate_are_alike_and_share_their_difficulty():
    seen = worlds.EQUAL.stream(np.random.default_rng(10), 300).take(1_000)
    assert np.corrcoef(seen.primary.ravel(), seen.candidate.ravel())[0, 1] == pytest.approx(
        0.6, abs=0.01
    )
    difference = seen.candidate - seen.primary
    assert difference.mean() == pytest.approx(0, abs=0.002)
    assert difference.std() == pytest.approx(0.158, abs=0.002)
    for logs in (seen.primary_log_s, seen.candidate_log_s):
        assert np.exp(np.quantile(logs, 0.95)) == pytest.approx(1.5, abs=0.02)
    assert seen.slow.mean() == pytest.approx(0.0112, abs=0.001)
    assert (seen.alone.mean(), seen.both.mean()) == pytest.approx((0.007, 0.003), abs=0.001)


def test_a_world_turns_where_it_says_and_turns_back():
    stream = worlds.INCIDENT.stream(np.random.default_rng(11), 200)
    shares = [stream.take(100).both.mean() for _ in range(12)]
    assert max(shares[0], shares[11]) < 0.01
    assert min(shares[1:11]) > 0.05


def test_correlated_sessions_are_more_alike_than_chance():
    seen = worlds.CORRELATED.stream(np.random.default_rng(12), 300).take(1_000)
    assert seen.alone.mean() == pytest.approx(0.007, abs=0.001)
    assert ((seen.alone > 0) & (seen.alone < 1)).any()
    assert np.nanstd(seen.difference) > 0.08


def test_hours_differ_and_are_even_in_the_long_run():
    stream = worlds.by_the_hour(0.02, 1.0).stream(np.random.default_rng(13), 400)
    hours = [stream.take(60) for _ in range(2)]
    means = [(each.candidate - each.primary).mean(axis=1) for each in hours]
    assert np.std(means[0]) > 0.022 > abs(np.corrcoef(*means)[0, 1]) * 0.02
    assert np.mean(means) == pytest.approx(0, abs=0.005)


def test_real_flags_are_played_in_their_order():
    stream = worlds.Played(marks=(True, False, False)).stream(np.random.default_rng(14), 3)
    flagged = stream.take(4).flagged
    assert flagged.tolist() == [[1, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0]]


def a_window(**changes):
    values = {
        "primary_quality": 0.8,
        "quality": 0.8,
        "primary_errors": 0.0,
        "errors": 0.0,
        "primary_p95": 1.5,
        "p95": 1.5,
    }
    return peers.Window(**{key: np.array([v]) for key, v in (values | changes).items()})


@pytest.mark.parametrize(
    ("changes", "fails"),
    [
        ({}, 0),
        ({"errors": 0.031}, 1),
        ({"errors": 0.029}, 0),
        ({"p95": 2.01}, 1),
        ({"quality": 0.749}, 1),
        ({"quality": 0.751}, 0),
        ({"quality": np.nan, "errors": np.nan, "p95": np.nan}, 1),  # no values found
    ],
)
def test_a_threshold_check_fails_where_its_rules_say(changes, fails):
    assert peers.failed_checks([a_window(**changes)]).tolist() == [[fails]]


def test_failed_checks_only_ever_grow_and_advance_nothing():
    failed = np.array([[0, 1, 1], [1, 2, 1], [1, 3, 1], [1, 3, 2]])
    rolled, promoted = peers.thresholds(failed, 3, needed=3, per_minute=20)
    assert rolled.tolist() == [np.inf, 60, np.inf]
    assert promoted.tolist() == [80, np.inf, np.inf]  # the last has two good checks of three
    assert peers.tuned(failed, 3, 0.0) == 4
    assert peers.tuned(failed, 3, 0.5) == 3


def test_a_minute_without_sessions_has_no_values():
    stream = worlds.EQUAL.stream(np.random.default_rng(15), 3)
    seen = peers.window(stream.take(10), np.array([0, 1, 10]))
    assert np.isnan(seen.quality[0]) and np.isnan(seen.p95[0])
    assert not np.isnan(seen.quality[1:]).any()


def test_a_percentile_lies_between_the_two_nearest_answers():
    logs = np.log(np.arange(1.0, 22.0))[None]
    inside = np.ones(logs.shape, dtype=bool)
    assert peers._p95(logs, inside)[0] == pytest.approx(np.quantile(np.arange(1.0, 22.0), 0.95))


def test_kayentas_judge_needs_the_interval_beyond_a_quarter_of_the_shift():
    rng = np.random.default_rng(16)
    control = rng.normal(0, 1, 60)
    assert not peers._worse(control, control, 1)
    assert not peers._worse(control, control + 0.1, 1)
    assert peers._worse(control, control + 1.5, 1)
    assert not peers._worse(control, control + 1.5, -1)
    assert not peers._worse(control, np.array([np.nan]), 1)


def test_kayentas_canary_ends_at_the_first_hour_with_a_metric_worse():
    healthy, slow = a_window(), a_window(p95=9.0)
    rolled, promoted = peers.kayenta([slow] * 180, per_minute=10)
    assert (rolled.tolist(), promoted.tolist()) == ([600], [np.inf])
    late = [healthy] * 60 + [slow] * 120  # half of two hours is no more than the other half
    assert peers.kayenta(late, per_minute=10)[0].tolist() == [1800]
    rolled, promoted = peers.kayenta([healthy] * 180, per_minute=10)
    assert (rolled.tolist(), promoted.tolist()) == ([np.inf], [1800])


def test_students_quantile_is_that_of_the_books():
    assert peers.t_quantile(np.array([100.0]))[0] == pytest.approx(1.98422, abs=1e-5)
    assert peers.t_quantile(np.array([1e9]))[0] == pytest.approx(1.95996, abs=1e-4)


def test_the_sequence_covers_at_every_look_and_is_wider_than_an_interval():
    widths = peers.half_width(np.array([200.0, 2_000.0]), np.array([0.05, 0.05]))
    fixed = 1.96 * np.sqrt(0.05 / np.array([100.0, 1_000.0]))
    assert (widths > fixed).all() and widths[1] < widths[0]
    _, (rolled, _) = peers.peeked(worlds.EQUAL, np.random.default_rng(17), 200, 2_000)
    assert np.isfinite(rolled).mean() < 0.05


def test_a_peeked_at_t_test_is_wrong_far_more_often_than_it_says():
    (rolled, _), _ = peers.peeked(worlds.EQUAL, np.random.default_rng(18), 200, 2_000)
    assert np.isfinite(rolled).mean() > 0.10


def test_intervals_are_those_of_the_books():
    assert interval.of_share(0, 2_000) == pytest.approx((0, 0.001843), abs=1e-6)
    assert interval.of_share(5, 100) == pytest.approx((0.016432, 0.112835), abs=1e-6)
    low, high = interval.of_median(np.arange(1.0, 101.0))
    assert (low, high) == (40, 61)
    assert interval.of_median(np.full(20, np.inf)) == (np.inf, np.inf)


def test_the_same_seed_draws_the_same_and_pieces_are_joined_in_order():
    job = jobs.Job("a", drawn_once, runs=5, piece=2)
    seen = []
    found = jobs.run([job], cores=1, told=lambda done, of: seen.append((done, of)))
    parts = [jobs.draw(job, number, runs) for number, runs in enumerate((2, 2, 1))]
    assert found["a"]["value"].tolist() == [x for part in parts for x in part["value"]]
    assert seen[-1] == (3, 3)


def drawn_once(rng, runs):
    return {"value": rng.random(runs)}


PROMISED = {
    "false_rollbacks_per_1000_2_per_min",
    "false_rollbacks_per_1000_20_per_min",
    "false_rollbacks_per_1000_100_per_min",
    "false_rollbacks_per_1000_correlated",
    "false_rollbacks_per_1000_shared_incident",
    "false_rollbacks_per_1000_at_margin",
    "quality_drop_sessions",
    "errors_5pct_sessions",
    "p95_3s_sessions",
    "agreement_regression_sessions",
    "promote_equal_sessions",
    "false_promotion_at_margin",
    "live_quality_sessions",
    "live_errors_sessions",
    "rollback_p99_s",
    "tick_10000_rollouts_s",
}


class Drawn(dict):
    """Ten runs of whatever is asked for, all of one number."""

    def __missing__(self, name):
        return Columns(value=20.0)


class Columns(dict):
    def __init__(self, value):
        self.value = value

    def __missing__(self, name):
        if name == "failed":
            return np.zeros((10, 180))
        return np.full(10, np.nan if name == "rolled_in" else self.value)


def test_every_promised_row_is_there_with_its_target_and_its_interval():
    with benches.bench("cutover") as bench:
        every = [*rows.every(Drawn()), *bench.elsewhere()]
        told = {row["name"]: row for row in every}
        assert len(told) == len(every)
        assert {name for name, row in told.items() if row["target"]} == PROMISED
        panels = bench.panels(every)
        assert bench.told(every).row_count == len(every)
    assert told["false_rollbacks_per_1000_2_per_min"]["high"] > 100  # of ten runs
    assert (told["quality_drop_sessions"]["value"], told["quality_drop_sessions"]["holds"]) == (
        20,
        True,
    )
    json.dumps(every, allow_nan=False)
    text = tables.markdown(every)
    assert "| 2 a minute, rolled back | 0 [0, 308] |" in text
    for row in bench.ELSEWHERE:
        assert re.search(
            rf"\| `{row}` \| [\d.-]+ \| <= 1 \| (holds|\*\*missed\*\*|not measured here) \|",
            text,
        )
    assert [len(bars) for bars in panels.values()] == [7] * 4
    there = [bar for bars in panels.values() for bar in bars if bar.value is not None]
    picture = ET.fromstring(chart.svg(panels, "note"))
    bars = [one for one in picture.iter() if one.tag.endswith("rect")]
    assert len(bars) == 1 + len(there)  # and the ground


def test_what_never_happens_is_told_as_that():
    row = rows.median("x", np.full(10, np.inf), 60, "")
    assert (row["value"], row["holds"], row["high"]) == (None, False, None)
    json.dumps(row, allow_nan=False)


def test_a_bad_candidate_that_is_promoted_harms_to_the_end():
    drawn = Drawn()
    drawn["peeked_errors_5pct"] = {
        "rolled_test": np.array([100.0, np.inf]),
        "promoted_test": np.array([np.inf, 3_000.0]),
        "rolled_sequence": np.array([np.inf, np.inf]),
        "promoted_sequence": np.array([np.inf, np.inf]),
    }
    told = {row["name"]: row["value"] for row in rows.harmed(drawn)}
    assert told["t_test_harmed_sessions_errors_5pct"] == (10 + 300 + 3_000) / 2
    assert told["unpaired_sequence_harmed_sessions_errors_5pct"] == 600


# The benchmark's promises, on the first pieces of its own seeds.


def first_piece(name, runs=250):
    job = next(job for job in jobs.ours() if job.name == name)
    return jobs.draw(job, 0, runs)


def test_false_rollbacks_at_the_margin_stay_within_what_alpha_allows():
    rolled = np.isfinite(first_piece("cutover_at_margin")["rolled_in"])
    low, _ = interval.of_share(int(rolled.sum()), rolled.size)
    assert low <= jobs.QUALITY.terms.alpha.roll_back


@pytest.mark.parametrize("gate", ["equivalence", "errors", "latency", "flags"])
def test_false_promotions_at_the_margin_stay_within_what_alpha_allows(gate):
    promoted = np.isfinite(first_piece(f"promote_at_margin_{gate}", 100)["promoted"])
    low, _ = interval.of_share(int(promoted.sum()), promoted.size)
    assert low <= jobs.QUALITY.terms.alpha.promote


@pytest.mark.parametrize(
    ("job", "column", "row"),
    [
        ("step_quality_drop", "rolled", "quality_drop_sessions"),
        ("step_errors_5pct", "rolled", "errors_5pct_sessions"),
        ("step_p95_3s", "rolled", "p95_3s_sessions"),
        ("step_agreement_regression", "rolled", "agreement_regression_sessions"),
        ("promote_equal", "promoted", "promote_equal_sessions"),
    ],
)
def test_delays_stay_within_their_interval(job, column, row):
    low, high = interval.of_median(first_piece(job)[column])
    assert low <= kept()[row]["high"], "slower: run make bench-cutover, or find out why"
    assert high >= kept()[row]["low"], "quicker: run make bench-cutover, and be glad"


def kept():
    """The rows of the last run, by name."""
    found = json.loads((jobs.RESULTS / "cutover.json").read_text())["rows"]
    return {row["name"]: row for row in found}


def test_the_docs_show_the_last_results():
    text = (jobs.RESULTS.parent.parent / "docs" / "statistics.md").read_text()
    assert tables.markdown(list(kept().values())) in text, "python bench/cutover.py --tables"


def test_what_the_docs_say_of_the_default_setting_holds():
    missed = [name for name, row in kept().items() if row["holds"] is False]
    assert missed == MISSED


MISSED = ["tick_10000_rollouts_s"]
"""Promised rows that the last run missed; each is named under "What does not hold"."""
