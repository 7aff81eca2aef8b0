"""How long bundles are kept is a number of days within reason, and no demand of a rollout."""

import pytest
from pydantic import ValidationError
from rollouts import a_policy

from cutover import moves
from policies.exports import Exports


def test_they_are_kept_for_a_week_unless_the_policy_says_otherwise():
    assert a_policy().exports.keep_days == 7
    assert a_policy(exports={"keep_days": 1}).exports.keep_days == 1
    for days in (0, 91):
        with pytest.raises(ValidationError):
            Exports(keep_days=days)


def test_it_voids_no_approval():
    assert moves.policy_digest(a_policy()) == moves.policy_digest(
        a_policy(exports={"keep_days": 1})
    )
