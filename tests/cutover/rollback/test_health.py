"""The total table of where harm may go."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.rollback.health import LONGEST_US, Health, way_back
from policies.failover import CircuitBreaker

BREAKER = CircuitBreaker()
UNKNOWN = Health()
WELL = Health(100, 2)
FAILS = Health(80, 20)
WORSE = Health(40, 60)
DRAINED = Health(100, 0, drained=True)
HEALTHS = {"unknown": UNKNOWN, "well": WELL, "fails": FAILS, "worse": WORSE, "drained": DRAINED}

# Where the primary fails: whether slow or failing (False) and bad answers (True) go back all the same.
GOES = {
    ("fails", "unknown"): (False, True),
    ("fails", "well"): (False, True),
    ("fails", "fails"): (False, True),
    ("fails", "worse"): (True, True),
    ("fails", "drained"): (True, True),
    ("worse", "unknown"): (False, True),
    ("worse", "well"): (False, True),
    ("worse", "fails"): (False, True),
    ("worse", "worse"): (False, True),
    ("worse", "drained"): (False, True),
    ("drained", "unknown"): (False, True),
    ("drained", "well"): (False, True),
    ("drained", "fails"): (False, True),
    ("drained", "worse"): (False, True),
    ("drained", "drained"): (False, True),
}


@pytest.mark.parametrize("answers", [False, True])
@pytest.mark.parametrize("case", list(itertools.product(HEALTHS, HEALTHS)), ids=str)
def test_every_pair_of_sides_has_one_way(case, answers):
    primary, candidate = (HEALTHS[one] for one in case)
    found = way_back(primary, candidate, answers=answers, breaker=BREAKER)
    assert found.go == GOES.get(case, (True, True))[answers]
    assert bool(found.alarm) == (case in GOES)


def test_where_both_sides_fail_it_says_so():
    found = way_back(FAILS, FAILS, answers=False, breaker=BREAKER)
    assert found.alarm == (
        "both sides fail: the primary failed 20 % of its last 100 requests, the candidate failed "
        "20 % of its last 100 requests; the primary is no better"
    )


def test_a_primary_of_which_too_little_is_known_stops_nothing():
    assert not Health(0, BREAKER.at_least - 1).fails(BREAKER)
    assert Health(0, BREAKER.at_least).fails(BREAKER)
    assert not Health(95, 5).fails(BREAKER)  # the bar is "more than"


@pytest.mark.parametrize(
    ("primary", "candidate", "goes"),
    [
        (Health(94, 6), WELL, True),
        (Health(94, 6), Health(90, 10), True),
        (Health(81, 19), WELL, True),
        (FAILS, WELL, False),  # a fifth: it answers, and a slow candidate does better
        (FAILS, UNKNOWN, False),
        (FAILS, Health(79, 21), True),
        (WORSE, FAILS, False),
        (Health(0, 100), FAILS, False),
        (DRAINED, WELL, False),
        (DRAINED, WORSE, False),
    ],
    ids=str,
)
def test_a_primary_that_fails_a_little_is_waited_for_three_minutes_and_no_longer(
    primary, candidate, goes
):
    def found(waited_us):
        return way_back(primary, candidate, answers=False, breaker=BREAKER, waited_us=waited_us)

    assert not found(LONGEST_US - 1).go
    assert found(LONGEST_US).go is goes
    assert found(LONGEST_US).alarm.endswith("after 3 minutes it goes back all the same") is goes


@given(
    *(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.integers(0, 500)),
    st.sampled_from([0, LONGEST_US]),
)
def test_more_failures_of_a_candidate_never_keep_it(answered, failed, well, ill, waited_us):
    primary, candidate = Health(well, ill), Health(answered + 1, failed)
    worse = Health(answered, failed + 1)

    def go(side):
        return way_back(primary, side, answers=False, breaker=BREAKER, waited_us=waited_us).go

    assert go(candidate) <= go(worse)
