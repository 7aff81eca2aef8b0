"""That the event log waits for its signature is told: at once to Prometheus, and once to people."""

import json

import pytest
from rollouts import World
from signed_logs import Logs
from sqlalchemy import text

from cutover.unsigned import _NEWEST, LATE_US, Unsigned, samples
from mirror.journal.events import append, read
from mirror.journal.signed import heads
from mirror.journal.signed.heads import Refusal
from mirror.journal.store import Store


@pytest.fixture
def world(home):
    world = World(Store.open(home.store_url), home)
    world.tick()
    yield world
    world.store.close()


@pytest.fixture
def logs(world, home):
    logs = Logs(home, world.store)
    logs.clock.us = world.clock.now_us
    logs.signer.step(last=True)
    return logs


def told(world):
    with world.store.read() as conn:
        found = [json.loads(one.body) for one in read(conn, "", limit=10_000)]
    return [one["type"] for one in found if one["type"] in ("log.unsigned", "log.signed")]


def later(world, us):
    world.clock.now_us += us


def gauges(world):
    now_us = world.clock.now_us
    with world.store.read() as conn:
        return {name: value for name, _, value in samples(conn, now_us)}


def an_event(world):
    with world.store.write() as conn:
        append(
            conn, tenant="clinic", type="hold.placed", actor={"kind": "human", "name": "a"},
            object={"kind": "rollout", "id": "clinic/chat"}, at_us=world.clock.now_us,
        )  # fmt: skip


def test_a_log_that_waits_too_long_is_told_once_and_once_that_it_is_signed_again(world, logs):
    look = Unsigned(world.controller)
    an_event(world)
    look.step()
    assert told(world) == []
    late(world, look)
    assert told(world) == ["log.unsigned"]
    Unsigned(world.controller).step()  # also after a restart
    assert told(world) == ["log.unsigned"]
    logs.signer.step(last=True)
    look.step()
    assert told(world) == ["log.unsigned", "log.signed"]


def late(world, look):
    later(world, LATE_US + 1_000_000)
    world.tick()
    for _ in range(3):
        look.step()


def test_one_look_alone_alarms_nobody(world, logs):
    an_event(world)
    later(world, LATE_US + 1_000_000)
    world.tick()
    Unsigned(world.controller).step()
    assert told(world) == []


def test_where_nothing_was_ever_signed_nobody_waits(world):
    an_event(world)
    late(world, Unsigned(world.controller))
    assert told(world) == []


def test_prometheus_is_told_how_long_and_how_many(world, logs):
    assert gauges(world) == {"crossfade_log_unsigned_seconds": 0, "crossfade_logs_refused": 0}
    an_event(world)
    later(world, 7_000_000)
    assert gauges(world)["crossfade_log_unsigned_seconds"] == pytest.approx(7, abs=1)
    with world.store.write() as conn:
        heads.refuse(conn, Refusal("clinic", 1, 0, "why"))
    assert gauges(world) == {"crossfade_log_unsigned_seconds": 0, "crossfade_logs_refused": 1}


def test_a_controller_that_stands_by_says_nothing(world, logs):
    an_event(world)
    world.controller.cabinet.release()
    look = Unsigned(world.controller)
    later(world, LATE_US + 1_000_000)
    for _ in range(3):
        look.step()
    assert told(world) == []


def test_what_people_were_told_is_found_by_the_index_of_types_however_long_the_log_is(home):
    store = Store.open(home.store_url)
    with store.read() as conn:
        words = _NEWEST.compile(dialect=conn.dialect, compile_kwargs={"literal_binds": True})
        (plan,) = conn.execute(text(f"EXPLAIN QUERY PLAN {words}"))
    store.close()
    assert "(tenant=? AND type=?)" in plan.detail
