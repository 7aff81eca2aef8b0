"""What a policy may ask of clinical sign-off."""

import pytest
from pydantic import ValidationError

from policies.sign_off import SignOff
from policies.terms import Terms


def test_a_policy_that_asks_for_none_is_written_as_before():
    assert "sign_off" not in Terms().model_dump()
    told = Terms(sign_off=SignOff(pairs=20)).model_dump(mode="json")["sign_off"]
    assert told == {
        "pairs": 20, "routes": ["reason", "audio"], "not_acceptable_at_most": 0, "before": "canary",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({}, "pairs"),
        ({"pairs": 0}, "greater than or equal to 1"),
        ({"pairs": 5, "not_acceptable_at_most": 5}, "less than `pairs`"),
        ({"pairs": 5, "routes": []}, "at least 1"),
        ({"pairs": 5, "routes": ["embed"]}, "nobody can read"),
        ({"pairs": 5, "before": "mirror"}, "canary"),
    ],
)
def test_what_could_hold_nothing_or_never_be_read_is_refused(wrong, says):
    with pytest.raises(ValidationError, match=says):
        SignOff(**wrong)
