"""Values of a policy: what they refuse on their own, and what they answer."""

from typing import Any

import pytest
from pydantic import ValidationError

from policies.policy import (
    Credential,
    CredentialMode,
    Policy,
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
