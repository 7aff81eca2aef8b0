"""How many people decide, and what their no is worth."""

import pytest
from pydantic import ValidationError

from policies.approvals import Approvals, Rejected


def test_a_policy_that_says_nothing_of_rejections_is_written_as_before():
    assert Approvals().model_dump() == {"to_canary": 1, "to_live": 1, "expire_s": 86_400}
    assert Approvals(ticket="required").model_dump()["ticket"] == "required"
    told = Approvals(rejected=Rejected(rest_s=60)).model_dump()
    assert told["rejected"] == {"rest_s": 60, "grown": 0.5}


@pytest.mark.parametrize("wrong", [{"rest_s": -1}, {"grown": 0}, {"rest": 5}])
def test_what_could_not_hold_is_refused(wrong):
    with pytest.raises(ValidationError):
        Rejected(**wrong)
