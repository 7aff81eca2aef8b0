"""A provider as a policy names it."""

from typing import get_args

import pytest
from rollouts import a_policy
from signing_on import part

from cutover.roles import Role
from policies.oidc import Oidc, RoleName
from policies.policy import Policy


def test_tokens_are_for_the_client_unless_said():
    written = part("http://localhost:9")["oidc"]
    assert Oidc.model_validate(written).for_whom == "crossfade"
    assert Oidc.model_validate(written | {"audience": "api"}).for_whom == "api"


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://me:secret@login.clinic.example"},
        {"issuer": "https://login.clinic.example/?a=b"},
        {"issuer": "ftp://login.clinic.example"},
        {"grants": []},
        {"grants": [{"group": "a", "role": "root"}]},
        {"client_secret": "not a variable"},
        {"scopes": ["x"]},
    ],
)
def test_what_can_be_no_provider_is_a_fault_of_its_key(changes):
    written = a_policy().model_dump(mode="json") | {
        "identity": part("http://localhost:9", **changes)
    }
    with pytest.raises(ValueError, match=r"identity\.oidc"):
        Policy.model_validate(written)


def test_the_roles_of_a_policy_are_those_there_are():
    assert set(get_args(RoleName)) == {str(role) for role in Role}
