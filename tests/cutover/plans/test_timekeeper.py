"""A wall clock that is watched while a controller acts."""

import json

import pytest
from rollouts import World

from mirror.journal import events
from mirror.journal.store import Store

DAY_S = 86_400


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
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
    world.tick(2)
    assert told(world) == [DAY_S]
    world.clock.jump_s(-DAY_S)
    world.tick(2)
    assert told(world) == [DAY_S, 0]
    assert world.controller.cabinet.clock_off() == ""
