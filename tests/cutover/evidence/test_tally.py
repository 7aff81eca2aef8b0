"""A standing's tally is a function of its sessions in start order, however it was folded."""

from dataclasses import replace

import pytest
from builders import REHEARSAL, REHEARSAL_RULES, SECOND, failure, missed, scored, unasked
from hypothesis import given, settings
from hypothesis import strategies as st

from cutover.evidence.eprocess import MeanAboveLately, MeanAboveSince
from cutover.evidence.gates import Basis, Gate, demands, log_roll_back_at
from cutover.evidence.observation import OpenSession, bare
from cutover.evidence.tally import Account, Tally
from cutover.stages import Stage
from policies.policy import Sessions, Terms

LATE = 10**15
REHEARSAL_GATES = demands(REHEARSAL.gates, Basis.NOISE)


def account(rows, stage=Stage.MIRROR, step=0):
    found = Account.begin(REHEARSAL_RULES, stage, step)
    found.take(rows)
    return found


rows = st.lists(
    st.builds(
        dict,
        equivalence=st.one_of(st.none(), st.floats(0, 1)),
        fail_codes=st.sampled_from([(), (), ("X",)]),
        candidate_us=st.integers(0, 4_000_000),
        serving=st.sampled_from(["primary", "candidate"]),
        recorded_key=st.sampled_from(["", "", "k1", "k2"]),
    ),
    max_size=30,
)
stages = st.sampled_from(
    [(Stage.MIRROR, 0), (Stage.CANARY, 0), (Stage.CANARY, 1), (Stage.LIVE, 0)]
)


@given(rows, stages, st.integers(1, 7))
def test_looking_in_between_changes_nothing(values, stage, stride):
    exchanges = [scored(n, **each) for n, each in enumerate(values)]
    at_once = account(exchanges, *stage).look([], LATE).closed
    often = Account.begin(REHEARSAL_RULES, *stage)
    for start in range(0, len(exchanges), stride):
        often.take(exchanges[start : start + stride])
        often.look([], LATE)
    assert often.look([], LATE).closed == at_once


@given(rows, stages)
def test_a_restart_from_recorded_sessions_changes_nothing(values, stage):
    exchanges = [scored(n, **each) for n, each in enumerate(values)]
    first = account(exchanges[:20], *stage)
    joined = first.look([], LATE).joined
    second = Account.begin(REHEARSAL_RULES, *stage)
    second.resume(joined)
    for each in (first, second):
        each.take(exchanges)
    assert second.look([], LATE) == first.look([], LATE)


@given(rows, stages, st.integers(1, 5))
def test_a_longer_open_tail_never_raises_any_evidence(values, stage, more):
    exchanges = [scored(n, **each) for n, each in enumerate(values)]
    short = account(exchanges, *stage).look([], LATE)
    pending = [(f"open{n}", (100 + n) * SECOND) for n in range(more)]
    long = account(exchanges, *stage).look(pending, LATE)
    for place in range(len(REHEARSAL_GATES)):
        assert long.log_shown(place) <= short.log_shown(place) + 1e-9
    assert long.worse.log_harm <= short.worse.log_harm + 1e-9


LONG = replace(
    REHEARSAL_RULES,
    terms=REHEARSAL.model_copy(update={"sessions": Sessions(exchanges=3, open_s=50)}),
)


@settings(deadline=None)
@given(rows, stages, st.data())
def test_a_look_shows_no_more_than_the_same_sessions_when_they_are_whole(values, stage, data):
    """Whatever the open ones become; the place of a session whose answer counts elsewhere is theirs too."""
    chances = st.sampled_from("abcdefghij")
    exchanges = [
        scored(n, session=data.draw(chances), at_us=n * SECOND, **each)
        for n, each in enumerate(values)
    ]
    now = data.draw(st.integers(0, len(exchanges)))
    pending = [row for row in exchanges[:now] if data.draw(st.integers(0, 3)) == 0]
    found = Account.begin(LONG, *stage)
    found.take([row for row in exchanges[:now] if row not in pending])
    waits = [(row.session, row.accepted_us) for row in pending]
    early = found.look(waits, now * SECOND)
    whole = Account.begin(LONG, *stage)
    whole.take(exchanges)
    line = whole.look([], LATE).joined
    begun = {(one.id, one.start_us) for one in (*early.joined, *early.tail)}
    same = Tally.begin(LONG, *stage).after([s for s in line if (s.id, s.start_us) in begun])
    started = early.closed.after(early.tail)
    assert early.started == (early.closed if bare(early.tail) else started)
    assert started.log_harm <= same.log_harm + 1e-9
    for place, gate in enumerate(same.gates):
        assert started.gates[place].harm.log_e <= gate.harm.log_e + 1e-9
        assert started.gates[place].shown.log_e <= gate.shown.log_e + 1e-9


def test_an_outage_in_sessions_of_one_exchange_is_heard_while_they_are_open():
    rules = replace(REHEARSAL_RULES, terms=Terms())
    found = Account.begin(rules, Stage.CANARY)
    at_needed = log_roll_back_at(rules.terms, Stage.CANARY, 1)
    for second in range(1, 60):
        found.take([failure(scored(second, recorded_key=f"k{second}"))])
        views = found.look([(f"s{second + 1}", (second + 1) * SECOND)], (second + 1) * SECOND)
        if views.worse.log_harm >= at_needed:
            break
    assert second <= 8
    assert views.closed.sessions == 0


@given(rows, stages, st.data())
def test_more_failures_never_speak_for_the_candidate(values, stage, data):
    exchanges = [scored(n, **each) for n, each in enumerate(values)]
    which = data.draw(st.sets(st.integers(0, max(0, len(values) - 1)), max_size=5))
    worse = [failure(row) if n in which else row for n, row in enumerate(exchanges)]
    before, after = (account(each, *stage).look([], LATE) for each in (exchanges, worse))
    for place in range(len(REHEARSAL_GATES)):
        assert after.log_shown(place) <= before.log_shown(place) + 1e-9
    assert after.worse.log_harm >= before.worse.log_harm - 1e-9
    assert after.started.served <= before.started.served


def test_one_slow_session_does_not_hide_an_outage():
    outage = [failure(scored(n)) for n in range(1, 20)]
    views = account(outage).look([("slow", 0)], LATE)
    assert views.closed.sessions == 0
    assert views.worse is views.started
    assert views.worse.log_harm > 10


def test_harm_is_heard_by_detectors_that_restart_in_live_only():
    for stage, kind in [(Stage.CANARY, MeanAboveSince), (Stage.LIVE, MeanAboveLately)]:
        tally = Tally.begin(REHEARSAL_RULES, stage)
        assert {type(gate.harm) for gate in tally.gates} == {kind}


def test_where_latency_must_be_shown_anew_only_served_sessions_show_it():
    exchanges = [scored(n, serving="candidate" if n % 2 else "primary") for n in range(20)]
    for step, shown in [(0, 20), (1, 10)]:
        gate = account(exchanges, Stage.CANARY, step).look([], LATE).closed.gates[2]
        assert (gate.demand.gate, gate.shown.n, gate.n) == (Gate.LATENCY, shown, shown)
        assert gate.harm.n == 20


def test_the_next_standing_starts_afresh_and_remembers_which_answers_counted():
    mirror = account([scored(n, recorded_key=f"k{n}") for n in range(50)])
    shown = mirror.look([], LATE)
    canary = mirror.next(Stage.CANARY)
    canary.take([scored(60, recorded_key="k3"), scored(61, recorded_key="new")])
    views = canary.look([], LATE)
    assert (views.closed.sessions, views.closed.repeated) == (1, 1)
    assert views.carried == {gate.demand.name: gate.shown.log_e for gate in shown.closed.gates}
    assert canary.next(Stage.CANARY, 1).carried == views.carried


def test_what_is_beside_the_evidence_is_counted():
    exchanges = [
        scored(1, serving="candidate", fail_codes=("A", "B")),
        scored(2, equivalence=None, fail_codes=("A",)),
        failure(scored(3, serving="candidate")),
        unasked(5),
    ]
    tally = account(exchanges).look([("open", 4 * SECOND)], LATE).started
    assert (tally.sessions, tally.served, tally.scored, tally.unscored) == (3, 1, 1, 1)
    assert tally.missing == 0.5
    assert (tally.gaps, tally.lacking) == (1, 1 / 3)
    assert tally.codes == {"A": 2, "B": 1}
    assert (tally.first_us, tally.last_us) == (1 * SECOND, 3 * SECOND)
    more = account([*exchanges, missed(6), missed(7)]).look([], LATE).closed
    assert (more.sessions, more.lost, more.missing, more.astray) == (3, 2, 3 / 4, 2 / 4)
    before = account(exchanges).look([], LATE).closed
    assert [gate.shown for gate in more.gates] == [gate.shown for gate in before.gates]
    assert tally.gates[1].mean == pytest.approx(1 / 3)
    empty = Tally.begin(REHEARSAL_RULES, Stage.MIRROR)
    assert (empty.missing, empty.gates[0].mean) == (0, None)
    assert empty.after([]) is empty
    assert empty.after([OpenSession("open", 1)]).first_us is None


def test_the_first_start_is_the_earliest_however_late_its_session_joined():
    ran = Account.begin(REHEARSAL_RULES, Stage.MIRROR)
    joined = []
    for number, at_s in enumerate((7_200, 100)):
        ran.take([scored(number, at_s=at_s)])
        joined += ran.look([], LATE).joined
    again = Account.begin(REHEARSAL_RULES, Stage.MIRROR)
    again.resume(joined)
    assert ran.closed == again.closed
    assert ran.closed.first_us == ran.closed.pace.first_us == 100 * SECOND
