"""The signs by which a request names its conversation."""

import pytest
from pydantic import ValidationError

from policies.sessions import SessionSigns, Sign


def test_all_signs_are_believed_where_a_policy_says_nothing():
    assert SessionSigns().identify == tuple(Sign)


@pytest.mark.parametrize(
    "wrong",
    [
        {"identify": ["header", "header"]},
        {"identify": ["cookie"]},
        {"metadata": []},
        {"metadata": [""]},
    ],
)
def test_signs_are_checked(wrong):
    with pytest.raises(ValidationError):
        SessionSigns.model_validate(wrong)
