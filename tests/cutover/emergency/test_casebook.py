"""A reported exchange holds its candidate everywhere: nothing is widened, everything still rolls back."""

import pytest
from rollouts import ANNA, ERIK, KEY, World, a_policy

from cutover.emergency.casebook import Casebook
from cutover.overview import Search
from cutover.refusals import Conflict, StandsBy
from mirror.journal.store import Store

TENANTS = {
    "clinic": {"identify": {"header": "c"}, "cloud": "allowed", "reask": True},
    "ward": {"identify": {"header": "w"}, "cloud": "allowed", "reask": True},
}


def two_clinics(**changes):
    one = a_policy().model_dump(mode="json")["rollouts"][0]
    return a_policy(tenants=TENANTS, rollouts=[one, one | {"tenant": "ward"} | changes])


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    yield world
    store.close()


@pytest.fixture
def book(world):
    return Casebook(world.controller)


def reported(world, book, reason="wrong dose"):
    return book.report(ERIK, world.exchange(), KEY, reason)


def test_evidence_that_suffices_is_not_even_proposed(world, book):
    made, held = reported(world, book)
    assert held == [KEY]
    world.good(100)
    view = world.view()
    assert (view.stage, view.proposal) == ("mirror", None)
    assert view.frozen == f"nothing is widened until incident {made.id} is closed: wrong dose"
    book.close(ANNA, made.id, "it was the primary's")
    assert world.until_proposed(most=2)


def test_an_approval_is_refused_and_the_proposal_stays(world, book):
    world.until_proposed()
    made, _ = reported(world, book)
    with pytest.raises(Conflict, match=f"until incident {made.id} is closed"):
        world.approve()
    assert world.view().proposal is not None
    book.close(ERIK, made.id, "looked into")
    assert world.approve().applied


def test_a_person_cannot_propose_meanwhile(world, book):
    world.until_proposed()
    cabinet = world.controller.cabinet
    with world.store.write() as conn:
        cabinet.void(conn, cabinet.file(KEY), "for the test", world.clock())
    reported(world, book)
    with pytest.raises(Conflict, match="until incident 1 is closed"):
        world.desk.propose(ANNA, KEY, "now")


def test_what_needs_no_approval_is_not_widened_either(world, book):
    world.to_canary()
    reported(world, book)
    share = world.view().share
    world.good(100)
    assert (world.view().stage, world.view().share) == ("canary", share)


def test_harm_rolls_back_under_an_incident_with_nobody_acting(world, book):
    world.to_canary()
    reported(world, book)
    world.until("rolled_back", bad=True)


def test_a_person_rolls_back_under_an_incident(world, book):
    world.to_canary()
    reported(world, book)
    assert world.desk.roll_back(ERIK, KEY, "enough").to_stage == "rolled_back"


def test_it_holds_every_rollout_of_the_candidate_and_no_other(home):
    store = Store.open(home.store_url)
    world = World(store, home, policy=two_clinics())
    world.tick()
    made, held = reported(world, Casebook(world.controller))
    assert held == [KEY, ("ward", "chat")]
    (other,) = [
        one
        for one in world.controller.overview.page(Search(), lambda _: True, None, 9)[1]
        if one.tenant == "ward"
    ]
    assert other.frozen == (
        f"nothing is widened until incident {made.id} is closed: of another tenant, with this candidate"
    )
    newer = {"upstream": "gpu", "model": "newer"}
    upstreams = a_policy().model_dump(mode="json")["upstreams"]
    upstreams["gpu"]["models"] = ["own", "newer"]
    policy = two_clinics(candidate=newer).model_copy(
        update={"upstreams": a_policy(upstreams=upstreams).upstreams}
    )
    world.controller = world.another("next", policy)
    world.clock.pass_s(6)
    world.controller.tick()
    frozen = {
        one.tenant: one.frozen
        for one in world.controller.overview.page(Search(), lambda _: True, None, 9)[1]
    }
    assert frozen["clinic"] and not frozen["ward"]
    store.close()


def test_the_next_controller_knows_what_is_open(world, book):
    made, _ = reported(world, book)
    world.controller = world.another("next")
    world.clock.pass_s(6)
    world.controller.tick()
    assert f"incident {made.id}" in world.view().frozen
    with pytest.raises(StandsBy):
        book.close(ERIK, made.id, "by the one that stands by")


def test_an_exchange_is_reported_once_at_a_time(world, book):
    id = world.exchange()
    made, _ = book.report(ERIK, id, KEY, "wrong dose")
    with pytest.raises(Conflict, match="incident 1 of erik is about it already"):
        book.report(ANNA, id, KEY, "wrong dose, again")
    book.close(ANNA, made.id, "looked into")
    with pytest.raises(Conflict, match="was closed by anna already"):
        book.close(ERIK, made.id, "me too")
    with pytest.raises(Conflict, match="there is no incident 9"):
        book.close(ERIK, 9, "x")
    assert book.report(ANNA, id, KEY, "again after all")[0].id == 2
    assert [one.closed_us > 0 for one in book.read()] == [True, False]


def test_report_and_close_are_events(world, book):
    made, _ = reported(world, book)
    book.close(ANNA, made.id, "looked into")
    (told,), (closed,) = world.events("incident.reported"), world.events("incident.closed")
    assert (told["actor"]["name"], told["reason"]) == ("erik", "wrong dose")
    assert told["details"]["exchange"] == made.exchange_id
    assert (closed["actor"]["name"], closed["reason"]) == ("anna", "looked into")
