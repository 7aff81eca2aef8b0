"""Whose turn it is, what waits and why; and e-BH beside the gates."""

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from builders import rollout
from hypothesis import given
from hypothesis import strategies as st

from cutover.plans import plan
from cutover.plans.frozen import Almanac
from cutover.plans.plan import NOWHERE, Progress, cut_log10, cuts_log10, place_of, turns, waits
from cutover.stages import Signal, Stage
from policies.calendar import Calendar
from policies.plan import LIVE, MIRROR, Plan

ZONE = "Asia/Kuala_Lumpur"
ALMANAC = Almanac(Calendar(zone=ZONE), lambda code, day: "")
A, B = ("clinic-a", "chat"), ("clinic-b", "chat")
HOUR = 3_600_000_000

# "Mirror all on day 8, clinic A on day 9, the rest on day 10 if A held."
PLAN = {
    "name": "winter",
    "starts": "2026-12-01",
    "entries": [
        {"name": "mirror-all", "rollouts": ["*/*"], "until": "mirror", "day": 8},
        {"name": "first", "rollouts": ["clinic-a/*"], "day": 9},
        {"name": "rest", "rollouts": ["clinic-b/*"], "day": 10, "if_held": ["first"]},
    ],
}


def us(text):
    return (
        round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).timestamp()) * 10**6
    )


def seen(at, progress=None, **changes):
    entries = [dict(one) for one in PLAN["entries"]]
    entries[1] |= changes.pop("first", {})
    entries[2] |= changes.pop("rest", {})
    given = Plan.model_validate(PLAN | {"entries": entries} | changes)
    return turns(given, ALMANAC, [A, B], progress or {}, us(at))


@pytest.mark.parametrize(
    ("at", "key", "place", "says"),
    [
        ("2026-12-07 23:59", A, MIRROR, "the plan's `mirror-all` begins 2026-12-07 16:00 UTC (Dec 08 00:00 Kuala Lumpur)"),
        ("2026-12-08 00:00", A, MIRROR, ""),
        ("2026-12-08 00:00", B, MIRROR, ""),
        ("2026-12-08 12:00", A, 1, "the plan's `first` begins 2026-12-08 16:00 UTC (Dec 09 00:00 Kuala Lumpur)"),
        ("2026-12-09 00:00", A, 1, ""),
        ("2026-12-09 00:00", A, LIVE, ""),
        ("2026-12-09 00:00", B, 1, "the plan's `rest` begins 2026-12-09 16:00 UTC (Dec 10 00:00 Kuala Lumpur)"),
        ("2026-12-10 00:00", B, 1, "the plan's `rest` waits for `first`: clinic-a/chat is off or rolled back, not live"),
        ("2026-12-10 00:00", ("clinic-c", "chat"), LIVE, ""),  # no plan knows it
    ],
)  # fmt: skip
def test_each_rollout_goes_on_when_its_entry_says(at, key, place, says):
    assert waits(seen(at), key, place) == says


@pytest.mark.parametrize(
    ("progress", "says"),
    [
        (Progress(LIVE), ""),
        (Progress(MIRROR), "clinic-a/chat is in mirror, not live"),
        (Progress(2), "clinic-a/chat is at step 2, not live"),
        (Progress(NOWHERE), "clinic-a/chat is off or rolled back, not live"),
        (Progress(LIVE, held_by="anna"), "clinic-a/chat is held by anna"),
    ],
)
def test_the_rest_waits_until_the_first_holds(progress, says):
    found = waits(seen("2026-12-10", {A: progress}), B, 1)
    assert found == (f"the plan's `rest` waits for `first`: {says}" if says else "")


def test_an_entry_that_ends_at_a_step_holds_there_and_not_before():
    first = {"until": "step 2"}
    assert "is at step 1, not at step 2" in waits(
        seen("2026-12-10", {A: Progress(1)}, first=first), B, 1
    )
    for place in (2, 3, LIVE):
        assert waits(seen("2026-12-10", {A: Progress(place)}, first=first), B, 1) == ""


def test_what_held_and_holds_no_more_stops_the_rest_again():
    assert not waits(seen("2026-12-12", {A: Progress(LIVE), B: Progress(1)}), B, 2)
    assert waits(seen("2026-12-12", {A: Progress(NOWHERE), B: Progress(1)}), B, 2)


def test_it_may_have_to_hold_for_a_while():
    at = us("2026-12-10 06:00")
    rest = {"held_hours": 24}
    early = seen("2026-12-10 06:00", {A: Progress(LIVE, at - 20 * HOUR)}, rest=rest)
    assert waits(early, B, 1).endswith("clinic-a/chat must hold for 4.0 hours more")
    late = seen("2026-12-10 06:00", {A: Progress(LIVE, at - 24 * HOUR)}, rest=rest)
    assert waits(late, B, 1) == ""


def test_a_drill_may_be_demanded_before_the_next():
    first = {"drill": True}
    without = seen("2026-12-10", {A: Progress(LIVE)}, first=first)
    assert "no rollback drill since it left mirror" in waits(without, B, 1)
    assert waits(seen("2026-12-10", {A: Progress(LIVE, drilled=True)}, first=first), B, 1) == ""


def test_a_rollout_goes_no_further_than_its_last_entry():
    found = seen("2026-12-20", first={"until": "step 2"})
    assert waits(found, A, 2) == ""
    assert waits(found, A, 3) == "the plan takes it to step 2 and no further"


def test_an_entry_counts_those_that_are_where_they_were_to_get():
    found = seen("2026-12-20", {A: Progress(LIVE), B: Progress(MIRROR)})
    assert [(one.reached, one.done) for one in found] == [(2, True), (1, True), (0, False)]


def test_a_clock_that_jumps_over_a_day_and_back_leaves_nothing_behind():
    assert waits(seen("2026-12-10"), A, 1) == ""
    assert waits(seen("2026-12-08"), A, 1)


def test_places_rise_with_the_stages():
    at = [rollout(Stage.OFF), rollout(), rollout(Stage.CANARY, 0), rollout(Stage.LIVE)]
    assert [place_of(one) for one in at] == [NOWHERE, MIRROR, 1, LIVE]
    assert place_of(rollout(Stage.ROLLED_BACK)) == NOWHERE
    assert plan.aim(rollout(), Signal.ENTER_CANARY) == 1
    assert plan.aim(rollout(Stage.CANARY, 1), Signal.WIDEN) == 3
    assert plan.aim(rollout(Stage.CANARY, 1), Signal.GO_LIVE) == LIVE


def selected(values, rate):
    """e-BH as it is published: the k largest, for the largest k that the k-th of them allows."""
    m, ranked = len(values), sorted(values, reverse=True)
    best = max((k for k in range(1, m + 1) if ranked[k - 1] >= m / (rate * k)), default=0)
    return set() if not best else {i for i, e in enumerate(values) if e >= m / (rate * best)}


@given(
    # None of them is exactly on a level m/(rate * k), where the last digit of a logarithm would decide.
    st.lists(st.sampled_from([0.0, 1.0, 9.9, 20.5, 45.5, 70.5, 210.0, 1e9]), min_size=1, max_size=9),
    st.sampled_from([0.05, 0.1, 0.3]),
)  # fmt: skip
def test_the_cut_promotes_exactly_those_that_e_bh_selects(values, rate):
    logs = [math.log10(e) if e else -math.inf for e in values]
    found = {
        i
        for i, log in enumerate(logs)
        if log >= cut_log10(logs[:i] + logs[i + 1 :], len(values), rate) - 1e-12
    }
    assert found == selected(values, rate)


@given(
    st.lists(
        st.sampled_from([-1.0, 0.0, 0.4, 1.0, 1.3, 1.6, 2.0, 3.0]), min_size=1, max_size=12
    ),
    st.sampled_from([0.05, 0.1, 0.3]),
)
def test_the_cuts_of_a_whole_fleet_are_those_of_each_beside_the_others(values, rate):
    each = {
        one: cut_log10(values[:i] + values[i + 1 :], len(values), rate)
        for i, one in enumerate(values)
    }
    assert cuts_log10(values, rate) == each


def test_the_first_of_forty_alone_needs_four_hundred():
    assert 10 ** cut_log10([0.0] * 39, 40, 0.1) == pytest.approx(400)
    assert 10 ** cut_log10([9.0] * 39, 40, 0.1) == pytest.approx(10)


def test_more_evidence_of_others_never_raises_the_cut():
    assert cut_log10([3.0, 0.0], 3, 0.1) <= cut_log10([0.0, 0.0], 3, 0.1)
    assert cut_log10([], 1, 0.1) == 1.0
