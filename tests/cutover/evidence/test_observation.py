"""What one session says: each kind of exchange, at each gate."""

import json
from dataclasses import replace

import pytest
import rfc8785
from builders import REHEARSAL, REHEARSAL_RULES, failure, missed, scored, unasked
from hypothesis import given
from hypothesis import strategies as st

from compare.comparison import Attribution
from cutover.evidence.gates import Basis, Gate
from cutover.evidence.observation import Rules, observe, retold
from policies.gates import CodeGate, FlagsGate, RelativeLatencyGate

BAR_RULES = Rules(REHEARSAL, Basis.BAR)


def of(*rows, rules=REHEARSAL_RULES, repeats=()):
    return observe(rules, "s", 0, rows, repeats)


def at_gates(session):
    """What the four gates saw that always look."""
    return tuple(session.badness.get(gate) for gate in list(Gate)[:4])


GOOD = scored(1)
STREAM = scored(1, streaming=True, candidate_us=9_000_000, candidate_first_token_us=700_000)


@pytest.mark.parametrize(
    ("row", "badness"),
    [
        (GOOD, (0.5, 0, 0, 0)),
        (scored(1, equivalence=0.80), (0.65, 0, 0, 0)),  # exactly at the margin
        (scored(1, equivalence=0.10), (1, 0, 0, 0)),  # clipped
        (scored(1, equivalence=None), (None, 0, 0, 0)),
        (scored(1, noise_floor=None), (None, 0, 0, 0)),
        (scored(1, fail_codes=("REFUSAL", "EMPTY")), (0.5, 0, 0, 1)),
        (scored(1, candidate_us=2_000_000), (0.5, 0, 0, 0)),
        (scored(1, candidate_us=2_000_001), (0.5, 0, 1, 0)),
        (scored(1, candidate_us=None), (0.5, 0, None, 0)),
        (STREAM, (0.5, 0, 0, 0)),
        (replace(STREAM, candidate_first_token_us=800_001), (0.5, 0, 1, 0)),
        (replace(STREAM, candidate_first_token_us=None), (0.5, 0, 1, 0)),
        (failure(GOOD), (1, 1, 1, 1)),
        (failure(scored(1, noise_floor=None)), (None, 1, 1, 1)),
        (
            scored(
                1, attribution=Attribution.PRIMARY_FAILED, equivalence=None, noise_floor=None
            ),
            (None, 0, 0, 0),
        ),
        (
            scored(
                1,
                attribution=Attribution.BOTH_FAILED,
                equivalence=None,
                noise_floor=None,
                candidate_us=9_000_000,
            ),
            (None, 0, None, 0),
        ),
    ],
)
def test_one_exchange_at_the_four_gates(row, badness):
    assert at_gates(of(row)) == pytest.approx(badness)


@pytest.mark.parametrize(
    ("row", "badness"),
    [
        (scored(1, equivalence=0.7), 0.3),
        (scored(1, equivalence=0.7, noise_floor=None), 0.3),
        (failure(GOOD), 1.0),
        (scored(1, equivalence=None), None),
    ],
)
def test_without_asking_again_agreement_itself_is_observed(row, badness):
    assert of(row, rules=BAR_RULES).badness.get("equivalence") == (
        badness if badness is None else pytest.approx(badness)
    )


def test_a_session_is_the_mean_of_its_exchanges_clipped_after_averaging():
    rows = [scored(1, equivalence=0.0, noise_floor=1.0), scored(2, equivalence=1.0)]
    # Differences -1 and 0.05: their mean -0.475 is inside the clip of 0.5, clipped first they were -0.225.
    assert of(*rows).badness["equivalence"] == pytest.approx((1 + 0.475 / 0.5) / 2)
    flagged = [scored(n, fail_codes=("X",) * (n == 1)) for n in range(4)]
    assert of(*flagged).badness["flags"] == pytest.approx(0.25)


def test_against_the_same_recorded_answer_the_candidate_is_compared_once():
    rows = [scored(1, recorded_key="old", fail_codes=("X",)), scored(2, recorded_key="new")]
    session = of(*rows, repeats={"e000001"})
    assert (session.fresh, session.repeated, session.asked) == (1, 1, 2)
    assert (session.keys, session.fail_codes) == (("new",), ())
    assert session.badness["flags"] == 0


def test_what_the_candidate_does_counts_each_time_it_is_asked():
    slow = scored(1, recorded_key="old", candidate_us=9_000_000)
    session = of(failure(slow), slow, repeats={"e000001"})
    assert (session.fresh, session.keys) == (0, ())
    assert session.badness == {"errors": 0.5, "latency": 1.0}


def test_what_was_scored_and_what_was_not_is_counted():
    session = of(scored(1), scored(2, equivalence=None), failure(scored(3)))
    assert (session.scored, session.unscored) == (1, 1)


def test_only_answers_that_reached_a_client_count_as_served():
    served = scored(1, serving="candidate")
    assert of(served).answered == 1
    failed_over = of(failure(served))
    assert (failed_over.served, failed_over.answered) == (True, 0)
    assert (of(GOOD).served, of(GOOD).answered) == (False, 0)


def test_what_the_candidate_lacks_is_counted_apart_and_says_nothing_else():
    alone = of(unasked(1, recorded_key="k"))
    assert (alone.badness, alone.fresh, alone.gaps) == ({}, 0, 1)
    assert (alone.repeated, alone.unscored, alone.keys) == (0, 0, ())
    beside = of(unasked(1), failure(scored(2)), scored(3))
    assert beside.badness == of(failure(scored(2)), scored(3)).badness
    assert (beside.gaps, beside.fresh) == (1, 2)


def test_a_candidates_copy_that_was_sent_late_is_no_evidence_of_speed_and_is_counted():
    slow = scored(1, candidate_us=9_000_000, late="candidate")
    alone = of(slow)
    assert (at_gates(alone), alone.late) == ((0.5, 0, None, 0), 1)
    failed = of(failure(slow))
    assert (at_gates(failed), failed.late) == ((1, 1, None, 1), 1)
    assert of(slow, scored(2)).badness["latency"] == 0


def test_what_the_candidate_served_is_evidence_of_speed_however_late_the_primarys_copy():
    served = scored(1, serving="candidate", candidate_us=9_000_000, late="primary")
    assert (of(served).badness["latency"], of(served).late) == (1, 0)


def test_a_session_that_was_kept_before_something_was_counted_had_none_of_it():
    told = of(scored(1)).told()
    del told["gaps"], told["late"], told["asked"]
    assert retold(told) == replace(of(scored(1)), asked=0)


def test_a_session_that_was_kept_as_a_list_of_four_tells_the_gates_of_then():
    session = of(scored(1, noise_floor=None, candidate_us=9_000_000))
    told = session.told() | {"badness": [None, 0.0, 1.0, 0.0]}
    assert retold(json.loads(json.dumps(told))).badness == {
        "errors": 0.0,
        "latency": 1.0,
        "flags": 0.0,
    }


def test_a_session_is_the_same_after_it_was_kept_as_json():
    session = of(scored(1, recorded_key="k", fail_codes=("X",)), failure(scored(2)))
    assert retold(json.loads(json.dumps(session.told()))) == session


def test_canonical_json_takes_no_fraction_for_a_whole_number():
    session = of(failure(scored(1)))
    again = retold(json.loads(rfc8785.dumps(session.told())))
    assert 1.0 in again.badness.values()
    assert all(isinstance(x, float) for x in again.badness.values())


rows = st.builds(
    scored,
    st.integers(0, 999),
    equivalence=st.floats(0, 1),
    noise_floor=st.one_of(st.none(), st.floats(0, 1)),
    fail_codes=st.sampled_from([(), ("X",)]),
    candidate_us=st.integers(0, 4_000_000),
    candidate_first_token_us=st.one_of(st.none(), st.integers(0, 2_000_000)),
    streaming=st.booleans(),
    signals=st.sampled_from(
        [{}, {"schema_primary": 1.0, "schema_candidate": 1.0}, {"schema_primary": 0.0}]
    ),
    late=st.sampled_from(["", "", "primary", "candidate"]),
)
ALL = REHEARSAL.gates.model_copy(
    update={
        "relative_latency": RelativeLatencyGate(),
        "flags": FlagsGate(at_most=0.15, weight=0.35, codes={"X": CodeGate(at_most=0.01)}),
    }
)


@given(st.lists(rows, min_size=1, max_size=5), st.data(), st.sampled_from(Basis))
def test_a_failure_in_place_of_an_answer_is_worse_at_every_gate(answered, data, basis):
    at = data.draw(st.integers(0, len(answered) - 1))
    failed = [failure(row) if i == at else row for i, row in enumerate(answered)]
    rules = Rules(REHEARSAL.model_copy(update={"gates": ALL}), basis)
    before, after = of(*answered, rules=rules), of(*failed, rules=rules)
    for gate, was in before.badness.items():
        assert after.badness[gate] >= was - 1e-12


def test_a_client_that_left_early_is_no_evidence_and_one_that_left_late_is_of_speed_alone():
    told = {"attribution": "client_left", "serving": "candidate", "equivalence": None}
    early = scored(1, session="s", candidate_us=200_000, **told)
    late = scored(2, session="s", candidate_us=3_000_000, **told)
    found = observe(REHEARSAL_RULES, "s", 0, [early, late], set())
    assert (found.fresh, found.repeated, found.gaps, found.answered) == (1, 0, 0, 0)
    assert found.badness == {"latency": 1.0}
    assert observe(REHEARSAL_RULES, "s", 0, [early], set()).fresh == 0


def test_a_copy_that_was_shed_is_missing_and_says_nothing_else():
    found = of(GOOD, missed(2, session="s"), missed(3, session="s"))
    assert (found.lost, found.fresh, found.asked, found.gaps, found.repeated) == (2, 1, 1, 0, 0)
    assert found.badness == of(GOOD).badness
    alone = of(missed(2))
    assert (alone.lost, alone.fresh, alone.badness, alone.unpaired) == (1, 0, {}, 0)
