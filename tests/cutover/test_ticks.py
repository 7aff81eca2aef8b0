"""Early ticks: what was compared is judged at once, and a long tick is followed by rest."""

import threading

import pytest
from rollouts import World

from cutover.ticks import REST, Ticks
from mirror.journal.store import StoreError


class Counted:
    """A controller that ticks as World's does, and a tick takes as much of the processor as it is told."""

    def __init__(self, world):
        self.world, self.ticks, self.takes_s, self.spent_us = world, 0, 0.0, 0

    @property
    def acting(self):
        return self.world.controller.acting

    @property
    def upto(self):
        return self.world.controller.upto

    def tick(self):
        self.ticks += 1
        self.world.controller.tick()
        self.spent_us += round(self.takes_s * 1e6)


@pytest.fixture
def world(store, home):
    return World(store, home)


@pytest.fixture
def counted(world):
    return Counted(world)


@pytest.fixture
def ticks(world, counted, store):
    return Ticks(counted, store, world.clock.steady_us, lambda: counted.spent_us, world.clock)


def test_what_was_compared_is_judged_early_and_once(world, counted, ticks):
    ticks.tick()
    ticks.early()
    assert counted.ticks == 1, "nothing was compared"
    world.exchange()
    ticks.early()
    ticks.early()
    assert counted.ticks == 2
    assert world.view().sessions == 1


def test_harm_is_rolled_back_without_the_clocks_own_tick(world, ticks):
    ticks.tick()
    world.to_canary()
    for _ in range(60):
        world.exchange(bad=True)
        ticks.early()
        if world.standing().stage == "rolled_back":
            return
    raise AssertionError(world.view().reasons)


def test_after_a_long_tick_the_next_early_one_waits_for_a_multiple_of_it(world, counted, ticks):
    counted.takes_s = 0.5
    ticks.tick()
    world.exchange()  # a second passes
    ticks.early()
    assert counted.ticks == 1, "it rests"
    world.clock.pass_s(REST * 0.5 - 1)
    ticks.early()
    assert counted.ticks == 2


def test_who_stands_by_does_not_tick_early(world, ticks, store):
    ticks.tick()
    standby = Counted(world)
    other = world.another("second")
    standby.world = type("Other", (), {"controller": other, "clock": world.clock})
    later = Ticks(standby, store, world.clock.steady_us)
    later.tick()
    world.exchange()
    later.early()
    assert standby.ticks == 1


def test_beside_a_tick_there_is_no_early_one(world, counted, ticks):
    begun, goes_on = threading.Event(), threading.Event()
    tick = counted.tick

    def slow():
        begun.set()
        goes_on.wait(60)
        tick()

    counted.tick = slow
    thread = threading.Thread(target=ticks.tick)
    thread.start()
    assert begun.wait(60)
    ticks.early()  # and it does not wait
    goes_on.set()
    thread.join()
    assert counted.ticks == 1


def test_a_store_that_is_away_makes_no_early_tick_and_no_noise(world, counted, ticks):
    class Away:
        def read(self):
            raise StoreError("away")

    ticks.tick()
    world.exchange()
    ticks._store = Away()
    ticks.early()
    assert counted.ticks == 1


def test_ticks_are_counted_with_their_time(world, counted, ticks):
    ticks.tick()
    counted.takes_s = 0.0
    assert (ticks.pulse.ticks, ticks.pulse.last_us) == (1, 0)
    assert ticks.pulse.ended_us == world.clock()
    whole, counted.tick = counted.tick, lambda: world.clock.pass_s(2)
    ticks.tick()
    assert (ticks.pulse.ticks, ticks.pulse.last_us) == (2, 2_000_000)
    counted.tick = whole
