"""What is no fault, and perhaps not meant."""

import pytest
from written import CLOUD, GPU, policy

from policies.notes import notes

MANY = {"sampling": {"budget_per_day": {"amount": 9}}}


def places(**parts):
    return [".".join(map(str, place)) for place, _ in notes(policy(**parts))]


def test_a_plain_policy_has_none():
    assert notes(policy()) == []


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ({"terms": {"acceptance": {"required": True}}}, "rollouts.0"),
        ({"terms": {"acceptance": {"max_age_days": 3}}}, "terms.acceptance.max_age_days"),
        ({"terms": {"approvals": {"to_canary": 0}}}, "terms.approvals.to_canary"),
        ({"terms": {"approvals": {"to_live": 0}}}, "terms.approvals.to_live"),
        ({"terms": {"sampling": {"shadow_percent": 0}}}, "terms.sampling.shadow_percent"),
        ({"terms": MANY, "budget_per_day": {"amount": 8}}, "terms.sampling.budget_per_day"),
        (
            {"upstreams": {"cloud": CLOUD, "gpu": GPU | {"signals": {"memory_percent": 0.9}}}},
            "upstreams.gpu.signals.memory_percent",
        ),
    ],
)
def test_what_hardly_anybody_means_is_told(parts, place):
    assert places(**parts) == [place]


@pytest.mark.parametrize(
    "parts",
    [
        {"terms": {"approvals": {"to_canary": 0}}, "production": False},
        {"terms": MANY, "budget_per_day": {"amount": 9}},
        {"terms": MANY, "budget_per_day": {"amount": 8, "currency": "MYR"}},
        {"terms": {"sampling": {"shadow_percent": 0.5}}},
    ],
)
def test_what_somebody_may_mean_is_not(parts):
    assert places(**parts) == []
