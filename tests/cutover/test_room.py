"""A server that is full holds those who would be sent more of their sessions."""

from dataclasses import replace

import pytest
from builders import REHEARSAL
from rollouts import KEY, World, a_policy, insert_exchange

from cutover.demand import HOUR_US
from cutover.emergency.switches import Switches
from cutover.refusals import Conflict
from cutover.room import Room
from cutover.servers.condition import Condition
from mirror.exchange import Side
from mirror.journal.store import Store
from policies.policy import Step

QUICK = REHEARSAL.model_copy(
    update={
        "steps": (
            Step(percent=20, min_served=3, soak_s=0),
            Step(percent=50, min_served=3, soak_s=0),
        )
    }
)


def capped(in_flight):
    base = a_policy(terms=QUICK).model_dump(mode="json")["upstreams"]
    base["gpu"]["capacity"] = {"in_flight": in_flight}
    return a_policy(terms=QUICK, upstreams=base)


def a_world(home, in_flight):
    world = World(Store.open(home.store_url), home, capped(in_flight))
    world.tick()
    return world


def takes(seconds):
    return lambda reply: (
        replace(reply, total_us=seconds * 1_000_000) if reply.side is Side.CANDIDATE else reply
    )


def busy(world, requests, seconds):
    """So many requests, each as long."""
    for _ in range(requests):
        world.count += 1
        insert_exchange(world, replied=takes(seconds))


def as_if_busy(world, in_flight):
    """As if so many requests had been in flight on the mean of the last hour."""
    room, cabinet = world.controller.room, world.controller.cabinet
    room.short(cabinet, cabinet.files[KEY])  # reads what there is
    room._busy[KEY].copies.clear()
    room._busy[KEY].served[world.clock() // HOUR_US] = round(in_flight * HOUR_US)


@pytest.fixture
def world(home):
    world = a_world(home, 1)
    yield world
    world.store.close()


def test_what_is_shown_waits_for_room_and_says_how_much_is_missing(world):
    world.until_proposed()
    as_if_busy(world, 0.39)  # a fifth of it has a peak of 1, half of it one of 2
    assert world.approve().applied
    world.good(20)
    view = world.view()
    assert (view.stage, view.share, view.verdict) == ("canary", 20.0, "promote")
    assert "widening to 50 % would bring 2 requests in flight to gpu" in view.waits_for
    assert "it takes 1: 1 too many" in view.waits_for
    world.controller.room.policy = capped(8)
    world.good(1)
    assert world.view().share == 50.0


HOT = Switches(halved=(Condition("gpu", "basis", why="GPU 0 is hot"),))


def test_an_approval_waits_for_room_and_the_proposal_stays(world):
    world.controller.room.policy = capped(2)
    world.until_proposed()
    as_if_busy(world, 0.9)  # a fifth of it has a peak of 2
    world.controller.cabinet.switches = HOT
    with pytest.raises(Conflict, match="and it takes 1: 1 too many"):
        world.approve()
    assert world.view().proposal
    world.controller.cabinet.switches = Switches()
    assert world.approve().applied


def test_a_server_of_which_half_is_accepted_takes_half():
    room = Room(capped(9))
    assert room.accepted(Switches(), "gpu") == 9
    assert room.accepted(HOT, "gpu") == 4
    assert room.accepted(HOT, "cloud") is None


def test_what_came_since_is_counted_as_what_the_store_tells(store, home):
    world = World(store, home, capped(1))
    world.tick()
    busy(world, 3, 1)
    world.controller.tick()
    file = world.controller.cabinet.files[KEY]
    world.controller.room.short(world.controller.cabinet, file)
    busy(world, 4, 1)
    world.controller.tick()
    again = Room(world.policy)
    again.short(world.controller.cabinet, file)
    assert world.controller.room._busy == again._busy
    assert again._busy[KEY].in_flight(world.clock(), 1.0) == pytest.approx(7 / 3600)


def shadowed(percent, in_flight=1):
    terms = QUICK.model_copy(
        update={"sampling": QUICK.sampling.model_copy(update={"shadow_percent": percent})}
    )
    base = capped(in_flight).model_dump(mode="json")["upstreams"]
    return a_policy(terms=terms, upstreams=base)


def widened(world, policy):
    """Why the next step waits, as a policy has it."""
    world.controller.room = Room(policy)
    return world.controller.room.short(
        world.controller.cabinet, world.controller.cabinet.files[KEY]
    )


def test_what_the_candidate_served_is_measured_whole_however_few_are_copied(home):
    world = a_world(home, 1)
    world.to_canary()
    world.clock.pass_s(8 * 86_400)  # so that mirror counts no more
    world.tick()
    for serving, requests in ((Side.CANDIDATE, 36), (Side.PRIMARY, 36)):
        for _ in range(requests):
            world.count += 1
            insert_exchange(world, serving=serving, replied=takes(25))
    # A quarter of a request in flight was served, and at 10 % copies stand for two and a half of the others.
    assert "would bring 4 requests in flight" in widened(world, shadowed(10))
    assert "would bring 2 requests in flight" in widened(world, shadowed(100))
    world.store.close()


def test_of_what_nothing_is_known_nothing_is_widened(world):
    world.to_canary()
    world.tick()
    assert widened(world, shadowed(100, 9)) == ""
    assert "50 % would bring to gpu is not known" in widened(world, shadowed(0, 9))
    world.clock.pass_s(8 * 86_400)
    assert "is not known" in widened(world, shadowed(100, 9))


def test_an_upstream_without_a_cap_has_room_for_all(home):
    world = World(Store.open(home.store_url), home, a_policy(terms=QUICK))
    world.tick()
    file = world.controller.cabinet.files[KEY]
    assert world.controller.room.short(world.controller.cabinet, file) == ""
    world.store.close()
