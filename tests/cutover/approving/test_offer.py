"""What a view tells of an open proposal."""

from dataclasses import replace

from rollouts import PROPOSAL

from cutover.approving import offer
from cutover.approving.approvals import Approval
from policies.approvals import Approvals

NEEDED = Approvals(ticket="required")


def test_nothing_is_told_where_there_is_none():
    assert offer.body(None, 1, Approvals()) is None


def test_it_is_told_with_who_said_yes_and_for_which_ticket():
    given = Approval("ben", "looks right", 7, ticket="CHG-2")
    told = offer.body(replace(PROPOSAL, approvals=(given,)), 2, Approvals())
    assert told["approvals"] == [{"name": "ben", "at_us": 7, "ticket": "CHG-2"}]
    assert (told["id"], told["needed"]) == (PROPOSAL.id, 2)


def test_who_says_yes_is_asked_for_a_ticket_until_the_proposal_has_one():
    assert offer.body(PROPOSAL, 1, NEEDED)["ticket_needed"] is True
    named = replace(PROPOSAL, ticket="CHG-1")
    assert offer.body(named, 1, NEEDED)["ticket_needed"] is False
    assert offer.body(PROPOSAL, 1, Approvals())["ticket_needed"] is False
