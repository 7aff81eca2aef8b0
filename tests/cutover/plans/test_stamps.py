"""What was stamped by a clock that was a day ahead, once it is right."""

import pytest
from builders import REHEARSAL
from rollouts import ANNA, ERIK, KEY, World, a_policy

from cutover.emergency.switchboard import Switchboard
from cutover.plans.freezer import Freezer
from cutover.plans.stamps import set_right
from mirror.journal.store import Store

DAY_S = 86_400


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home, a_policy(terms=REHEARSAL.model_copy(update={"cooldown_s": 60})))
    world.tick()
    yield world
    store.close()


def ahead(world):
    """The clock jumps a day."""
    world.clock.jump_s(DAY_S)
    world.tick()


def back(world):
    world.clock.jump_s(-DAY_S)
    world.tick()


def test_a_rest_that_began_in_the_future_is_as_long_as_any(world):
    ahead(world)
    world.desk.roll_back(ERIK, KEY, "enough")
    back(world)
    assert world.view().since_us <= world.clock()
    world.clock.pass_s(60)
    world.tick()
    world.desk.resume(ERIK, KEY, "its rest is over")
    assert world.view().stage == "mirror"
    assert world.events("state.transition")[-2]["reason"] == "enough"


def test_it_is_set_right_by_whoever_acts_when_the_clock_is_back(world):
    ahead(world)
    world.desk.roll_back(ERIK, KEY, "enough")
    world.clock.jump_s(-DAY_S)
    world.controller = world.another("first")
    world.tick()
    assert world.clock() - 10_000_000 <= world.view().since_us <= world.clock()


def test_drains_and_broken_freezes_end_when_they_were_to_end(world):
    Freezer(world.controller).place(ERIK, ("", ""), 0, "audit")
    ahead(world)
    drained = Switchboard(world.controller).drain(ERIK, "gpu", 600, "new fans")
    Freezer(world.controller).break_(ANNA, ("clinic", ""), 600, "hotfix")
    back(world)
    (row,) = world.controller.cabinet.switches.drains
    assert row.until_us == drained.until_us - DAY_S * 1_000_000
    world.tick(600)
    assert world.controller.cabinet.switches.drains == ()
    assert [one.kind for one in Freezer(world.controller).read()] == ["placed"]


def test_what_has_no_end_keeps_none_and_the_past_stays_as_it_is(world):
    Freezer(world.controller).place(ERIK, ("clinic", ""), 0, "before")
    before = Freezer(world.controller).read()
    ahead(world)
    Freezer(world.controller).place(ERIK, ("", ""), 0, "audit")
    back(world)
    found = {one.reason: one for one in Freezer(world.controller).read()}
    assert found["before"] == before[0]
    assert (found["audit"].until_us, found["audit"].at_us <= world.clock()) == (0, True)


def test_where_nothing_was_stamped_in_the_future_nothing_is_changed(world):
    before = world.view().since_us
    with world.store.write() as conn:
        assert not set_right(conn, DAY_S * 1_000_000, world.clock())
    world.controller = world.another("first")
    world.tick()
    assert world.view().since_us == before


def test_what_was_stamped_by_a_clock_that_was_further_ahead_than_told_is_stamped_now(world):
    with world.store.write() as conn:
        assert set_right(conn, 1_000_000, world.clock() - DAY_S * 1_000_000)
    world.controller = world.another("first")
    world.tick()
    assert world.view().since_us == world.clock() - DAY_S * 1_000_000 - 1_000_000
