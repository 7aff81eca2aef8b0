"""An act of a person beyond single rollouts: whole or not at all, and known at once."""

import pytest
from rollouts import ANNA, KEY, World

from cutover.acting import acting, told
from cutover.emergency import switches
from cutover.refusals import Unpublished
from mirror.journal.store import Store


@pytest.fixture
def cabinet(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    yield world.controller.cabinet
    store.close()


def test_what_was_done_is_known_to_every_decision_at_once(cabinet):
    with acting(cabinet, ANNA, "smoke") as (conn, deed):
        switches.switch_on(conn, "", "", deed)
    assert (deed.actor, deed.reason) == (ANNA.actor, "smoke")
    assert [one.name for one in cabinet.switches.emergencies] == ["all"]


def test_an_act_that_fails_has_not_happened(cabinet):
    with pytest.raises(RuntimeError), acting(cabinet, ANNA, "smoke") as (conn, deed):
        switches.switch_on(conn, "", "", deed)
        raise RuntimeError
    cabinet.look_around()
    assert not cabinet.switches.emergencies


def test_what_the_proxies_could_not_be_told_is_not_said_to_be_done(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()

    def full(table):
        raise OSError("no space left on device")

    kept, world.controller._publisher.to = world.controller._publisher.to, full
    with pytest.raises(Unpublished, match=r"go on as before.*no space left on device"):
        world.desk.roll_back(ANNA, KEY, "wrong doses")
    assert world.view().stage == "rolled_back"
    world.controller._publisher.to = kept
    told(world.controller)
    assert world.standing().stage == "rolled_back"
    store.close()
