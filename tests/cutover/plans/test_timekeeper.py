"""A wall clock that is watched while a controller acts."""

import json

import pytest
from builders import REHEARSAL
from rollouts import ANNA, World, a_policy

from cutover.plans.freezer import Freezer
from cutover.plans.timekeeper import EVERY_US, read
from mirror.journal import events
from mirror.journal.store import Store
from policies.gates import Mode, SampleRatioGate

DAY_S = 86_400


@pytest.fixture
def world(home):
    # The exchanges of a world are all the candidate's in canary: that share is not what is looked at here.
    gates = REHEARSAL.gates.model_copy(
        update={"sample_ratio": SampleRatioGate(mode=Mode.OBSERVE)}
    )
    store = Store.open(home.store_url)
    world = World(store, home, a_policy(terms=REHEARSAL.model_copy(update={"gates": gates})))
    world.tick()
    yield world
    store.close()


def told(world):
    """How far the clock was off in each event of it, in seconds."""
    with world.store.read() as conn:
        rows = [json.loads(one.body) for one in events.read(conn, "")]
    return [one["details"]["off_s"] for one in rows if one["type"] == "clock.jumped"]


def test_a_jump_is_told_once_and_that_it_is_back_once(world):
    world.clock.jump_s(DAY_S)
    assert "24.0 hours forward" in world.controller.cabinet.clock_off()
    assert told(world) == []
    world.tick(2)
    assert told(world) == [DAY_S]
    world.clock.jump_s(-DAY_S)
    world.tick(2)
    assert told(world) == [DAY_S, 0]
    assert world.controller.cabinet.clock_off() == ""


def restarted(world, boot=None, owner="first"):
    """Another controller goes on: the one that was killed, or with `boot` one on another start of a machine."""
    world.controller = world.another(owner)
    if boot is not None:
        world.controller.cabinet.timekeeper.boot = boot
    world.tick()


def goes_on(world):
    """Whether what is shown in canary is widened."""
    world.good(20)
    return world.view().share == 50.0


@pytest.mark.parametrize("seen", [True, False])
def test_a_controller_that_is_restarted_knows_that_the_clock_jumped(world, seen):
    world.to_canary()
    world.clock.jump_s(DAY_S)
    world.tick(int(seen))  # or it was killed before it saw that
    restarted(world)
    assert not goes_on(world)
    assert "jumped 24.0 hours forward" in world.view().waits_for
    assert told(world) == [DAY_S]
    world.clock.jump_s(-DAY_S)
    assert goes_on(world)
    restarted(world)
    assert world.controller.cabinet.clock_off() == ""


def test_a_standby_that_takes_over_knows_that_the_clock_jumped(world):
    world.to_canary()
    world.clock.jump_s(DAY_S)
    world.tick()
    world.controller = world.another("second")
    world.clock.pass_s(6)
    world.controller.tick()
    assert not goes_on(world)


def test_what_a_lead_said_of_the_clock_is_known_after_a_restart(world):
    world.to_canary()
    world.clock.jump_s(DAY_S)
    world.tick()
    Freezer(world.controller).break_(ANNA, ("", ""), 60, "it was a day behind")
    restarted(world)
    assert world.controller.cabinet.clock_off() == ""
    assert goes_on(world)


def test_after_a_weekend_off_one_word_of_a_lead_is_enough(world):
    world.to_canary()
    world.clock.pass_s(63 * 3600)
    restarted(world, boot="monday")
    assert not goes_on(world)
    assert "63.0 hours have passed since one last acted" in world.view().waits_for
    (off_s,) = told(world)
    assert 63 * 3600 <= off_s <= 63 * 3600 + 20
    Freezer(world.controller).break_(ANNA, ("", ""), 60, "it was off")
    assert goes_on(world)
    restarted(world, boot="tuesday")
    assert world.controller.cabinet.clock_off() == ""


def test_a_machine_that_was_down_all_weekend_and_never_restarted_asks_nobody(world):
    world.to_canary()
    world.clock.pass_s(63 * 3600)
    restarted(world)
    assert goes_on(world)


def test_a_short_restart_of_the_machine_asks_nobody(world):
    world.to_canary()
    world.clock.pass_s(600)
    restarted(world, boot="another")
    assert goes_on(world)
    assert told(world) == []


def test_a_machine_that_starts_with_its_clock_behind_waits_until_it_is_set_right(world):
    world.to_canary()
    world.clock.pass_s(600)
    world.clock.jump_s(-DAY_S)
    restarted(world, boot="another")
    assert not goes_on(world)
    assert "hours behind the time at which one last acted" in world.view().waits_for
    world.clock.jump_s(DAY_S)
    assert goes_on(world)
    assert told(world)[-1] == 0


def test_harm_rolls_back_after_a_start_with_any_clock(world):
    world.to_canary()
    world.clock.pass_s(63 * 3600)
    restarted(world, boot="monday")
    assert world.until("rolled_back", most=30, bad=True) < 20


def test_the_store_is_told_where_the_clock_is_now_and_then(world):
    with world.store.read() as conn:
        before = read(conn)
    world.tick(EVERY_US // 1_000_000 - 1)
    with world.store.read() as conn:
        assert read(conn) == before
    world.tick()
    with world.store.read() as conn:
        assert read(conn).wall_us == world.clock()
