"""When the event log is reviewed is said by the policy, and no demand of a rollout."""

import pytest
from pydantic import ValidationError
from rollouts import a_policy

from cutover import moves
from policies.reviews import Review


def test_it_is_every_night_and_opens_payloads_on_sundays_unless_the_policy_says_otherwise():
    assert a_policy().review == Review(at="03:10", payloads="sun")
    never = a_policy(review={"at": None, "payloads": None}).review
    assert (never.at, never.payloads) == (None, None)


@pytest.mark.parametrize("wrong", [{"at": "25:00"}, {"at": "3:10"}, {"payloads": "sunday"}])
def test_what_is_no_time_or_day_is_refused(wrong):
    with pytest.raises(ValidationError):
        Review(**wrong)


def test_it_voids_no_approval():
    assert moves.policy_digest(a_policy()) == moves.policy_digest(a_policy(review={"at": None}))
