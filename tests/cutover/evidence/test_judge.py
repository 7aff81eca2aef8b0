"""Verdicts: shown or not, harm or not, and what is missing in words."""

import math
import random
from dataclasses import replace

import pytest
from builders import (
    REHEARSAL,
    REHEARSAL_RULES,
    SECOND,
    failure,
    missed,
    rollout,
    scored,
    unasked,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from cutover.evidence.gates import Basis, Gate
from cutover.evidence.hearing import Hearing
from cutover.evidence.judge import judge
from cutover.evidence.needs import lacks, needs
from cutover.evidence.observation import OpenSession, Rules
from cutover.evidence.tally import Account, Views
from cutover.evidence.verdict import Kind
from cutover.stages import Stage
from policies.policy import Coverage, Gates, Step

LATE = 10**15
STRANGE = {"equivalence": 0.3, "fail_codes": ("DOSE_CONFLICT",)}


def changed(**values):
    return Rules(REHEARSAL.model_copy(update=values), Basis.NOISE)


def verdict(rows, *, rules=REHEARSAL_RULES, now=LATE, pending=(), gaps=(), alarm=50, **where):
    at = rollout(**where)
    account = Account.begin(rules, at.stage, at.step)
    account.take(rows)
    return judge(rules, at, account.look(pending, now), now_us=now, alarm=alarm, gaps=gaps)


def good(count, first=0, **values):
    return [scored(n, **values) for n in range(first, first + count)]


def sessions_until(kind, rows, **where):
    at = rollout(**where)
    account = Account.begin(REHEARSAL_RULES, at.stage, at.step)
    for count, row in enumerate(rows, start=1):
        account.take([row])
        found = judge(REHEARSAL_RULES, at, account.look([], LATE), now_us=LATE, alarm=50)
        if found.kind is kind:
            return count
        assert found.kind is Kind.HOLD
    return None


def test_a_clean_candidate_is_promoted_in_mirror_after_43_sessions():
    assert sessions_until(Kind.PROMOTE, good(60)) == 43


def test_a_promotion_names_every_gate_as_shown():
    found = verdict(good(43))
    assert found.kind is Kind.PROMOTE
    assert [reason.split(":")[0] for reason in found.reasons] == [
        "equivalence",
        "errors",
        "latency",
        "flags",
    ]
    assert all(reason.endswith(": shown") for reason in found.reasons)
    assert all(gate.for_log10 >= gate.needed_log10 for gate in found.gates[:4])
    assert found.waits_for == ""


def test_nothing_seen_holds_and_says_how_much_is_needed():
    found = verdict([])
    assert found.kind is Kind.HOLD
    assert found.reasons[0] == "no session has been compared yet"
    assert found.reasons[2] == (
        "errors: no session has shown anything yet: not shown yet, needs at least 43 sessions"
    )
    assert "equivalence needs at least 13 sessions" in found.waits_for


def test_too_little_holds_and_says_how_much_more():
    found = verdict(good(30))
    assert found.kind is Kind.HOLD
    quiet = "and none came in the last 7 days"
    assert found.waits_for == (
        f"errors needs about 13 more sessions, {quiet}; "
        f"latency needs about 13 more sessions, {quiet}"
    )
    assert all("not shown yet" in reason for reason in found.reasons)


@pytest.mark.parametrize(
    ("rows", "where", "words"),
    [
        (good(60, equivalence=None), {}, "have no equivalence score"),
        (good(60, noise_floor=None), {}, "equivalence: no session has shown anything yet"),
        (good(58) + good(2, 58, equivalence=None), {}, "3.33 % of answered exchanges"),
        (
            good(57) + [unasked(n) for n in range(57, 60)],
            {},
            "5 % of exchanges ask for what the",
        ),
        (
            good(60) + [missed(n) for n in range(60, 64)],
            {},
            "6.25 % of answered exchanges have no equivalence score, 4 of them because their copy was shed",
        ),
        (good(60, recorded_key="same"), {}, "not shown yet, needs about 27 more sessions"),
        (good(9, serving="candidate"), {"stage": Stage.CANARY}, "served 9 of 10 sessions"),
        (good(60), {"stage": Stage.CANARY}, "served 0 of 10 sessions"),
        ([], {"stage": Stage.CANARY}, "no session has been compared yet"),
        (
            good(40, serving="candidate"),
            {"stage": Stage.CANARY, "step": 1},
            "latency: 0 % of the candidate's answers",
        ),
    ],
)
def test_what_is_missing_never_promotes_and_is_named(rows, where, words):
    found = verdict(rows, **where)
    assert found.kind is Kind.HOLD
    assert words in " | ".join(found.reasons)


def test_a_busy_server_that_sheds_its_peak_is_not_promoted_on_its_quiet_minutes():
    quiet = [scored(n) for n in range(300) if n % 10]
    assert verdict(quiet).kind is Kind.PROMOTE
    found = verdict(quiet + [missed(n) for n in range(300) if not n % 10])
    assert found.kind is Kind.HOLD
    assert found.missing == pytest.approx(0.1)
    neighbours = Rules(REHEARSAL, Basis.NEIGHBOURS)
    found = verdict(quiet + [missed(n) for n in range(0, 300, 10)], rules=neighbours)
    assert "10 % of the copies (30) were shed or lost" in " | ".join(found.reasons)


def test_what_the_candidate_lacks_is_no_evidence_of_harm_and_none_of_health():
    gaps = [unasked(n) for n in range(60)]
    assert verdict(gaps).reasons[0] == "no session has been compared yet"
    assert verdict(good(59) + gaps[59:]).kind is Kind.PROMOTE
    allowed = changed(gates=REHEARSAL.gates.model_copy(update={"gaps_at_most": 0.5}))
    assert (
        verdict(good(60) + [unasked(n) for n in range(60, 90)], rules=allowed).kind
        is Kind.PROMOTE
    )


def test_a_gap_the_controller_knows_of_forbids_promotion_and_no_rollback():
    gap = "the candidate changed: its evidence is void"
    assert verdict(good(60), gaps=(gap,)).reasons == (gap,)
    assert verdict([failure(row) for row in good(60)], gaps=(gap,)).kind is Kind.ROLL_BACK


def test_hours_that_were_not_covered_hold_a_promotion():
    rules = changed(coverage=Coverage(hours=24, strata=()))
    found = verdict(good(60), rules=rules)
    assert found.reasons == (
        "the sessions span 0.0 of 24 hours: needs 24.0 hours more of the clock",
    )
    spread = [scored(n, at_s=n * 1500) for n in range(60)]
    assert verdict(spread, rules=rules).kind is Kind.PROMOTE


def test_a_step_soaks_before_it_widens():
    rules = changed(steps=(Step(percent=20, min_served=10, soak_s=600),))
    rows = good(12, serving="candidate")
    early = verdict(rows, rules=rules, now=300 * SECOND, stage=Stage.CANARY)
    assert early.reasons == ("5 minutes of 10 minutes at this step have passed",)
    assert verdict(rows, rules=rules, now=600 * SECOND, stage=Stage.CANARY).kind is Kind.PROMOTE


def test_a_step_with_latency_evidence_needs_it_from_served_sessions():
    served = good(43, serving="candidate")
    assert verdict(served, stage=Stage.CANARY, step=1).kind is Kind.PROMOTE
    slow = [*served[:-1], scored(42, serving="candidate", candidate_us=5_000_000)]
    assert verdict(slow, stage=Stage.CANARY, step=1).kind is Kind.HOLD
    shadowed = [*served[:-1], scored(42)]
    assert verdict(shadowed, stage=Stage.CANARY, step=1).kind is Kind.HOLD


def test_what_was_too_late_to_tell_of_speed_is_counted_and_said():
    late = [replace(row, late="candidate") for row in good(43)]
    told = verdict(late)
    assert (told.kind, told.late) == (Kind.HOLD, 43)
    (latency,) = [gate for gate in told.gates if gate.gate == Gate.LATENCY]
    assert (latency.n, "43 copies sent over a minute late left out" in latency.sentence) == (
        0,
        True,
    )
    assert not any("left out" in gate.sentence for gate in verdict(good(43)).gates)


def test_a_policy_that_lost_steps_leaves_the_rollout_at_its_last():
    served = good(43, serving="candidate")
    assert verdict(served, stage=Stage.CANARY, step=7).kind is Kind.PROMOTE


def test_canary_shows_what_mirror_showed():
    mirror = Account.begin(REHEARSAL_RULES, Stage.MIRROR)
    mirror.take(good(43))
    views = mirror.look([], LATE)
    at = rollout(Stage.MIRROR)
    before = judge(REHEARSAL_RULES, at, views, now_us=LATE, alarm=50)
    canary = mirror.next(Stage.CANARY).look([], LATE)
    after = judge(REHEARSAL_RULES, rollout(Stage.CANARY), canary, now_us=LATE, alarm=50)
    assert [g.for_log10 for g in after.gates] == [g.for_log10 for g in before.gates]
    assert {gate.against_log10 for gate in after.gates} == {0.0}


def test_flags_in_nine_of_ten_answers_roll_back_within_ten_sessions_after_60_good_ones():
    rng = random.Random(7)
    delays = []
    for _ in range(31):
        codes = [("DOSE_CONFLICT",) if rng.random() < 0.9 else () for _ in range(30)]
        bad = [scored(60 + n, fail_codes=code) for n, code in enumerate(codes)]
        delays.append(sessions_until(Kind.ROLL_BACK, good(60) + bad, stage=Stage.CANARY) - 60)
    assert sorted(delays)[15] <= 10
    found = verdict(good(60) + good(10, 60, fail_codes=("DOSE_CONFLICT",)), stage=Stage.CANARY)
    assert found.kind is Kind.ROLL_BACK
    assert found.reasons == (
        # Over all 70 sessions it is 14.3 %: nobody would understand why that rolls back.
        "flags: 50 % of answers have a fail flag or never came (less than 15 % is asked), "
        "mostly DOSE_CONFLICT (10), over the last 20 sessions: shown to be worse than that",
    )


def test_a_dead_candidate_is_rolled_back_in_three_sessions():
    assert (
        sessions_until(Kind.ROLL_BACK, [failure(r) for r in good(9)], stage=Stage.CANARY) <= 3
    )


def test_a_rollback_names_the_loudest_gate_first():
    found = verdict([scored(n, **STRANGE) for n in range(20)])
    assert found.kind is Kind.ROLL_BACK
    assert found.reasons[0].startswith("severe: 100 % of answers")
    assert found.harm_log10 >= found.roll_back_at_log10


def test_one_gates_own_level_is_enough_to_roll_back():
    found = verdict([scored(n, fail_codes=("X",)) for n in range(9)], stage=Stage.CANARY)
    flags = found.gates[3]
    assert flags.against_log10 >= flags.roll_back_at_log10
    assert found.kind is Kind.ROLL_BACK
    assert flags.sentence.endswith("shown to be worse than that")
    assert found.gates[1].sentence.endswith("no harm shown")


def test_later_attempts_need_more_to_be_rolled_back():
    first, third = (verdict(good(5), attempt=attempt).roll_back_at_log10 for attempt in (1, 3))
    assert third == pytest.approx(first + 0.9542, abs=1e-4)


def test_live_watches_warns_and_rolls_back_at_its_alarm():
    assert verdict(good(300), stage=Stage.LIVE).reasons == ("live: no harm shown",)
    bad = good(300) + [failure(row) for row in good(8, 300)]
    warned = verdict(bad, stage=Stage.LIVE, alarm=1e15)
    assert warned.kind is Kind.HOLD
    assert warned.reasons[0].startswith("live: harm is likely")
    assert verdict(bad, stage=Stage.LIVE, alarm=10_000).kind is Kind.ROLL_BACK


@pytest.mark.parametrize("stage", [Stage.OFF, Stage.ROLLED_BACK])
def test_where_nothing_is_compared_nothing_is_concluded(stage):
    found = verdict([failure(row) for row in good(50)], stage=stage)
    assert (found.kind, found.reasons) == (Kind.HOLD, (f"nothing is compared in {stage}",))


def test_open_sessions_block_no_rollback_and_speed_no_promotion():
    pending = [("slow", 0)]
    assert verdict([failure(r) for r in good(20, 1)], pending=pending).kind is Kind.ROLL_BACK
    assert verdict(good(43, 1), pending=pending).kind is Kind.HOLD
    assert verdict(good(43), pending=[("later", 99 * SECOND)]).kind is Kind.PROMOTE


def moded(**modes):
    gates = REHEARSAL.gates.model_dump()
    for gate, mode in modes.items():
        gates[gate] = gates.get(gate, {}) | {"mode": mode}
    return changed(gates=Gates.model_validate(gates))


def test_an_observed_gate_is_told_and_neither_blocks_nor_rolls_back():
    strange = good(60, fail_codes=("DOSE_CONFLICT",))
    rules = moded(flags="observe")
    found = verdict(strange, rules=rules)
    assert verdict(strange).kind is Kind.ROLL_BACK and found.kind is Kind.PROMOTE
    flags = found.gates[3]
    assert (flags.mode, flags.asked) == ("observe", False)
    assert flags.against_log10 >= flags.roll_back_at_log10
    assert flags.sentence.endswith("shown to be worse than that (observed only)")
    assert not any(reason.startswith("flags") for reason in found.reasons)


@pytest.mark.parametrize("stage", [Stage.MIRROR, Stage.CANARY])
def test_a_gate_that_holds_blocks_and_rolls_nothing_back(stage):
    rules = moded(flags="hold")
    bad = good(60, serving="candidate", fail_codes=("DOSE_CONFLICT",))
    held = verdict(bad, rules=rules, stage=stage)
    assert held.kind is Kind.HOLD
    assert "a better result at the gate flags" in held.waits_for
    assert held.gates[3].sentence.endswith("(holds, and rolls nothing back)")
    assert verdict(good(60, serving="candidate"), rules=rules, stage=stage).kind is Kind.PROMOTE
    assert verdict([], rules=rules, stage=stage).kind is Kind.HOLD


def test_a_gate_that_holds_still_has_to_be_shown():
    assert verdict(good(15), rules=moded(flags="hold")).waits_for.count("flags needs") == 1
    assert "flags needs" not in verdict(good(15), rules=moded(flags="observe")).waits_for


def test_in_live_a_gate_that_holds_warns():
    rules = moded(flags="hold")
    bad = good(300) + good(30, 300, fail_codes=("DOSE_CONFLICT",))
    found = verdict(bad, rules=rules, stage=Stage.LIVE, alarm=10_000)
    assert found.kind is Kind.HOLD
    (reason,) = found.reasons
    assert reason.startswith("flags: ") and reason.endswith("(holds, and rolls nothing back)")
    assert verdict(bad, stage=Stage.LIVE, alarm=10_000).kind is Kind.ROLL_BACK


def test_the_mean_of_harm_is_over_the_gates_that_act():
    dead = [failure(row) for row in good(2)]
    alone = moded(equivalence="hold", latency="hold", flags="observe", severe="hold")
    found = verdict(dead, rules=alone)
    errors, silent = 0.20, 0.01 + 0.02 + 0.01  # nothing stood alone
    mean = (errors * 10 ** found.gates[1].against_log10 + silent) / (errors + silent)
    assert found.harm_log10 == pytest.approx(math.log10(mean))


ORDER = {Kind.PROMOTE: 2, Kind.HOLD: 1, Kind.ROLL_BACK: 0}
places = st.sampled_from(
    [(Stage.MIRROR, 0), (Stage.CANARY, 0), (Stage.CANARY, 1), (Stage.LIVE, 0)]
)


@settings(deadline=None)
@given(places, st.integers(0, 70), st.sets(st.integers(0, 69), max_size=20), st.integers(0, 69))
def test_more_failures_never_improve_a_verdict(place, count, failed, extra):
    def outcome(which):
        rows = good(count, serving="candidate")
        return verdict(
            [failure(row) if n in which else row for n, row in enumerate(rows)],
            stage=place[0],
            step=place[1],
        )

    assert ORDER[outcome(failed | {extra}).kind] <= ORDER[outcome(failed).kind]


def simulated(rng, count, *, flagged=0.0, failing=0.0, slow=0.0, difference=0.0):
    rows = []
    for n in range(count):
        row = scored(
            n,
            equivalence=min(1, max(0, 0.9 + difference + rng.gauss(0, 0.158))),
            noise_floor=0.9,
            fail_codes=("X",) if rng.random() < flagged else (),
            candidate_us=3_000_000 if rng.random() < slow else 500_000,
        )
        rows.append(failure(row) if rng.random() < failing else row)
    return rows


def share_of_runs(kind, *, runs, count, seed, stage=Stage.MIRROR, **world):
    rng = random.Random(seed)
    ends = 0
    for _ in range(runs):
        account, at = Account.begin(REHEARSAL_RULES, stage), rollout(stage)
        rows = simulated(rng, count, **world)
        for start in range(0, count, 5):
            account.take(rows[start : start + 5])
            found = judge(REHEARSAL_RULES, at, account.look([], LATE), now_us=LATE, alarm=50)
            if found.kind is not Kind.HOLD:
                ends += found.kind is kind
                break
    return ends / runs


def test_a_candidate_at_the_margin_is_promoted_no_more_often_than_promised():
    at_flags = share_of_runs(Kind.PROMOTE, runs=100, count=100, seed=11, flagged=0.15)
    assert at_flags <= 0.06
    at_errors = share_of_runs(Kind.PROMOTE, runs=100, count=100, seed=12, failing=0.10)
    assert at_errors <= 0.06


def test_a_healthy_candidate_is_not_rolled_back():
    healthy = {"flagged": 0.03, "slow": 0.01, "difference": -0.05}
    assert share_of_runs(Kind.ROLL_BACK, runs=60, count=150, seed=13, **healthy) == 0
    canary = {**healthy, "stage": Stage.CANARY}
    assert share_of_runs(Kind.ROLL_BACK, runs=60, count=150, seed=14, **canary) == 0


def test_a_broken_candidate_is_never_promoted():
    broken = {"flagged": 0.9, "difference": -0.4}
    assert share_of_runs(Kind.ROLL_BACK, runs=40, count=100, seed=15, **broken) == 1


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from([(Stage.MIRROR, 0), (Stage.CANARY, 0), (Stage.CANARY, 1)]),
    st.lists(st.sampled_from([{}, {"equivalence": None}, {"serving": "candidate"}, STRANGE])),
    st.integers(0, 60),
    st.sampled_from([(), ("the store is stale",)]),
)
def test_whether_anything_is_lacking_is_known_before_it_is_put_into_words(
    where, odd, even, gaps
):
    at = rollout(*where)
    account = Account.begin(REHEARSAL_RULES, at.stage, at.step)
    kinds = [*odd, *[{"serving": "candidate"}] * even]
    account.take([scored(n, **values) for n, values in enumerate(kinds)])
    views = account.look([], LATE)
    hearing = Hearing(REHEARSAL_RULES, at, views, 1.0, LATE, gaps)
    assert lacks(hearing) == bool(needs(hearing))
    told = judge(REHEARSAL_RULES, at, views, now_us=LATE, alarm=50, gaps=gaps)
    if told.kind is not Kind.ROLL_BACK:
        assert (told.kind is Kind.HOLD) == bool(needs(hearing))


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([(Stage.MIRROR, 0), (Stage.CANARY, 0), (Stage.CANARY, 1), (Stage.LIVE, 0)]),
    st.lists(st.sampled_from([{}, {"equivalence": None}, {"serving": "candidate"}, STRANGE])),
    st.integers(0, 40),
    st.integers(1, 60),
)
def test_open_sessions_of_which_nothing_is_known_change_no_verdict(where, odd, even, still):
    at = rollout(*where)
    account = Account.begin(REHEARSAL_RULES, at.stage, at.step)
    kinds = [*odd, *[{"serving": "candidate"}] * even]
    account.take([scored(n, **values) for n, values in enumerate(kinds)])
    closed = account.look([], LATE)
    tail = tuple([OpenSession(f"open {n}", LATE + n) for n in range(still)])
    folded = Views(closed.closed, closed.closed.after(tail), (), {}, tail)
    known = {"now_us": LATE, "alarm": 50.0}
    told = judge(REHEARSAL_RULES, at, closed, **known)
    again = judge(REHEARSAL_RULES, at, folded, **known)
    assert (again, again.words) == (told, told.words)
    assert [one.sentence for one in again.gates] == [one.sentence for one in told.gates]
