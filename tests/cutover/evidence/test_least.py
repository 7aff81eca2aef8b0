"""What an open session can come to at the least, at each gate."""

from dataclasses import replace

import pytest
from builders import REHEARSAL, REHEARSAL_RULES, SECOND, failure, scored, unasked
from hypothesis import given, settings
from hypothesis import strategies as st

from cutover.evidence.conversation import Part
from cutover.evidence.gates import Basis, Rules
from cutover.evidence.least import floors
from cutover.evidence.observation import observe
from cutover.evidence.sessions import Book
from policies.policy import Sessions

BAR_RULES = Rules(REHEARSAL, Basis.BAR)
BAD = failure(scored(1))


def least(*rows, remaining=3, settled=True, standings=None, rules=REHEARSAL_RULES):
    part = Part("s", 0, rows, remaining, settled)
    return floors(rules, part, standings or [True] * len(rows))


def test_a_failure_is_a_part_of_what_the_session_may_hold():
    assert least(BAD, scored(2), remaining=3) == {
        "errors": 0.2,
        "latency": 0.2,
        "flags": 0.2,
        "severe": 0.2,
    }
    assert least(scored(1)) == {}


def test_an_exchange_that_says_nothing_to_a_gate_makes_the_rest_weigh_more():
    untimed = scored(2, candidate_us=None)
    assert least(BAD, untimed)["latency"] == 1 / 4
    assert least(BAD, unasked(2))["errors"] == 1 / 4


def test_whose_answer_may_count_elsewhere_counts_where_the_candidate_is_alone_with_itself():
    assert least(BAD, standings=[None]) == {"errors": 1 / 4, "latency": 1 / 4}
    assert least(BAD, standings=[False]) == {"errors": 1 / 4, "latency": 1 / 4}
    flagged = scored(2, fail_codes=("X",))
    assert least(BAD, flagged, standings=[None, True])["flags"] == 1 / 5


def test_a_difference_that_may_be_turned_is_nothing_and_disagreement_is_counted():
    far = scored(1, equivalence=0.25)
    assert "equivalence" not in least(far)
    assert least(far, rules=BAR_RULES)["equivalence"] == pytest.approx(0.75 / 4)


def test_behind_an_open_session_of_the_same_id_nothing_is_sure():
    assert least(BAD, settled=False) == {}


answers = st.builds(
    scored,
    st.integers(0, 999),
    equivalence=st.one_of(st.none(), st.floats(0, 1)),
    noise_floor=st.one_of(st.none(), st.floats(0, 1)),
    fail_codes=st.sampled_from([(), ("X",)]),
    candidate_us=st.sampled_from([None, 500_000, 9_000_000]),
    streaming=st.booleans(),
    signals=st.sampled_from([{}, {"schema_primary": 1.0, "schema_candidate": 0.0}]),
    late=st.sampled_from(["", "candidate"]),
    unpaired=st.sampled_from(["", "sampling"]),
    recorded_key=st.just("k"),
)
exchanges = st.one_of(answers, answers.map(failure), st.builds(unasked, st.integers(0, 999)))


@settings(deadline=None)
@given(
    st.lists(exchanges, min_size=1, max_size=5),
    st.data(),
    st.sampled_from([Basis.NOISE, Basis.BAR]),
)
def test_no_completion_is_less_bad(known, data, basis):
    rules = Rules(REHEARSAL, basis)
    remaining = 5 - len(known)
    standings = data.draw(st.tuples(*[st.sampled_from([True, False, None]) for _ in known]))
    part = Part("s", 0, tuple(known), remaining, True)
    found = floors(rules, part, standings)
    more = data.draw(st.lists(exchanges, max_size=remaining))
    every = [replace(row, exchange_id=f"{n}") for n, row in enumerate([*known, *more])]
    known = every[: len(known)]
    repeats = {
        row.exchange_id
        for row, first in zip(known, standings, strict=True)
        if first is False or (first is None and data.draw(st.booleans()))
    }
    became = observe(rules, "s", 0, every, repeats)
    for gate, bad in found.items():
        assert bad > 0
        assert became.badness[gate] >= bad - 1e-12


def test_while_one_waits_that_may_say_by_which_comparators_all_count_no_pair_is_sure():
    rules = Rules(
        REHEARSAL.model_copy(update={"sessions": Sessions(exchanges=3, open_s=600)}), Basis.BAR
    )
    bad = [scored(n, session="s", comparators="new", equivalence=0.0) for n in (5, 6)]
    for waits_s, known in ((4, False), (7, True)):
        book = Book(rules)
        book.take(bad)
        (still,) = book.look([("s", waits_s * SECOND)], 8 * SECOND).tail
        assert ("equivalence" in still.floors) is known
        book.take([scored(waits_s, session="s", comparators="old", equivalence=1.0)])
        (became,) = book.look([], 9 * SECOND).closed
        assert became.badness["equivalence"] >= still.floors.get("equivalence", 0.0)
