"""Values of a policy: what they refuse on their own, and what they answer."""

from typing import Any

import pytest
from pydantic import ValidationError

from policies.gates import Mode, Promotion, QualityGate
from policies.judges import Judge
from policies.policy import (
    Credential,
    CredentialMode,
    Policy,
)
from policies.routes import Route


def policy(**rollout: Any) -> Policy:
    side = {"upstream": "u", "model": "m"}
    return Policy.model_validate(
        {
            "version": 1,
            "deployment": "d",
            "upstreams": {
                "u": {"base_url": "http://127.0.0.1/v1", "location": "onprem", "models": ["m"]}
            },
            "tenants": {"a": {"identify": {"header": "a"}, "cloud": "allowed"}},
            "rollouts": [
                {"tenant": "a", "route": "chat", "primary": side, "candidate": side} | rollout
            ],
        }
    )


def test_a_rollout_is_under_its_own_terms_or_the_policys() -> None:
    plain, own = policy(), policy(terms={"cooldown_s": 7})
    assert plain.terms_of(plain.rollouts[0]) is plain.terms
    assert own.terms_of(own.rollouts[0]).cooldown_s == 7


def test_quality_is_asked_where_a_judge_without_a_side_grades_words() -> None:
    plain = policy()
    servers = {"u": plain.upstreams["u"].model_copy(update={"models": ("m", "j")})}
    judge = Judge(upstream="u", model="j")
    judged = plain.model_copy(update={"judge": judge, "upstreams": servers})
    (rollout,) = judged.rollouts
    assert judged.judged(rollout) and not plain.judged(rollout)
    assert judged.terms_of(rollout).gates.quality == QualityGate()
    assert judged.terms_of(rollout) is judged.terms_of(rollout)  # tenants are told apart by it
    assert plain.terms_of(rollout).gates.quality is None
    sounds = rollout.model_copy(update={"route": Route.AUDIO})
    own = judged.model_copy(update={"judge": Judge(upstream="u", model="m")})
    assert judged.terms_of(sounds).gates.quality is None
    assert own.terms_of(rollout) is own.terms


@pytest.mark.parametrize(
    ("route", "shown"), [("reason", True), ("audio", True), ("chat", False), ("vision", False)]
)
def test_severe_must_be_shown_on_clinical_routes(route: str, shown: bool) -> None:
    plain = policy(route=route)
    asked = plain.terms_of(plain.rollouts[0]).gates.severe.promotion
    assert asked is (Promotion.SHOWN if shown else Promotion.NO_HARM)
    nowhere = policy(route=route, terms={"gates": {"severe": {"shown_on": []}}})
    assert nowhere.terms_of(nowhere.rollouts[0]).gates.severe.promotion is Promotion.NO_HARM
    everywhere = policy(route=route, terms={"gates": {"severe": {"promotion": "shown"}}})
    assert everywhere.terms_of(everywhere.rollouts[0]).gates.severe.promotion is Promotion.SHOWN


def test_a_policy_that_says_nothing_of_routes_for_severe_keeps_its_digest() -> None:
    written = policy(terms={"gates": {"severe": {"at_most": 0.03}}})
    assert "shown_on" not in policy().model_dump_json() + written.model_dump_json()


def test_quality_that_is_written_stays_as_it_is() -> None:
    written = {"gates": {"quality": {"mode": "observe"}}}
    plain = policy(terms=written)
    judged = plain.model_copy(update={"judge": Judge(upstream="u", model="j")})
    for one in (plain, judged):
        assert one.terms_of(one.rollouts[0]).gates.quality == QualityGate(mode=Mode.OBSERVE)


def test_a_policy_that_says_nothing_of_quality_keeps_its_digest() -> None:
    assert "quality" not in policy().model_dump_json()


def test_a_rollout_is_found_by_tenant_and_route() -> None:
    found = policy()
    assert found.rollout_of("a", "chat") is found.rollouts[0]
    assert found.rollout_of("a", "embed") is None
    assert found.rollout_of("b", "chat") is None


@pytest.mark.parametrize(
    ("mode", "env"),
    [
        (CredentialMode.SWAP, None),
        (CredentialMode.FORWARD, "KEY"),
        (CredentialMode.NONE, "KEY"),
    ],
)
def test_a_credential_names_a_variable_exactly_when_it_swaps(
    mode: CredentialMode, env: str | None
) -> None:
    with pytest.raises(ValidationError, match="needs `env`"):
        Credential(mode=mode, env=env)
