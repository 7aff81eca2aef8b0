"""Change tickets: who must name one, where they are kept, and in which events they stand."""

import pytest
from builders import REHEARSAL
from rollouts import ANNA, BEN, KEY, World, a_policy

from cutover.approving.rejecting import Rejecting
from cutover.refusals import Conflict
from mirror.journal.store import Store


@pytest.fixture
def make(home):
    """A rollout with an open proposal, of a policy that asks for tickets as it is told to."""
    stores = []

    def make(ticket):
        stores.append(Store.open(home.store_url))
        asked = REHEARSAL.approvals.model_copy(update={"ticket": ticket})
        terms = REHEARSAL.model_copy(update={"approvals": asked})
        world = World(stores[-1], home, a_policy(terms=terms))
        world.add(ANNA, BEN)
        world.tick()
        world.until_proposed()
        return world

    yield make
    for store in stores:
        store.close()


def test_a_ticket_stands_in_the_events_of_the_approval_and_of_its_move(make):
    world = make("optional")
    assert world.view().proposal["ticket_needed"] is False
    assert world.approve(ticket="CHG-4711").applied
    (given,) = world.events("approval.given")
    assert given["details"]["ticket"] == "CHG-4711"
    assert world.events("state.transition")[-1]["details"]["ticket"] == "CHG-4711"


def test_without_one_nothing_is_said_of_it(make):
    world = make("optional")
    assert world.approve().applied
    assert "ticket" not in world.events("approval.given")[0]["details"]


def test_where_one_is_required_no_approval_counts_without(make):
    world = make("required")
    assert world.view().proposal["ticket_needed"] is True
    with pytest.raises(Conflict, match="number of a change ticket"):
        world.approve()
    assert (world.view().stage, world.events("approval.given")) == ("mirror", [])
    assert world.approve(ticket="CHG-1").applied


def test_a_proposal_of_a_person_names_its_own_and_its_approvals_need_none_then(make):
    world = make("required")
    Rejecting(world.controller).reject(ANNA, KEY, world.view().proposal["id"], "not yet")
    with pytest.raises(Conflict, match="number of a change ticket"):
        world.desk.propose(BEN, KEY, "the numbers hold")
    made = world.desk.propose(BEN, KEY, "the numbers hold", "CHG-9")
    assert made.ticket == "CHG-9"
    assert world.view().proposal["ticket"] == "CHG-9"
    assert world.approve().applied
    (given,) = world.events("approval.given")
    assert given["details"]["ticket"] == "CHG-9"
