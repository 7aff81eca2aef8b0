import pytest
from builders import replied

from compare import legs
from compare.comparison import Attribution
from mirror.exchange import Attempt, End, Leg, Side


def test_sides_are_found_by_side_and_not_by_leg():
    served = replied(1, side=Side.CANDIDATE, total_us=100, first_token_us=30)
    shadow = replied(1, Leg.SHADOW, side=Side.PRIMARY, total_us=900)
    found = legs.of({Leg.SERVED: served, Leg.SHADOW: shadow})
    assert (found.candidate, found.primary) == (served, shadow)
    assert found.times() == {
        "candidate_us": 100,
        "candidate_first_token_us": 30,
        "primary_us": 900,
        "primary_first_token_us": None,
    }


def test_a_candidate_that_was_failed_over_is_that_failure_whatever_its_shadow_says():
    tried = Attempt(Side.CANDIDATE, "gpu", "onprem", End.TIMEOUT, None, 10_000_000)
    served = replied(1, side=Side.PRIMARY, failed_over=(tried,), total_us=500)
    again = replied(1, Leg.SHADOW, side=Side.CANDIDATE)
    found = legs.of({Leg.SERVED: served, Leg.SHADOW: again})
    assert found.candidate is None and found.failed_over == tried
    assert found.candidate_us == 10_000_000
    assert found.primary == served


def test_a_candidate_that_was_full_did_not_fail_and_its_copy_speaks_for_it():
    full = Attempt(Side.CANDIDATE, "gpu", "onprem", End.AT_CAPACITY, None, 0)
    served = replied(1, side=Side.PRIMARY, failed_over=(full,))
    copy = replied(1, Leg.SHADOW, side=Side.CANDIDATE, total_us=70)
    found = legs.of({Leg.SERVED: served, Leg.SHADOW: copy})
    assert (found.primary, found.candidate, found.failed_over) == (served, copy, None)
    assert found.candidate_us == 70


def test_a_second_primary_answer_is_the_served_one_and_the_reask_stands_apart():
    replies = {leg: replied(1, leg, side=Side.PRIMARY, total_us=n) for n, leg in enumerate(Leg)}
    found = legs.of(replies)
    assert found.primary == replies[Leg.SERVED] and found.reask == replies[Leg.REASK]
    assert found.candidate is None and found.candidate_us is None


@pytest.mark.parametrize(
    ("primary", "candidate", "who"),
    [
        (True, True, Attribution.BOTH_ANSWERED),
        (True, False, Attribution.CANDIDATE_FAILED),
        (False, True, Attribution.PRIMARY_FAILED),
        (False, False, Attribution.BOTH_FAILED),
    ],
)
def test_who_failed_is_told_in_four_ways(primary, candidate, who):
    assert legs.attribute(primary=primary, candidate=candidate) is who


def test_a_candidate_that_was_not_asked_took_no_time():
    shadow = replied(1, Leg.SHADOW, end=End.CAPABILITY_GAP, error="`n`: one choice", total_us=3)
    found = legs.of({Leg.SERVED: replied(1), Leg.SHADOW: shadow})
    assert (found.lacks, found.candidate_us) == ("`n`: one choice", None)
    tried = Attempt(Side.CANDIDATE, "gpu", "onprem", End.CAPABILITY_GAP, None, 9)
    found = legs.of({Leg.SERVED: replied(1, failed_over=(tried,))})
    assert found.lacks and found.candidate_us is None
    assert legs.of({Leg.SERVED: replied(1), Leg.SHADOW: replied(1, Leg.SHADOW)}).lacks == ""


LEFT = {"side": Side.CANDIDATE, "end": End.CLIENT_ABORT, "total_us": 3_000_000}


@pytest.mark.parametrize(
    ("changes", "at_least_us"),
    [
        ({}, 3_000_000),
        ({"content_type": "application/json", "first_byte_us": 400_000}, 400_000),
        ({"content_type": "text/event-stream", "first_byte_us": 400_000}, 3_000_000),
    ],
)
def test_where_the_client_left_only_how_long_it_had_taken_is_known(changes, at_least_us):
    found = legs.of({Leg.SERVED: replied(1, **LEFT, **changes)})
    assert found.left and found.candidate_us == at_least_us
    for answered in (True, False):
        who = found.attribution(primary=answered, candidate=False, asked=True)
        assert who is Attribution.CLIENT_LEFT


def test_a_candidate_that_had_failed_before_its_client_left_had_its_turn():
    tried = Attempt(Side.CANDIDATE, "gpu", "onprem", End.TIMEOUT, None, 10_000_000)
    left = replied(1, end=End.CLIENT_ABORT, failed_over=(tried,))
    found = legs.of({Leg.SERVED: left})
    who = found.attribution(primary=False, candidate=False, asked=True)
    assert who is Attribution.CANDIDATE_FAILED
