"""A tenant says how it is known; what it says nothing of changes no digest."""

import pytest
from pydantic import ValidationError

from policies.tenants import Identity, Tenant


def test_an_identity_needs_some_way_to_be_told() -> None:
    with pytest.raises(ValidationError, match="nobody can be this tenant"):
        Identity()


def test_a_tenant_that_says_nothing_of_the_pool_is_written_as_before() -> None:
    plain = Tenant.model_validate({"identify": {"header": "a"}, "cloud": "allowed"})
    assert plain.pool
    assert "pool" not in plain.model_dump()
    assert plain.model_copy(update={"pool": False}).model_dump()["pool"] is False
