"""A person's no: what it ends, how long it holds, and who takes it back."""

import pytest
from builders import REHEARSAL
from rollouts import ANNA, BEN, ERIK, KEY, World, a_policy

from cutover.approving.rejecting import Rejecting
from cutover.desk import Yes
from cutover.refusals import Conflict, NotAllowed
from mirror.journal.store import Store
from policies.approvals import Rejected


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.until_proposed()
    yield world
    store.close()


@pytest.fixture
def rejecting(world):
    return Rejecting(world.controller)


def reject(world, person=BEN, reason="too early"):
    id = world.view().proposal["id"]
    Rejecting(world.controller).reject(person, KEY, id, reason)
    return id


def test_a_rejected_proposal_is_over_and_says_who_and_why(world, rejecting):
    id = reject(world)
    assert world.view().proposal is None
    (event,) = world.events("proposal.rejected")
    assert (event["actor"]["name"], event["reason"]) == ("ben", "too early")
    assert event["details"]["proposal"] == id
    assert event["details"].keys() > {"evidence_sha256", "policy_sha256", "sessions"}
    with pytest.raises(Conflict, match="is rejected: too early"):
        world.desk.approve(ANNA, KEY, id, Yes("I like it"))
    with pytest.raises(Conflict, match="is rejected: too early"):
        rejecting.reject(ANNA, KEY, id, "me too")


def test_the_controller_does_not_ask_again_until_there_is_half_as_much_evidence_more(world):
    sessions = world.view().sessions
    reject(world)
    enough = -(-sessions * 3 // 2)
    world.good(enough - sessions - 1)
    view = world.view()
    assert (view.verdict, view.proposal) == ("promote", None)
    assert view.waits_for == view.rejection["sentence"] == view.reasons[0]
    assert view.waits_for.startswith("ben rejected the move to 20 % of the sessions: too early")
    world.good(2)
    assert world.view().proposal
    assert world.view().rejection is None


def test_after_a_day_it_asks_again_though_nothing_is_new(world):
    reject(world)
    world.clock.pass_s(86_390)
    world.tick()
    assert world.view().proposal is None
    world.clock.pass_s(10)
    world.tick()
    assert world.view().proposal


def test_who_rejected_takes_it_back_and_nobody_else(world, rejecting):
    id = reject(world)
    with pytest.raises(NotAllowed, match="ben rejected it; nobody else"):
        rejecting.withdraw(ANNA, KEY, id, "no")
    rejecting.withdraw(BEN, KEY, id, "I was wrong")
    world.tick()
    assert world.view().proposal["id"] != id
    assert [one["reason"] for one in world.events("proposal.rejection_withdrawn")] == [
        "I was wrong"
    ]
    with pytest.raises(Conflict, match="no rejection"):
        rejecting.withdraw(BEN, KEY, id, "again")


def test_it_outlives_the_controller_that_took_it(world):
    reject(world)
    world.controller = world.another("second")
    world.clock.pass_s(6)
    world.good(3)
    assert (world.view().verdict, world.view().proposal) == ("promote", None)


def test_only_a_lead_rejects_also_their_own_proposal_and_one_they_approved(world, rejecting):
    with pytest.raises(NotAllowed, match="only a lead rejects"):
        reject(world, ERIK)
    assert world.events("proposal.rejected") == []
    id = reject(world)
    rejecting.withdraw(BEN, KEY, id, "so that ben may ask")
    world.desk.propose(BEN, KEY, "now")
    reject(world, BEN, "no, not yet")
    assert world.view().proposal is None


def test_a_person_may_propose_what_another_rejected(world):
    reject(world)
    world.desk.propose(ERIK, KEY, "the numbers hold")
    assert world.view().proposal["proposer"] == "erik"
    world.tick()
    assert world.approve(ANNA).applied


def test_a_no_keeps_a_rollout_also_where_the_policy_asks_nobody_any_more(world):
    reject(world)
    nobody = REHEARSAL.approvals.model_copy(update={"to_canary": 0})
    terms = REHEARSAL.model_copy(update={"approvals": nobody})
    world.controller = world.another("second", a_policy(terms=terms))
    world.clock.pass_s(6)
    world.good(3)
    assert world.view().stage == "mirror"


def test_harm_rolls_back_what_was_rejected(world):
    reject(world)
    assert world.until("rolled_back", bad=True)


def test_those_that_are_open_and_those_that_were_rejected_are_told(world, rejecting):
    assert [[one.key for one in each] for each in rejecting.read()[1:]] == [[]]
    assert [(one.tenant, one.route) for one in rejecting.read()[0]] == [KEY]
    id = reject(world)
    waiting, said = rejecting.read()
    assert (waiting, [one.proposal_id for one in said]) == ([], [id])


def test_the_policy_says_how_long_it_holds(home):
    soon = REHEARSAL.approvals.model_copy(update={"rejected": Rejected(rest_s=0)})
    terms = REHEARSAL.model_copy(update={"approvals": soon})
    store = Store.open(home.store_url)
    world = World(store, home, a_policy(terms=terms))
    world.tick()
    world.until_proposed()
    reject(world)
    world.tick()
    assert world.view().proposal
    store.close()
