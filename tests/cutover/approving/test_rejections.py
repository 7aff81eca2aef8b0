"""Rejections: how long one keeps the controller from asking again, and what the store keeps of it."""

from dataclasses import replace

import pytest
from builders import SECOND, rollout
from rollouts import BEN, PROPOSAL

from cutover import history
from cutover.approving import approvals, rejections
from cutover.approving.approvals import ProposalUsed
from cutover.approving.rejections import Rejection
from cutover.people import Deed
from policies.approvals import Rejected

KEY = ("clinic", "chat")
STANDS = rollout(epoch=4)
NO = Rejection("p1", *KEY, 4, 20.0, "ben", "too early", 1_000 * SECOND, 60)
TERMS = Rejected()  # a day, or half as many sessions again
DEED = Deed(BEN.actor, 300, "too early")


def said(at=STANDS, sessions=60, after_s=0, no=NO):
    return no.sentence(at, TERMS, sessions, no.at_us + round(after_s * SECOND))


@pytest.mark.parametrize(
    ("given", "asked_again"),
    [
        ({}, False),
        ({"sessions": 89}, False),
        ({"sessions": 90}, True),
        ({"after_s": 86_399}, False),
        ({"after_s": 86_400}, True),
        ({"at": rollout(epoch=5)}, True),
    ],
)
def test_it_ends_with_time_with_evidence_and_with_the_standing(given, asked_again):
    assert (said(**given) == "") is asked_again


def test_it_says_who_why_and_what_ends_it():
    assert said(after_s=3_600) == (
        "ben rejected the move to 20 % of the sessions: too early; it is proposed again after 30 more "
        "sessions, in 23.0 hours, or when ben withdraws that"
    )


@pytest.mark.parametrize("sessions", [0, 1])
def test_with_hardly_any_evidence_one_more_session_is_needed_at_least(sessions):
    no = replace(NO, sessions=sessions)
    assert said(no=no, sessions=sessions)
    assert not said(no=no, sessions=sessions + 1)


def propose(conn):
    history.create(conn, STANDS)
    approvals.propose(conn, PROPOSAL, STANDS)


def test_a_rejected_proposal_is_used_up_and_the_rejection_stands(store):
    with store.write() as conn:
        propose(conn)
        made = rejections.record(conn, PROPOSAL, STANDS, 60, DEED)
    with store.write() as conn:
        assert rejections.standing(conn) == {KEY: made}
        assert made == replace(NO, at_us=300)
        assert approvals.open_proposals(conn) == {}
        found = approvals.find(conn, KEY, "p1")
        assert (found.state, found.why) == ("rejected", "too early")
        for use in (approvals.apply, lambda *of: rejections.record(*of, STANDS, 60, DEED)):
            with pytest.raises(ProposalUsed):
                use(conn, PROPOSAL)


def test_one_that_was_withdrawn_stands_no_more_and_is_not_withdrawn_twice(store):
    with store.write() as conn:
        propose(conn)
        made = rejections.record(conn, PROPOSAL, STANDS, 60, DEED)
        rejections.withdraw(conn, made, STANDS, replace(DEED, at_us=400))
        assert rejections.standing(conn) == {}
        with pytest.raises(ProposalUsed, match="withdrawn already"):
            rejections.withdraw(conn, made, STANDS, DEED)


def test_what_was_rejected_before_the_last_move_does_not_stand(store):
    with store.write() as conn:
        history.create(conn, replace(STANDS, epoch=5))
        approvals.propose(conn, PROPOSAL, STANDS)
        rejections.record(conn, PROPOSAL, STANDS, 60, DEED)
        assert rejections.standing(conn) == {}
