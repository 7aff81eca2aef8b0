"""A tenant says how it is known; what it says nothing of changes no digest."""

import pytest
from pydantic import ValidationError

from policies.tenants import Identity


def test_an_identity_needs_some_way_to_be_told() -> None:
    with pytest.raises(ValidationError, match="nobody can be this tenant"):
        Identity()
