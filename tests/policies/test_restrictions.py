"""What a policy forbids, read whatever else is wrong with it, and laid over another."""

import json

import pytest
from builders import two_sided

from policies.restrictions import closed, restricted, restrictions

CLOUD, GPU = "http://10.0.0.1/v1", "http://10.0.0.2/v1"
OPEN = {
    "clinic": {"identify": {"header": "clinic"}, "cloud": "allowed", "reask": True},
    "ward": {"identify": {"header": "ward"}, "cloud": "allowed"},
}


def policy(tenants=OPEN, **changes):
    return two_sided(CLOUD, GPU, **({"tenants": tenants, "rollouts": _rollouts()} | changes))


def _rollouts():
    sides = {
        "primary": {"upstream": "cloud", "model": "big"},
        "candidate": {"upstream": "gpu", "model": "own"},
    }
    return [{"tenant": tenant, "route": "chat", **sides} for tenant in OPEN]


def written(**changes):
    return json.loads(policy().model_dump_json(exclude_none=True)) | changes


def over(newer, *, whole=True, used=None):
    found = restrictions(json.dumps(newer))
    return restricted(used or policy(), found, whole=whole)


def clinic(**changes):
    return written(tenants={"clinic": OPEN["clinic"] | changes, "ward": OPEN["ward"]})


def test_a_policy_that_forbids_nothing_new_changes_nothing():
    used = policy()
    assert over(written(), used=used) is used


@pytest.mark.parametrize("said", ["forbidden", "forbiden", None, 1])
def test_a_tenant_that_does_not_plainly_allow_the_cloud_forbids_it(said):
    found = over(clinic(cloud=said))
    assert [tenant.cloud for tenant in found.tenants.values()] == ["forbidden", "allowed"]


def test_a_tenant_whose_cloud_is_told_twice_forbids_it():
    text = json.dumps(written()).replace(
        '"cloud": "allowed"', '"cloud": "allowed", "cloud": "forbidden"', 1
    )
    found = restricted(policy(), restrictions(text), whole=True)
    assert found.tenants["clinic"].cloud == "forbidden"


def test_whatever_else_is_wrong_it_is_read():
    broken = clinic(cloud="forbidden") | {"limits": 7, "routes": "x", "no_key": 1}
    broken["upstreams"]["gpu"]["models"] = []
    assert over(broken).tenants["clinic"].cloud == "forbidden"


def test_pins_and_refused_reasks_hold():
    found = over(clinic(pinned="primary", reask=False)).tenants["clinic"]
    assert (found.pinned, found.reask) == ("primary", False)


def test_nothing_is_allowed_that_was_not():
    closed = {"clinic": OPEN["clinic"] | {"cloud": "forbidden", "pinned": "primary"}}
    used = policy(tenants=closed | {"ward": OPEN["ward"]})
    assert over(written(), used=used) is used


def test_a_removed_tenant_is_gone_and_so_are_its_rollouts():
    newer = written(tenants={"ward": OPEN["ward"]})
    found = over(newer)
    assert list(found.tenants) == ["ward"]
    assert [rollout.tenant for rollout in found.rollouts] == ["ward"]
    assert list(over(newer, whole=False).tenants) == ["clinic", "ward"]


def test_a_sign_that_is_anothers_now_stands_for_the_old_owner_no_more():
    moved = OPEN["clinic"] | {"identify": {"header": "elsewhere"}}
    newer = written(tenants={"clinic": moved, "ward": OPEN["ward"]})
    assert over(newer).tenants["clinic"].identify.header == "elsewhere"


@pytest.mark.parametrize("upstream", ["gpu", "renamed"])
def test_what_turns_out_to_be_in_the_cloud_is(upstream):
    newer = written()
    newer["upstreams"][upstream] = newer["upstreams"].pop("gpu") | {"location": "cloud"}
    assert over(newer).upstreams["gpu"].location == "cloud"


def test_an_upstream_of_which_nobody_can_read_where_it_is_counts_as_cloud():
    newer = written()
    newer["upstreams"]["gpu"]["location"] = "onpremm"
    assert over(newer).upstreams["gpu"].location == "cloud"


def test_unknown_tenants_are_refused_once_the_newer_one_refuses_or_a_tenant_forbids():
    passing = {"unknown_tenants": "pass_through", "unknown_upstream": "cloud"}
    used = policy(**passing)
    assert over(written(**passing), used=used) is used
    assert over(written(), used=used).unknown_upstream is None
    both = clinic(cloud="forbidden") | passing
    assert over(both, used=used).unknown_tenants == "refuse"


def test_tunnels_end_and_records_come_first_where_the_newer_one_says_so():
    tunnelling = {"listeners": {"intercept": {"others": "tunnel"}}}
    used = policy(**tunnelling)
    assert over(written(**tunnelling), used=used) is used
    assert over(written(), used=used).listeners.intercept.others == "refuse"
    assert over(written(egress_record="before")).egress_record == "before"


def test_a_closed_policy_lets_nothing_leave_and_is_the_same_closed_again():
    tunnelling = {"listeners": {"intercept": {"others": "tunnel"}}}
    found = closed(
        policy(unknown_tenants="pass_through", unknown_upstream="cloud", **tunnelling)
    )
    assert [tenant.cloud for tenant in found.tenants.values()] == ["forbidden", "forbidden"]
    assert (found.unknown_tenants, found.unknown_upstream) == ("refuse", None)
    assert (found.listeners.intercept.others, found.egress_record) == ("refuse", "before")
    assert closed(found) is found


@pytest.mark.parametrize(
    "text", ['a: "\\U00110000"', "", "[]", "a: [", "version: 1", "tenants: {}", "tenants: 3"]
)
def test_what_is_no_policy_says_nothing(text):
    assert restrictions(text) is None
