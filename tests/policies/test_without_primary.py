import pytest

from policies.policy import Policy
from policies.without_primary import without_primary_faults


def found(cloud="allowed", location="cloud", **rollout):
    sides = {
        "primary": {"upstream": "old", "model": "m"},
        "candidate": {"upstream": "new", "model": "m"},
    }
    at = {"base_url": "http://10.0.0.3/v1", "models": ["m"]}
    policy = Policy.model_validate(
        {
            "version": 1,
            "deployment": "d",
            "upstreams": {
                "old": at | {"location": location},
                "new": at | {"location": "onprem"},
            },
            "tenants": {"a": {"identify": {"header": "a"}, "cloud": cloud}},
            "rollouts": [{"tenant": "a", "route": "chat", **sides, **rollout}],
        }
    )
    return [place for place, _ in without_primary_faults(policy)]


@pytest.mark.parametrize(
    ("cloud", "location"),
    [("allowed", "cloud"), ("forbidden", "onprem"), ("allowed", "onprem")],
)
def test_doing_without_a_primary_that_is_permitted_has_no_effect(cloud, location):
    assert found(cloud, location, without_primary=True) == [("rollouts", 0, "without_primary")]
    assert found(cloud, location) == []


def test_a_tenant_that_forbids_its_primary_may_do_without_it():
    assert found("forbidden", "cloud", without_primary=True) == []
