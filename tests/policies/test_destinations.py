"""Faults of where notices go: each says what is wrong and what to do, and repeats no address."""

import pytest
from rollouts import a_policy

from policies.check import faults, unset_variables
from policies.load import PolicyError, parse

NEAR = {"to": "OPS", "location": "onprem", "hosts": ["mail.clinic.lan:587"]}
FAR = {"to": "SLACK", "location": "cloud", "hosts": ["hooks.slack.com:443"]}
TENANTS = {
    "clinic": {"identify": {"header": "c"}, "cloud": "allowed"},
    "ward": {"identify": {"header": "w"}, "cloud": "forbidden"},
}


def found(*destinations, **changes):
    policy = a_policy(notify=list(destinations), **changes)
    return [(place, message) for place, message in faults(policy) if place[0] == "notify"]


def test_a_destination_near_and_one_far_are_no_fault():
    assert found(NEAR, FAR) == []
    assert found(NEAR | {"hosts": ["10.0.0.5:25", "[fd00::5]:25"]}) == []
    assert found(FAR, tenants=TENANTS) == []  # it is told of the tenant that allows the cloud


@pytest.mark.parametrize(
    ("destination", "place", "says"),
    [
        (NEAR | {"hosts": ["hooks.slack.com:443"]}, ("hosts", 0), "needs `location: cloud`"),
        (NEAR | {"hosts": ["a.lan:1", "smtp.gmail.com:587"]}, ("hosts", 1), "cloud service"),
        (NEAR | {"hosts": ["127.0.0.1:9"]}, ("hosts", 0), "cloud service"),  # an upstream's
        (NEAR | {"hosts": ["mail.clinic.lan:0"]}, ("hosts", 0), "is no port"),
        (NEAR | {"hosts": ["mail.clinic.lan:65536"]}, ("hosts", 0), "is no port"),
        (NEAR | {"tenants": ["clinc"]}, ("tenants", 0), "did you mean `clinic`?"),
        (FAR | {"tenants": ["ward"]}, ("tenants", 0), "nothing about it is sent to a cloud"),
        (NEAR | {"page": "https://me:secret@board.lan"}, ("page",), "carries a user"),
    ],
)
def test_a_fault_is_told_at_its_place(destination, place, says):
    ((where, message),) = found(destination, tenants=TENANTS)
    assert where == ("notify", 0, *place)
    assert says in message
    assert "secret" not in message


def test_two_destinations_have_two_variables():
    ((place, message),) = found(NEAR, NEAR)
    assert place == ("notify", 1, "to")
    assert "notify[0]" in message


def test_the_variable_of_an_upstreams_key_is_no_address():
    upstreams = a_policy().model_dump(mode="json")["upstreams"]
    upstreams["cloud"]["credential"] = {"mode": "swap", "env": "OPS"}
    ((place, message),) = found(NEAR, upstreams=upstreams)
    assert (place, message) == (("notify", 0, "to"), "`OPS` holds the key of upstream `cloud`")


def test_a_cloud_that_may_be_told_of_nobody_is_a_fault():
    ((place, message),) = found(FAR, tenants={"ward": TENANTS["ward"]}, rollouts=[rollout()])
    assert place == ("notify", 0, "location")
    assert "told nothing of a rollout: `ward`" in message


def test_it_is_not_said_of_tenants_that_cannot_be_read():
    text = parse_text({"identify": {"header": "c"}, "cloud": "clod"})
    with pytest.raises(PolicyError) as caught:
        parse(text, "p.yaml")
    assert [fault.key for fault in caught.value.faults] == ["tenants.clinic.cloud"]


def test_a_variable_that_is_unset_is_told_and_stops_no_part():
    policy = a_policy(notify=[NEAR])
    assert unset_variables(policy, {}) == ["OPS"]
    assert unset_variables(policy, {"OPS": "json://x"}) == []
    assert not [place for place, _ in faults(policy, {}) if place[0] == "notify"]


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"to": "slack://token"}, "notify[0].to"),
        ({"hosts": []}, "notify[0].hosts"),
        ({"hosts": ["https://mail.lan"]}, "notify[0].hosts[0]"),
        ({"kinds": ["everything"]}, "notify[0].kinds[0]"),
        ({"kinds": []}, "notify[0].kinds"),
        ({"location": "moon"}, "notify[0].location"),
        ({"routes": ["chats"]}, "notify[0].routes[0]"),
        ({"url": "json://x"}, "notify[0].url"),
    ],
)
def test_a_value_that_is_none_is_a_fault_with_its_key(wrong, key):
    with pytest.raises(PolicyError) as caught:
        parse(parse_text(TENANTS["clinic"], NEAR | wrong), "p.yaml")
    assert key in [fault.key for fault in caught.value.faults]
    assert "token" not in str(caught.value)


def rollout():
    sides = {"primary": ("cloud", "big"), "candidate": ("gpu", "own")}
    told = {side: {"upstream": up, "model": model} for side, (up, model) in sides.items()}
    return {"tenant": "ward", "route": "chat", **told}


def parse_text(clinic, destination=FAR):
    """A policy as JSON, which is YAML too."""
    import json

    read = a_policy().model_dump(mode="json", exclude_defaults=True)
    read["tenants"] = {"clinic": clinic, "ward": TENANTS["ward"]}
    read["notify"] = [destination]
    return json.dumps(read)
