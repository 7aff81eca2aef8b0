"""Harm against a frozen floor: its bound, its laws, and what follows from it."""

import json
import math
import random
from dataclasses import replace

import pytest
from builders import REHEARSAL, SECOND, failure, rollout, scored
from hypothesis import given
from hypothesis import strategies as st
from rollouts import World, a_policy

from cutover.evidence import dossier
from cutover.evidence.drift import AT_LEAST, Drift, lower_bound
from cutover.evidence.eprocess import MeanAbove
from cutover.evidence.gates import FLOOR_PART, Basis, Rules, log_roll_back_at
from cutover.evidence.judge import judge
from cutover.evidence.observation import OpenSession, Session, retold
from cutover.evidence.recorded import Part, folded
from cutover.evidence.replay import Outcome, replay
from cutover.evidence.standing import Standing
from cutover.evidence.tally import Account
from cutover.evidence.verdict import Kind
from cutover.stages import Stage
from mirror.journal.store import Store
from policies.gates import DriftGate, Mode
from policies.policy import Sampling, Terms

LATE = 10**15
EMPTY = Session("s", 0, False, {}, 1, 0, 0, 1, 0, ())


def terms(mode=Mode.ACT):
    gates = REHEARSAL.gates.model_copy(update={"drift": DriftGate(mode=mode)})
    return REHEARSAL.model_copy(
        update={"gates": gates, "sampling": Sampling(reask_burst=AT_LEAST)}
    )


def rules(mode=Mode.ACT, basis=Basis.NOISE):
    return Rules(terms(mode), basis)


def asked(count, floor=0.9, start=0):
    """Sessions whose primary was asked again, and agreed with itself by so much, more or less."""
    return [
        scored(n, equivalence=0.85, noise_floor=floor + 0.05 * (-1) ** n)
        for n in range(start, start + count)
    ]


def unasked(count, start, equivalence=0.85):
    return [
        scored(n, equivalence=equivalence, noise_floor=None)
        for n in range(start, start + count)
    ]


def account(rows, mode=Mode.ACT, stage=Stage.MIRROR):
    found = Account.begin(rules(mode), stage)
    found.take(rows)
    return found


def verdict_of(found, mode=Mode.ACT, stage=Stage.MIRROR, pending=()):
    return judge(rules(mode), rollout(stage), found.look(pending, LATE), now_us=LATE, alarm=1e6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.floats(0.5, 9))
def test_the_bound_is_the_largest_mean_that_is_shown_to_be_below(observed, level):
    least = lower_bound(observed, level)
    assert 0 <= least <= sum(observed) / len(observed)
    if least > 1e-9:
        assert MeanAbove(least).after(observed).log_e >= level - 1e-6
    if least + 1e-6 < sum(observed) / len(observed):
        assert MeanAbove(least + 1e-6).after(observed).log_e < level


def test_the_bound_is_above_the_mean_as_seldom_as_it_says():
    chance = random.Random(11)
    above = sum(
        lower_bound([chance.betavariate(4, 1) for _ in range(20)], 1.0) > 0.8
        for _ in range(200)
    )
    assert 0 < above <= 200 * 0.37  # e to the -1
    assert lower_bound([0.8] * AT_LEAST, 8.5) > 0.7


sessions = st.lists(
    st.builds(
        lambda floor, apart: replace(EMPTY, floor=floor, apart=apart),
        st.none() | st.floats(0, 1),
        st.none() | st.floats(0, 1),
    ),
    max_size=20,
)


@given(sessions, sessions)
def test_looking_in_between_changes_nothing(first, second):
    begun = replace(Drift.begin(rules(), Stage.MIRROR), wanted=5)
    once = begun.after(first + second)
    assert begun.after(first).after(second) == once
    single = begun
    for session in first + second:
        single = single.after([session])
    assert single == once


@given(sessions, sessions, st.integers(0, 20))
def test_a_session_that_is_open_never_makes_it_look_worse(first, second, place):
    """Than nothing, where it may be of the floor; than what it turns out to be, behind the floor."""
    begun = replace(Drift.begin(rules(), Stage.MIRROR), wanted=5).after(first)
    with_open = [*second[:place], OpenSession("open", 0), *second[place:]]
    seen = begun.after(with_open)
    if begun.after(second[:place]).least is None:
        assert seen == replace(begun.after(second[:place]), opened=True)
        return
    for apart in (0.0, 0.5, 1.0):
        closed = [*second[:place], replace(EMPTY, apart=apart), *second[place:]]
        assert seen.log_e <= begun.after(closed).log_e + 1e-9


def test_a_session_read_back_from_its_record_is_the_same():
    (session,) = account([scored(1, equivalence=1.0, noise_floor=1.0)]).look([], LATE).joined
    assert (session.floor, session.apart) == (1.0, 0.0)
    written = json.loads(json.dumps(session.told()).replace("1.0", "1"))
    assert isinstance(retold(written).floor, float)
    assert retold(written) == session


def test_of_answers_that_stand_alone_it_says_nothing_not_even_of_failures():
    alone = failure(scored(1, noise_floor=None, unpaired="sampling"))
    (session,) = account([alone]).look([], LATE).joined
    assert session.apart is None
    (session,) = account([failure(scored(2, noise_floor=None))]).look([], LATE).joined
    assert session.apart == 1.0


def test_behind_a_session_that_may_still_be_of_the_floor_nothing_is_known():
    found = account(asked(AT_LEAST - 1) + asked(1, start=200) + unasked(50, 300, 0.1))
    pending = [("open", 150 * SECOND)]
    seen = found.look(pending, 0)
    assert seen.started.drift.least is None
    assert len(seen.closed.drift.floor) == AT_LEAST - 1
    assert seen.started.drift.log_e == 0.0


def test_an_open_session_after_the_floor_counts_as_the_best():
    found = account(asked(AT_LEAST) + unasked(30, 200, 0.3))
    alone = found.look([], LATE).closed.drift
    with_open = alone.after([OpenSession("open", LATE)])
    assert with_open.log_e <= alone.log_e and with_open.n == alone.n


def test_the_floor_is_kept_through_an_attempt_and_harm_starts_afresh():
    found = account(asked(AT_LEAST) + unasked(20, 200, 0.3))
    before = found.look([], LATE).closed.drift
    after = found.next(Stage.CANARY).closed.drift
    assert after.least == before.least and (after.n, after.log_e) == (0, 0.0)
    assert found.next(Stage.CANARY).next(Stage.LIVE).closed.drift.least == before.least
    half = account(asked(60))
    half.look([], LATE)
    half = half.next(Stage.CANARY)
    half.take(asked(40, start=100))
    assert half.look([], LATE).closed.drift.least is not None


def test_where_the_primary_is_never_asked_again_there_is_no_floor():
    assert Drift.begin(rules(basis=Basis.BAR), Stage.MIRROR) is None


@pytest.mark.parametrize(
    ("burst", "wanted"), [(0, 100), (150, 150), (200, 200), (100_000, 200)]
)
def test_a_floor_is_as_many_sessions_as_the_burst_within_reason(burst, wanted):
    often = Terms(sampling=Sampling(reask_burst=burst))
    assert Drift.begin(Rules(often, Basis.NOISE), Stage.MIRROR).wanted == wanted


def test_a_floor_within_the_margin_of_nothing_shows_nothing():
    drift = account(asked(AT_LEAST, floor=0.06) + unasked(50, 200, 0.0)).look([], LATE)
    assert drift.closed.drift.log_e == 0.0
    assert "too little for anything to be shown" in drift.closed.drift.sentence


@pytest.mark.parametrize("stage", [Stage.MIRROR, Stage.CANARY, Stage.LIVE])
def test_sessions_that_were_not_asked_again_roll_back_where_it_acts(stage):
    rows = asked(AT_LEAST) + unasked(40, 200, 0.3)
    verdict = verdict_of(account(rows, stage=stage), stage=stage)
    many = verdict_of(account(rows + unasked(100, 300, 0.3), stage=stage), stage=stage)
    assert many.kind is Kind.ROLL_BACK
    assert any(
        reason.startswith("drift: agreement with the primary is 0.") for reason in many.reasons
    )
    assert verdict.harm_log10 <= many.harm_log10


def test_as_alike_as_at_first_it_finds_no_harm():
    verdict = verdict_of(account(asked(AT_LEAST) + unasked(400, 200)))
    assert verdict.kind is Kind.PROMOTE
    (told,) = [gate for gate in verdict.gates if gate.gate == "drift"]
    assert told.sentence.endswith(": no harm shown") and not told.asked
    assert told.n == 400 and told.mean == pytest.approx(0.85)


def test_it_only_tells_or_only_holds_where_it_does_not_act():
    rows = asked(AT_LEAST) + unasked(140, 200, 0.3)
    observed = verdict_of(account(rows, Mode.OBSERVE), Mode.OBSERVE)
    assert observed.kind is Kind.PROMOTE
    assert observed.gates[-1].sentence.endswith("shown to be worse than that (observed only)")
    held = verdict_of(account(rows, Mode.HOLD), Mode.HOLD)
    assert held.kind is Kind.HOLD and held.waits_for == "agreement as at first"
    live = verdict_of(account(rows, Mode.HOLD, Stage.LIVE), Mode.HOLD, Stage.LIVE)
    assert live.kind is Kind.HOLD and live.reasons[-1].startswith("drift:")


def test_the_bound_of_a_later_attempt_is_wrong_as_seldom_as_all_else_of_it():
    first, third = (
        folded(rules(), [Part(Standing(1, Stage.MIRROR, 0, attempt=attempt), ())], Stage.MIRROR)
        for attempt in (1, 3)
    )
    levels = [one.closed.drift.log_bound_at for one in (first, third)]
    budgets = [log_roll_back_at(terms(), Stage.MIRROR, attempt) for attempt in (1, 3)]
    assert levels[1] - levels[0] == pytest.approx(math.log(9))
    assert budgets[1] - budgets[0] == pytest.approx(math.log(9))
    later = third.next(Stage.CANARY)
    assert later.closed.drift.log_bound_at == levels[1]  # once an attempt
    for one in (first, third):
        one.take(asked(AT_LEAST))
    bounds = [one.look([], LATE).closed.drift.least for one in (first, third)]
    assert bounds[1] < bounds[0]


def test_where_it_acts_the_bound_is_paid_for_and_elsewhere_nothing_changes():
    step = (Stage.CANARY, 1)
    acting = log_roll_back_at(terms(Mode.ACT), *step)
    assert log_roll_back_at(terms(Mode.OBSERVE), *step) == log_roll_back_at(REHEARSAL, *step)
    assert acting == pytest.approx(log_roll_back_at(REHEARSAL, *step) - math.log1p(-FLOOR_PART))
    assert Terms().gates.drift.mode is Mode.OBSERVE


def test_it_is_told_while_the_floor_is_taken_and_says_nothing_before():
    assert verdict_of(account(unasked(30, 0))).gates[-1].gate != "drift"
    told = verdict_of(account(asked(30))).gates[-1]
    assert told.sentence.startswith("drift: 30 of 100 sessions asked again have told")
    assert (told.n, told.mean, told.against_log10) == (0, None, 0.0)


def test_a_drift_after_the_floor_rolls_back_and_comes_out_again(home):
    store = Store.open(home.store_url)
    world = World(store, home, a_policy(terms=terms()))
    world.tick()
    world.good(AT_LEAST)
    world.until("rolled_back", equivalence=0.4, noise_floor=None)
    assert any(reason.startswith("drift:") for reason in world.view().reasons)
    declared = dossier.rules_of(world.policy, world.policy.rollouts[0])
    with store.read() as conn:
        again = list(replay(conn, world.key, lambda sha256: declared))
    assert [one.evidence.outcome for one in again] == [Outcome.EQUAL]
    assert [one.verdict.outcome for one in again] == [Outcome.EQUAL]
    store.close()


def test_sessions_of_an_older_version_are_replayed_without_what_they_could_not_tell(home):
    from sqlalchemy import update

    from cutover import tables

    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.good(5)
    with store.write() as conn:
        table = tables.observation
        for row in conn.execute(table.select()).all():
            values = json.loads(row.values)
            del values["floor"], values["apart"]
            where = (table.c.epoch == row.epoch, table.c.number == row.number)
            conn.execute(update(table).where(*where).values(values=json.dumps(values)))
    declared = dossier.rules_of(world.policy, world.policy.rollouts[0])
    with store.read() as conn:
        (again,) = replay(conn, world.key, lambda sha256: declared)
    assert again.evidence.outcome is Outcome.EQUAL
    store.close()
