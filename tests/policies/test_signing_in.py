"""Faults of where people sign in: each says what is wrong and what to do."""

import pytest
from rollouts import a_policy
from signing_on import part

from policies.check import faults, unset_variables
from policies.load import PolicyError, parse

SAFE = {
    "issuer": "https://login.clinic.example/realms/staff",
    "api": "https://crossfade.clinic.example",
    "dashboard": "https://crossfade.clinic.example/dashboard",
}


def found(**changes):
    policy = a_policy(identity=part("http://localhost:9", **(SAFE | changes)))
    return [(place[2:], message) for place, message in faults(policy) if place[0] == "identity"]


def test_a_provider_behind_tls_or_on_this_machine_is_no_fault():
    assert found(hosts=["keys.clinic.example:443"], client_secret="SECRET") == []
    near = {
        "issuer": "http://127.0.0.1:9",
        "api": "http://[::1]:1",
        "dashboard": "http://[::1]:2",
    }
    assert found(**near) == []
    assert a_policy().identity.oidc is None


@pytest.mark.parametrize(
    ("changes", "place", "says"),
    [
        ({"issuer": "http://login.clinic.example"}, ("issuer",), "use https://"),
        ({"issuer": "https://login.clinic.example:0"}, ("issuer",), "names no host"),
        ({"issuer": "https://login.clinic.example:99999"}, ("issuer",), "no port from 0"),
        ({"dashboard": "https://board.clinic.example"}, ("dashboard",), "one host alone"),
        ({"hosts": ["keys.clinic.example:70000"]}, ("hosts", 0), "names no port"),
        (
            {"grants": [{"group": "a", "role": "lead", "tenants": ["clinc"]}]},
            ("grants", 0, "tenants", 0),
            "did you mean `clinic`?",
        ),
        ({"grants": [{"group": "a", "role": "lead"}] * 2}, ("grants", 1), "says again"),
    ],
)
def test_a_fault_is_told_at_its_place(changes, place, says):
    ((where, message),) = found(**changes)
    assert (where, says in message) == (place, True), message


def test_an_api_in_the_clear_is_a_fault_of_each_address():
    clear = {
        "api": "http://crossfade.clinic.example",
        "dashboard": "http://crossfade.clinic.example",
    }
    assert [where for where, _ in found(**clear)] == [("api",), ("dashboard",)]


def test_the_key_of_an_upstream_is_no_secret_of_a_client():
    upstreams = a_policy().model_dump(mode="json")["upstreams"]
    upstreams["cloud"]["credential"] = {"mode": "swap", "env": "KEY"}
    policy = a_policy(
        upstreams=upstreams, identity=part("http://localhost:9", client_secret="KEY")
    )
    messages = [message for place, message in faults(policy) if place[0] == "identity"]
    assert messages == ["`KEY` holds the key of upstream `cloud`"]
    assert "KEY" in unset_variables(policy, {})


def test_a_typo_is_told_with_its_line():
    text = "identity:\n  oidc:\n    isuer: x\n"
    with pytest.raises(PolicyError, match="isuer"):
        parse(text, "policy.yaml")
