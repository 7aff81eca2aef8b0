"""Strata of a clinic's week: whose a session is, and what has passed once."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from clinic_clock import at
from hypothesis import given, settings
from hypothesis import strategies as st

from cutover.evidence.gates import Basis, Demand, Gate, demands
from cutover.evidence.strata import week_of, wider_bar
from policies.policy import Coverage, EquivalenceGate, Gates, Stratum, StratumMargins, Terms

WEEK = week_of(Coverage())


def ahead(first, last, week=WEEK):
    return {name: round(left / 60, 2) for name, left in week.ahead(at(first), at(last)).items()}


@pytest.mark.parametrize(
    ("moment", "stratum"),
    [
        ("2026-11-23 08:59:59", "day"),
        ("2026-11-23 09:00", "peak"),
        ("2026-11-23 11:59:59", "peak"),
        ("2026-11-23 12:00", "day"),
        ("2026-11-23 16:30", "peak"),
        ("2026-11-23 21:00", "night"),
        ("2026-11-24 06:59:59", "night"),
        ("2026-11-24 07:00", "day"),
        ("2026-11-28 10:00", "day"),  # a Saturday
        ("2026-11-30 00:30", "night"),  # Sunday's night goes into Monday
    ],
)
def test_a_moment_has_its_stratum_by_the_clinics_clock(moment, stratum):
    assert WEEK.stratum(at(moment)) == stratum


def test_the_clock_is_that_of_the_zone():
    same = at("2026-11-23 09:30")
    assert week_of(Coverage(zone="UTC")).stratum(same) == "night"  # half past one
    assert WEEK.stratum(same) == "peak"


def test_where_less_than_a_day_is_asked_for_there_are_no_strata_unless_they_are_written():
    assert week_of(Coverage(hours=0)) is None
    assert week_of(Coverage(strata=())) is None
    assert week_of(Coverage(hours=0, strata=(Stratum(name="all"),))).needs == {"all": 1440}


def test_a_stratum_needs_as_much_as_its_shortest_day_has():
    assert WEEK.needs == {"peak": 6 * 60, "night": 10 * 60, "day": 8 * 60}


@pytest.mark.parametrize(
    ("first", "last", "left"),
    [
        ("2026-11-23 10:00", "2026-11-23 10:00", {"peak": 6, "night": 10, "day": 8}),
        ("2026-11-23 10:00", "2026-11-24 10:00", {}),  # any 24 hours of office days
        ("2026-11-23 23:10", "2026-11-24 23:10", {}),
        ("2026-11-23 10:00", "2026-11-23 20:00", {"peak": 1, "night": 10, "day": 3}),
        ("2026-11-27 18:00", "2026-11-28 18:00", {"peak": 6}),  # Friday evening to Saturday
        ("2026-11-27 18:00", "2026-11-30 17:00", {}),
        ("2026-11-23 10:00:30", "2026-11-23 10:30", {"peak": 5.51, "night": 10, "day": 8}),
        ("2026-11-24 10:00", "2026-11-23 10:00", {"peak": 6, "night": 10, "day": 8}),
        ("2026-11-01 00:00", "2026-12-31 00:00", {}),
    ],
)
def test_what_is_still_to_pass_is_told_by_stratum(first, last, left):
    assert ahead(first, last) == left


@settings(deadline=None)
@given(
    start=st.integers(0, 60 * 24 * 400),
    lengths=st.tuples(st.integers(0, 60 * 24 * 8), st.integers(0, 60 * 24 * 8)),
    zone=st.sampled_from(["Asia/Kuala_Lumpur", "Europe/Berlin", "UTC"]),
)
def test_more_time_never_leaves_more_to_pass_and_a_week_leaves_nothing(start, lengths, zone):
    week = week_of(Coverage(zone=zone))
    first = datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")) + timedelta(minutes=start)
    shorter, longer = sorted(lengths)

    def left(minutes):
        us = round(first.timestamp() * 1e6)
        return week.ahead(us, us + minutes * 60_000_000)

    less, more = left(longer), left(shorter)
    assert less.keys() <= more.keys()
    assert all(less[name] <= more[name] for name in less)
    if longer >= 60 * (24 * 7 + 1):
        assert less == {}


def bars(gates=None, basis=Basis.NOISE, **margins):
    terms = Terms(gates=gates or Gates(), coverage=Coverage(margins=StratumMargins(**margins)))
    asked = demands(terms.gates, basis)
    return {one.gate: wider_bar(one, terms, basis) for one in asked if one.gate in Gate}


def test_the_default_margins_of_a_stratum_are_wider():
    found = bars()
    assert found[Gate.ERRORS] == pytest.approx(0.03)
    assert found[Gate.LATENCY] == pytest.approx(0.08)
    assert found[Gate.FLAGS] == pytest.approx(0.064)
    assert found[Gate.EQUIVALENCE] == pytest.approx((1 + 0.30 / 0.5) / 2)
    assert bars(basis=Basis.BAR)[Gate.EQUIVALENCE] == pytest.approx(1 - 0.65 + 0.15)


def test_margins_that_are_written_hold_as_they_are():
    found = bars(errors=0.02, latency=0.3, flags=0.05, equivalence=0.2)
    assert found[Gate.ERRORS] == 0.02
    assert found[Gate.LATENCY] == 0.3
    assert found[Gate.FLAGS] == 0.05
    assert found[Gate.EQUIVALENCE] == pytest.approx((1 + 0.2 / 0.5) / 2)


@given(
    at_most=st.floats(0.001, 0.999),
    margin=st.floats(0.01, 0.98),
    basis=st.sampled_from(list(Basis)),
)
def test_no_stratum_asks_more_than_the_whole_and_each_can_fail(at_most, margin, basis):
    gates = Gates.model_validate(
        {
            "equivalence": EquivalenceGate(margin=margin, clip=0.99).model_dump(),
            "errors": {"at_most": at_most},
            "latency": {"at_most": at_most},
            "flags": {"at_most": at_most},
        }
    )
    terms = Terms(gates=gates)
    for one in demands(gates, basis):
        assert one.bar <= wider_bar(one, terms, basis) < 1


def test_quality_is_asked_in_a_stratum_at_twice_its_margin():
    gates = Gates.model_validate({"quality": {}})
    *_, judge, severe, schema = demands(gates, Basis.NOISE)
    terms = Terms(gates=gates)
    wider = [wider_bar(one, terms, Basis.NOISE) for one in (judge, severe, schema)]
    assert wider == pytest.approx([0.55, 0.032, 0.515])


def test_a_gate_of_its_own_kind_is_widened_like_the_others():
    assert wider_bar(Demand(Gate.FLAGS, 0.01, 0.1), Terms(), Basis.NOISE) == pytest.approx(
        0.016
    )
