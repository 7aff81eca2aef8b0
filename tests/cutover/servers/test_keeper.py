"""From readings to a halved capacity: written, published, told, and known to who acts next."""

import json

import pytest
from pages import dcgm
from rollouts import World
from watched import PAGE, Told, watched_policy

from cutover.circumstances import at_rest
from cutover.refusals import Conflict
from cutover.servers import kept
from cutover.servers.keeper import CHANGED, Keeper
from mirror.journal import events
from mirror.journal.store import Store

HOT = dcgm(reasons=0x40, celsius=91)


@pytest.fixture
def opened(home):
    store = Store.open(home.store_url)
    yield store, home
    store.close()


def a_world(opened, **declared):
    world = World(*opened, policy=watched_policy(PAGE, **declared))
    world.tick()
    return world


def a_keeper(world, controller=None):
    chosen = controller or world.controller
    return Keeper(chosen, Told(chosen.policy), world.clock.steady_us)


def look(world, keeper, text, *, times=1, every_s=5, stale=False):
    for _ in range(times):
        world.clock.pass_s(every_s)
        world.controller.cabinet.lead()
        keeper.watch.says(text, stale=stale)
        keeper.step()


def told(world):
    with world.store.read() as conn:
        found = [json.loads(one.body) for one in events.read(conn, "")]
    return [one for one in found if one["type"].startswith("capacity.")]


def test_a_hot_gpu_halves_what_is_published_once_and_it_ends_after_a_quiet_time(opened):
    world = a_world(opened, capacity={"in_flight": 8}, signals={"quiet_s": 60})
    keeper = a_keeper(world)
    look(world, keeper, dcgm())
    assert world.tables[-1].factors == {} and not told(world)
    look(world, keeper, HOT, times=4)
    assert world.tables[-1].factors == {"gpu": 0.5}
    (event,) = told(world)
    assert "GPU-a is slowed down at 91 °C (hw_thermal)" in event["reason"]
    assert event["details"]["accepted"] == 4
    world.tick()
    assert world.tables[-1].factors == {"gpu": 0.5}
    look(world, keeper, dcgm(), times=13)
    assert world.tables[-1].factors == {}
    assert [one["type"] for one in told(world)] == ["capacity.halved", "capacity.restored"]
    assert told(world)[1]["reason"] == "none was seen for 60 s"


def test_the_same_reading_is_no_second_look(opened):
    world = a_world(opened)
    keeper = a_keeper(world)
    look(world, keeper, HOT)
    for _ in range(5):
        world.clock.pass_s(1)
        world.controller.cabinet.lead()
        keeper.step()
    assert not told(world)
    look(world, keeper, HOT)
    assert len(told(world)) == 1


def test_who_acts_next_knows_which_gpus_there_were(opened):
    world = a_world(opened)
    look(world, a_keeper(world), dcgm("GPU-a", "GPU-b"), times=2)
    world.controller.cabinet.release()
    world.controller = world.another("second")
    keeper = a_keeper(world)
    look(world, keeper, dcgm("GPU-a"), times=2)
    assert "GPU-b is gone; 1 GPUs are left" in told(world)[0]["reason"]
    assert world.tables[-1].factors == {"gpu": 0.5}


def test_a_standby_writes_nothing(opened):
    world = a_world(opened)
    other = world.another("second")
    keeper = a_keeper(world, other)
    look(world, keeper, HOT, times=5)
    assert not other.acting and not told(world)


def test_another_declared_capacity_begins_anew_and_says_so(opened):
    world = a_world(opened, capacity={"in_flight": 8})
    look(world, a_keeper(world), dcgm(), times=1)
    keeper = a_keeper(world)
    look(world, keeper, dcgm("GPU-a"), times=3)
    assert world.tables[-1].factors == {"gpu": 0.5}
    world.controller.cabinet.release()
    fewer = watched_policy(PAGE, capacity={"in_flight": 4})
    world.controller = world.another("second", fewer)
    keeper = a_keeper(world)
    look(world, keeper, dcgm("GPU-a"), times=3)
    assert world.tables[-1].factors == {}
    assert told(world)[-1]["reason"] == CHANGED
    with world.store.read() as conn:
        assert kept.read(conn)[0].gpus == ("GPU-a",)


def test_without_a_declared_capacity_nothing_is_widened_meanwhile(opened):
    world = a_world(opened)
    keeper = a_keeper(world)
    look(world, keeper, HOT, times=2)
    cabinet = world.controller.cabinet
    why = at_rest(cabinet, cabinet.file(world.key))
    assert "nothing is widened to gpu, of which only half is accepted: GPU-a" in why
    declared = a_world(opened, capacity={"in_flight": 8})
    look(declared, a_keeper(declared), HOT, times=2)
    cabinet = declared.controller.cabinet
    assert at_rest(cabinet, cabinet.file(world.key)) == ""


def test_a_store_that_is_away_is_told_in_the_log_and_the_next_look_begins_anew(
    opened, monkeypatch, caplog
):
    world = a_world(opened)
    keeper = a_keeper(world)
    look(world, keeper, dcgm())

    def away(*_):
        raise kept_fault

    from mirror.journal.schema import StoreError

    kept_fault = StoreError("the store is away")
    with monkeypatch.context() as patched:
        patched.setattr(kept, "keep", away)
        look(world, keeper, HOT, times=2)
    assert "is not written down" in caplog.text and not told(world)
    look(world, keeper, HOT, times=2)
    assert len(told(world)) == 1


def test_an_approval_is_refused_while_only_half_of_an_undeclared_capacity_is_accepted(opened):
    world = a_world(opened)
    world.until_proposed()
    look(world, a_keeper(world), HOT, times=2)
    with pytest.raises(Conflict, match="of which only half is accepted"):
        world.approve()
