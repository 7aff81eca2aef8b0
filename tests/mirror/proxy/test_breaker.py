"""The circuit breaker: a state, and time as an argument."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.exchange import End
from mirror.proxy.breaker import Breaker, Breakers, Limits, healthy
from policies.policy import CircuitBreaker


def after(*ends, limits=None, step=1.0):
    breaker = Breaker(limits or Limits())
    for number, ok in enumerate(ends):
        breaker.record(number * step, ok=ok, sent=number * step)
    return breaker


GOOD, BAD = True, False


@pytest.mark.parametrize(
    ("ends", "is_open"),
    [
        ([], False),
        ([BAD] * 19, False),
        ([BAD] * 20, True),
        ([GOOD] * 19 + [BAD], False),  # one in twenty is five percent, not more
        ([GOOD] * 18 + [BAD] * 2, True),
        ([GOOD] * 38 + [BAD] * 2, False),
        ([GOOD] * 40 + [BAD] * 3, True),
    ],
)
def test_it_opens_on_more_than_five_percent_of_at_least_twenty(ends, is_open):
    assert after(*ends).open is is_open


def test_ends_outside_the_window_are_forgotten():
    assert not after(*[BAD] * 19, *[GOOD] * 60).open
    assert not after(*[BAD] * 100, step=10.0).open


def test_while_it_rests_every_request_is_diverted_and_then_one_probe_goes_through():
    breaker = after(*[BAD] * 20)  # open since 19
    assert [breaker.diverts(now) for now in (19, 28.9)] == [True, True]
    assert not breaker.diverts(29)
    assert breaker.diverts(29.1)
    breaker.record(30, ok=True, sent=29)
    assert not breaker.diverts(30.1)


def test_a_failed_probe_lets_it_rest_again():
    breaker = after(*[BAD] * 20)
    assert not breaker.diverts(29)
    breaker.record(30, ok=False, sent=29)
    assert breaker.diverts(39.9)
    assert not breaker.diverts(40)


def test_a_probe_that_never_ends_is_followed_by_another():
    breaker = after(*[BAD] * 20)
    assert not breaker.diverts(29)
    assert breaker.diverts(38.9)
    assert not breaker.diverts(39)


def test_requests_sent_before_it_opened_decide_nothing():
    breaker = after(*[BAD] * 20)
    breaker.record(25, ok=True, sent=18)
    assert breaker.diverts(25)


@given(st.lists(st.tuples(st.floats(0, 5), st.booleans()), max_size=200))
def test_it_never_opens_without_a_failure_and_its_counts_stay_true(gaps):
    breaker, now = Breaker(), 0.0
    for gap, ok in gaps:
        now += gap
        breaker.record(now, ok=ok, sent=now)
        assert breaker._failed == sum(not ended for _, ended in breaker._ends)
    if all(ok for _, ok in gaps):
        assert not breaker.open


@pytest.mark.parametrize(
    ("end", "status", "says"),
    [
        (End.COMPLETE, 200, True),
        (End.CONNECT, None, False),
        (End.TIMEOUT, None, False),
        (End.NO_TERMINAL, 200, False),
        (End.HTTP_ERROR, 503, False),
        (End.HTTP_ERROR, 429, False),
        (End.HTTP_ERROR, 401, False),
        (End.HTTP_ERROR, 404, False),
        (End.HTTP_ERROR, 400, None),
        (End.CLIENT_ABORT, 200, None),
        (End.BLOCKED, None, None),
        (End.CAPABILITY_GAP, None, None),
        (End.AT_CAPACITY, None, None),
    ],
)
def test_what_an_end_says_about_health(end, status, says):
    assert healthy(end, status) is says


def test_rollouts_and_upstreams_do_not_share_a_breaker():
    breakers = Breakers(Limits(at_least=1))
    breakers.of("a", "chat", "gpu").record(0, ok=False, sent=0)
    assert breakers.opened() == [("a", "chat", "gpu")]
    assert not breakers.of("b", "chat", "gpu").diverts(1)
    assert not breakers.of("a", "chat", "gpu2").diverts(1)


def test_only_what_stays_open_for_long_speaks_against_the_candidate():
    breaker = Breaker(Limits(at_least=1, rest_s=10, evidence_after_s=60))
    breaker.record(100, ok=False, sent=100)
    assert not breaker.is_evidence(159.9)
    for probe in range(110, 170, 10):
        assert not breaker.diverts(probe)
        breaker.record(probe, ok=False, sent=probe)
    assert breaker.is_evidence(160)
    assert not breaker.diverts(175)
    breaker.record(176, ok=True, sent=175)
    assert not breaker.is_evidence(177)
    breaker.record(200, ok=False, sent=200)
    assert not breaker.is_evidence(201)  # it counts from its own opening


def test_a_rollouts_breaker_obeys_the_limits_of_now():
    breakers = Breakers()
    breaker = breakers.of("a", "chat", "gpu", Limits(at_least=1))
    assert breakers.of("a", "chat", "gpu") is breaker
    breaker.record(1, ok=False, sent=1)
    assert breaker.open
    assert breakers.of("a", "chat", "gpu", Limits(at_least=5)).limits.at_least == 5
    assert breaker.open


def test_the_limits_are_the_policys():
    given = CircuitBreaker(window_s=1, at_least=2, failed_at_most=0.3, rest_s=4)
    assert Limits.of(given) == Limits(1, 2, 0.3, 4, 60)
    assert Limits.of(CircuitBreaker()) == Limits()
