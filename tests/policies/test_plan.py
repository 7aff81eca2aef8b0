"""A plan's values: how far entries go, and when they begin."""

from datetime import datetime

import pytest
from pydantic import ValidationError

from policies.plan import LIVE, MIRROR, Entry, Plan

ENTRY = {"name": "first", "rollouts": ["*/*"]}
local = datetime.fromisoformat


def plan(*entries, **parts):
    written = {"name": "winter", "entries": [ENTRY | one for one in entries]}
    return Plan.model_validate(written | parts)


def test_how_far_an_entry_goes_is_a_number_that_rises():
    goals = [
        Entry(**ENTRY, until=until).goal for until in ("mirror", "step 1", "step 12", "live")
    ]
    assert goals == [MIRROR, 1, 12, LIVE] == sorted(goals)
    assert Entry(**ENTRY).goal == LIVE


def test_days_count_from_the_first_and_a_moment_stands_for_itself():
    found = plan(
        {"day": 1},
        {"day": 9},
        {"not_before": "2027-01-04 08:00"},
        {},
        starts="2026-12-01 07:00",
    )
    begins = [found.begins(one) for one in found.entries]
    assert begins == [
        local("2026-12-01 07:00"), local("2026-12-09 07:00"), local("2027-01-04 08:00"), None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "parts", [{"until": "step 0"}, {"until": "canary"}, {"day": 0}, {"not_before": "soon"}, {"rollouts": []}]
)  # fmt: skip
def test_an_entry_that_says_nothing_clear_is_refused(parts):
    with pytest.raises(ValidationError):
        plan(parts, starts="2026-12-01")


def test_days_without_a_first_are_refused():
    with pytest.raises(ValidationError, match="counts from `starts`"):
        plan({"day": 3})


@pytest.mark.parametrize("rate", [0, 0.5, -1])
def test_a_rate_of_false_promotions_is_a_small_share(rate):
    with pytest.raises(ValidationError):
        plan({}, false_discoveries=rate)
