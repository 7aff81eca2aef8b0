"""The gate of a report: off unless written, and a policy that says nothing of it is written as before."""

import pytest
from pydantic import ValidationError

from policies.acceptance import Acceptance
from policies.terms import Terms


def test_it_is_off_unless_written_and_then_has_an_age():
    assert Terms().acceptance == Acceptance(required=False, max_age_days=30)
    assert "acceptance" not in Terms().model_dump()
    asked = Terms.model_validate({"acceptance": {"required": True}})
    assert asked.model_dump()["acceptance"] == {"required": True, "max_age_days": 30}


@pytest.mark.parametrize("wrong", [{"max_age_days": 0}, {"require": True}])
def test_no_age_and_unknown_keys_are_faults(wrong):
    with pytest.raises(ValidationError):
        Acceptance.model_validate(wrong)
