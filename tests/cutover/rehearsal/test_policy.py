import pytest

from cutover.rehearsal.policy import (
    EXAMPLE,
    PATIENT_HEADER,
    Cast,
    UnfitPolicy,
    Wire,
    app_key,
    demands,
    first_tenants,
    staged,
    with_tenants,
    written,
)
from mirror.exchange import Side
from mirror.identity import Identities
from policies.load import load, parse
from policies.policy import Cloud, Location, Policy

CAST = Cast("gpt", "own", noise="gpt-again")
URLS = {Side.PRIMARY: "http://127.0.0.1:9001/v1", Side.CANDIDATE: "http://127.0.0.1:9002/v1"}


def on_stage(policy, *, routes=("chat",), cast=CAST):
    return staged(policy, cast=cast, wire=Wire(routes), base_url=lambda _, side: URLS[side])


def a_policy(**changes):
    """A production policy: two clinics, one that forbids the cloud, keys from the environment."""
    key = {"mode": "swap", "env": "OPENAI_API_KEY"}
    values = {
        "version": 1,
        "deployment": "clinics",
        "upstreams": {
            "openai": {
                "base_url": "https://api.openai.com/v1", "location": "cloud",
                "credential": key, "models": ["gpt-4o"],
            },
            "old": {"base_url": "http://old/v1", "location": "onprem", "models": ["m"]},
            "gpu": {"base_url": "http://gpu/v1", "location": "onprem", "models": ["llama"]},
        },
        "tenants": {
            "a": {"identify": {"header": "a"}, "cloud": "allowed", "pass_through": "openai", "reask": True},
            "b": {"identify": {"header": "b"}, "cloud": "forbidden"},
        },
        "rollouts": [
            {"tenant": "a", "route": "chat", "start": "off",
             "primary": {"upstream": "openai", "model": "gpt-4o"},
             "candidate": {"upstream": "gpu", "model": "llama"}},
            {"tenant": "b", "route": "chat",
             "primary": {"upstream": "old", "model": "m"},
             "candidate": {"upstream": "gpu", "model": "llama"}},
        ],
    }  # fmt: skip
    return Policy.model_validate(values | changes)


def test_the_shipped_policy_is_named_as_not_for_production():
    policy = load(EXAMPLE)
    assert policy.deployment == "rehearsal"
    assert not policy.production
    assert policy.terms.coverage.hours == 0
    assert "alpha 0.1 to promote" in demands(policy)
    assert "steps 20 % -> 50 %" in demands(policy)


def test_tenants_are_made_for_every_route_of_the_file():
    policy = with_tenants(load(EXAMPLE), 3, ["chat", "reason"])
    assert list(policy.tenants) == ["clinic-1", "clinic-2", "clinic-3"]
    assert len(policy.rollouts) == 6
    assert policy.terms == load(EXAMPLE).terms


@pytest.mark.parametrize("routes", [("chat",), ("chat", "reason")])
def test_what_is_written_is_a_policy_without_fault(routes):
    policy = on_stage(with_tenants(load(EXAMPLE), 2, routes), routes=routes)
    again = parse(written(policy), "policy.yaml", {})
    assert again == policy


def test_upstreams_become_replay_servers_and_nothing_of_the_outside_stays():
    policy = on_stage(a_policy())
    text = written(policy)
    assert "openai.com" not in text
    assert "OPENAI_API_KEY" not in text
    upstreams = policy.upstreams
    assert {str(upstreams[name].base_url) for name in ("openai", "old")} == {URLS[Side.PRIMARY]}
    assert str(upstreams["gpu"].base_url) == URLS[Side.CANDIDATE]
    assert upstreams["openai"].location is Location.CLOUD
    assert {rollout.primary.model for rollout in policy.rollouts} == {"gpt"}
    assert {rollout.candidate.model for rollout in policy.rollouts} == {"own"}


def test_terms_and_cloud_rules_stay_and_mirroring_starts():
    policy = on_stage(a_policy())
    assert policy.terms == a_policy().terms
    assert policy.tenants["b"].cloud is Cloud.FORBIDDEN
    assert {rollout.start for rollout in policy.rollouts} == {"mirror"}
    assert not policy.production


@pytest.mark.parametrize(("cast", "reask"), [(CAST, True), (Cast("gpt", "own"), False)])
def test_the_primary_is_asked_again_only_with_consent_and_with_a_noise_model(cast, reask):
    tenants = on_stage(a_policy(), cast=cast).tenants
    assert (tenants["a"].reask, tenants["b"].reask) == (reask, False)


def test_a_tenants_app_is_known_by_its_key():
    policy = on_stage(a_policy())
    headers = {"authorization": f"Bearer {app_key('a')}"}
    assert Identities.of(policy).tenant("10.0.0.1", headers) == "a"


def test_a_tenants_app_names_its_invented_patients_whatever_its_policy_says_of_real_ones():
    assert {one.patient.header for one in on_stage(a_policy()).tenants.values()} == {
        PATIENT_HEADER
    }


def test_with_several_routes_models_are_called_by_route():
    wire = Wire(("chat", "reason"))
    assert wire.names("gpt") == {"gpt@chat": "gpt", "gpt@reason": "gpt"}
    assert Wire(("reason",)).names("gpt") == {"gpt": "gpt"}


def test_only_the_first_tenants_rehearse_where_a_number_is_given():
    assert [rollout.tenant for rollout in first_tenants(a_policy(), 1).rollouts] == ["a"]
    assert first_tenants(a_policy(), None) == a_policy()
    with pytest.raises(UnfitPolicy, match=r"--tenants 3.*2 tenants only \(a, b\)"):
        first_tenants(a_policy(), 3)


def test_answers_of_another_route_are_refused():
    with pytest.raises(UnfitPolicy, match="of route reason, the policy's rollouts of chat"):
        on_stage(a_policy(), routes=("reason",))


def test_an_upstream_on_both_sides_is_refused():
    rollouts = [rollout.model_dump() for rollout in a_policy().rollouts]
    rollouts[1]["primary"] = {"upstream": "gpu", "model": "llama"}
    rollouts[1]["candidate"] = {"upstream": "old", "model": "m"}
    with pytest.raises(UnfitPolicy, match="'gpu' is primary and candidate at once"):
        on_stage(a_policy(rollouts=rollouts))


def test_every_model_of_the_cast_is_needed_once():
    assert Cast("a", "b", noise="b", worsen_to="c").models == ("a", "b", "c")
