"""Values of a policy: what they refuse on their own, and what they answer."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from policies.policy import (
    Credential,
    CredentialMode,
    EquivalenceGate,
    Identity,
    Policy,
    Step,
    Terms,
)


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


def test_a_rollout_is_found_by_tenant_and_route() -> None:
    found = policy()
    assert found.rollout_of("a", "chat") is found.rollouts[0]
    assert found.rollout_of("a", "embed") is None
    assert found.rollout_of("b", "chat") is None


@given(st.lists(st.integers(1, 100), min_size=1, max_size=6))
def test_steps_rise_or_are_refused(percents: list[int]) -> None:
    steps = tuple(Step(percent=percent) for percent in percents)
    if percents == sorted(set(percents)):
        assert Terms(steps=steps).steps == steps
    else:
        with pytest.raises(ValidationError, match="steps must rise"):
            Terms(steps=steps)


def test_the_default_terms_are_valid_as_if_they_were_written() -> None:
    assert Terms.model_validate(Terms().model_dump()) == Terms()


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


def test_an_identity_needs_some_way_to_be_told() -> None:
    with pytest.raises(ValidationError, match="nobody can be this tenant"):
        Identity()


def test_a_margin_lies_below_its_clip() -> None:
    with pytest.raises(ValidationError, match="smaller than `clip`"):
        EquivalenceGate(margin=0.5, clip=0.5)


def test_a_part_cannot_be_changed_and_takes_no_unknown_key_and_no_infinity() -> None:
    step = Step(percent=5)
    with pytest.raises(ValidationError):
        step.percent = 6  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Step.model_validate({"percent": 5, "soak": 1})
    with pytest.raises(ValidationError):
        Step(percent=5, soak_s=float("inf"))
