"""What follows from the policy file alone."""

import pytest
from rollouts import ERIK, KEY, World, a_policy

from cutover.align import align, changed
from mirror.journal.store import Store


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    yield world
    store.close()


def replaced(world, policy):
    world.controller = world.another("next", policy)
    world.clock.pass_s(6)
    world.controller.tick()


def test_nothing_follows_while_the_policy_stays(world):
    before = world.events()
    align(world.controller.cabinet, world.controller.cabinet.file(KEY))
    assert world.events() == before
    assert not changed(world.controller.cabinet, world.controller.cabinet.file(KEY))


def test_a_policy_that_starts_it_later_starts_it(home):
    world = World(Store.open(home.store_url), home, a_policy(start="off"))
    world.tick()
    assert world.view().stage == "off"
    replaced(world, a_policy())
    assert (world.view().stage, world.view().attempt) == ("mirror", 1)


def test_a_changed_candidate_leaves_what_is_rolled_back_alone(world):
    world.desk.roll_back(ERIK, KEY, "enough")
    replaced(world, a_policy(candidate="newer"))
    assert (world.view().stage, world.view().held_by) == ("rolled_back", "")
    world.clock.pass_s(60)
    world.controller.tick()
    world.desk.resume(ERIK, KEY, "with the newer one")
    assert not changed(world.controller.cabinet, world.controller.cabinet.file(KEY))


def test_a_persons_hold_is_not_replaced_by_the_controllers(world):
    world.to_canary()
    world.desk.hold(ERIK, KEY, "wait")
    replaced(world, a_policy(candidate="newer"))
    assert world.view().held_by == "erik"
    world.desk.resume(ERIK, KEY, "go on")
    world.tick()
    assert world.view().held_by == "controller"


def test_a_changed_candidate_is_never_promoted_further(world):
    world.to_canary()
    replaced(world, a_policy(candidate="newer"))
    world.good(40)
    assert world.view().share == 20
