"""Who may approve what, when a proposal no longer stands, and what the store keeps of it."""

import json
from dataclasses import replace

import pytest
from builders import rollout
from rollouts import ANNA, BEN, ERIK, PROPOSAL, VERA

from cutover import people
from cutover.approving import approvals
from cutover.approving.approvals import Approval, Grounds, ProposalUsed
from cutover.approving.proposal import Confirmed
from cutover.people import CONTROLLER, Deed, Person, Role
from mirror.journal import events

KEY = ("clinic", "chat")
STANDS = rollout(epoch=4)
NOW = Grounds("p" * 64, "c" * 64, STANDS, True, ("all gates are shown",))
GIVEN = Approval("anna", "looks right", 200)
OF_WARD = Person("tim", frozenset(), frozenset({("ward", Role.LEAD)}))


@pytest.mark.parametrize(
    ("person", "proposal", "why", "kind"),
    [
        (ERIK, PROPOSAL, "only a lead", "missing role"),
        (VERA, PROPOSAL, "only a lead", "missing role"),
        (OF_WARD, PROPOSAL, "only for ward; only a lead", "wrong tenant"),
        (replace(ANNA, barred="known twice"), PROPOSAL, "known twice", "barred"),
        (ANNA, replace(PROPOSAL, proposer=ANNA.actor), "their own proposal", "own proposal"),
        (ANNA, replace(PROPOSAL, approvals=(GIVEN,)), "already", "approved already"),
    ],
)
def test_who_may_not_approve_is_told_why_and_of_what_kind_that_is(person, proposal, why, kind):
    said = approvals.objection(proposal, person)
    assert why in str(said)
    assert (said.kind, said.recorded) == (kind, True)


@pytest.mark.parametrize(
    ("person", "proposal"),
    [
        (ANNA, PROPOSAL),
        (BEN, replace(PROPOSAL, proposer=ANNA.actor)),
        (BEN, replace(PROPOSAL, approvals=(GIVEN,))),
    ],
)
def test_a_lead_approves_what_another_proposed_or_approved(person, proposal):
    assert approvals.objection(proposal, person) is None


@pytest.mark.parametrize(
    ("now", "at_us", "why"),
    [
        (NOW, 999, ""),
        (NOW, 1_000, "expired"),
        (replace(NOW, rollout=rollout(epoch=5)), 200, "has moved"),
        (replace(NOW, policy_sha256="q" * 64), 200, "the policy changed"),
        (replace(NOW, candidate="d" * 64), 200, "the candidate changed"),
        (replace(NOW, promotes=False, reasons=("too slow",)), 200, "too slow"),
        (replace(NOW, promotes=False, reasons=()), 200, "no longer promote"),
        (replace(NOW, reasons=("other numbers",)), 200, ""),
    ],
)
def test_only_what_it_is_bound_to_and_the_verdict_void_a_proposal(now, at_us, why):
    said = approvals.voided(PROPOSAL, now, at_us)
    assert (why in said) if why else said == ""


def test_a_verdict_that_is_hold_leaves_a_proposal_open():
    assert approvals.outdated(PROPOSAL, replace(NOW, promotes=False), 200) == ""


def test_a_digest_does_not_depend_on_the_order_of_keys():
    assert approvals.digest({"a": 1, "b": (2, 3)}) == approvals.digest({"b": [2, 3], "a": 1})
    assert approvals.digest({"a": 1}) != approvals.digest({"a": 2})


def test_a_yes_says_in_its_event_what_it_means_and_how_who_gave_it_was_known(store):
    given = replace(GIVEN, confirmed=Confirmed("password", 190), roles=(("", "lead"),))
    with store.write() as conn:
        approvals.propose(conn, PROPOSAL, STANDS)
        approvals.give(conn, PROPOSAL, given, STANDS)
        bodies = [json.loads(one.body) for one in events.read(conn, KEY[0])]
    proposed, approved = bodies
    assert proposed["details"]["meaning"] == f"proposes {PROPOSAL.in_words}"
    assert approved["details"]["meaning"] == f"approves {PROPOSAL.in_words}"
    assert approved["details"]["from_stage"] == PROPOSAL.stages[0]
    assert (approved["details"]["confirmed_by"], approved["details"]["auth_us"]) == (
        "password",
        190,
    )
    assert approved["actor"]["roles"] == "lead"


def test_a_proposal_comes_back_with_its_approvals(store):
    with store.write() as conn:
        people.add(conn, "anna", ANNA.roles, by=CONTROLLER, at_us=50)
        approvals.propose(conn, PROPOSAL, STANDS)
        approvals.give(conn, PROPOSAL, GIVEN, STANDS)
    with store.read() as conn:
        assert approvals.open_proposals(conn) == {KEY: replace(PROPOSAL, approvals=(GIVEN,))}
        assert approvals.find(conn, ("other", "chat"), "p1") is None


@pytest.mark.parametrize("roles", [(), ERIK.roles, ANNA.roles])
def test_a_yes_counts_while_who_gave_it_is_a_lead(store, roles):
    with store.write() as conn:
        people.add(conn, "anna", ANNA.roles, by=CONTROLLER, at_us=50)
        approvals.propose(conn, PROPOSAL, STANDS)
        approvals.give(conn, PROPOSAL, GIVEN, STANDS)
        people.remove(conn, "anna", by=CONTROLLER, at_us=250)
        if roles:
            people.add(conn, "anna", roles, by=CONTROLLER, at_us=260)
        found = approvals.find(conn, KEY, "p1")
    assert found.approvals == ((GIVEN,) if roles == ANNA.roles else ())


def test_a_proposal_is_used_once(store):
    with store.write() as conn:
        approvals.propose(conn, PROPOSAL, STANDS)
        approvals.apply(conn, PROPOSAL)
        assert approvals.open_proposals(conn) == {}
        assert approvals.find(conn, KEY, "p1").state == "applied"
        with pytest.raises(ProposalUsed):
            approvals.apply(conn, PROPOSAL)


def test_a_void_proposal_says_why(store):
    with store.write() as conn:
        approvals.propose(conn, PROPOSAL, STANDS)
        approvals.void(conn, PROPOSAL, STANDS, Deed(CONTROLLER, 300, "the policy changed"))
        found = approvals.find(conn, KEY, "p1")
    assert (found.state, found.why) == ("void", "the policy changed")
