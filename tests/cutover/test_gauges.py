"""What Prometheus is told of the controller and the rollouts."""

import pytest
from prometheus_client.parser import text_string_to_metric_families
from rollouts import ANNA, ERIK, KEY, World

from cutover import gauges
from cutover.desk import Yes
from cutover.notices import outbox
from cutover.pulse import Pulse


@pytest.fixture
def world(store, home):
    world = World(store, home)
    world.tick()
    return world


def samples(world, controller=None, **asked):
    page = gauges.text(controller or world.controller, Pulse(), **asked)
    return {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(page)
        for one in family.samples
    }


def test_rollouts_are_counted_by_stage_and_verdict(world):
    found = samples(world)
    assert found["crossfade_rollouts", "mirror", "hold"] == 1
    assert found["crossfade_rollouts", "canary", "promote"] == 0
    assert found["crossfade_rollouts_held",] == 0
    world.desk.hold(ERIK, KEY, "wait")
    assert samples(world)["crossfade_rollouts_held",] == 1


def test_who_does_not_ask_for_each_rollout_gets_none_by_name(world):
    """So the page of a fleet of thousands is as long as this one."""
    assert "clinic" not in gauges.text(world.controller, Pulse())


def test_each_rollout_is_told_to_who_asks_for_it(world):
    world.to_canary()
    world.desk.hold(ERIK, KEY, "wait")
    found = samples(world, each=True)
    assert found["crossfade_rollout_share_ratio", *KEY] == 0.2
    assert found["crossfade_rollout_stage", *KEY, "canary"] == 1
    assert found["crossfade_rollout_verdict", *KEY, world.view().verdict] == 1
    assert found["crossfade_rollout_held", *KEY] == 1
    assert found["crossfade_rollout_sessions", *KEY] == world.view().sessions


def test_moves_are_counted_by_where_they_led_and_who_made_them(world):
    before = samples(world)
    assert before["crossfade_moves_total", "rolled_back", "controller"] == 0  # not missing
    world.to_canary()
    world.desk.roll_back(ERIK, KEY, "wrong doses")
    after = samples(world)
    assert after["crossfade_moves_total", "rolled_back", "person"] == 1
    assert after["crossfade_moves_total", "rolled_back", "controller"] == 0


def test_harm_is_a_move_of_the_controllers(world):
    world.to_canary()
    for _ in range(40):
        world.good(1, bad=True)
    assert samples(world)["crossfade_moves_total", "rolled_back", "controller"] == 1


def test_proposals_that_wait_tell_when_the_next_expires(world):
    assert samples(world)["crossfade_proposals_open",] == 0
    assert ("crossfade_proposal_expires_seconds",) not in samples(world)
    world.until_proposed()
    found = samples(world)
    assert found["crossfade_proposals_open",] == 1
    expires_us = world.view().proposal["expires_us"]
    assert found["crossfade_proposal_expires_seconds",] == pytest.approx(expires_us / 1e6)
    world.desk.approve(ANNA, KEY, world.view().proposal["id"], Yes("looks right"))
    assert samples(world)["crossfade_proposals_open",] == 0


def test_a_standby_tells_of_itself_alone(world):
    """Two controllers of one store must not count every rollout twice."""
    other = world.another("other")
    other.tick()
    found = samples(world, other, each=True)
    assert found["crossfade_controller_acting",] == 0
    assert {name for name, *_ in found if "rollout" in name or "lease" in name} == set()
    mine = samples(world)
    assert (mine["crossfade_controller_acting",], mine["crossfade_lease_fence",]) == (1, 1)


def test_a_table_that_the_proxies_did_not_get_is_told(world):
    assert samples(world)["crossfade_table_unpublished",] == 0
    world.controller._publisher.trouble = "no space left"
    assert samples(world)["crossfade_table_unpublished",] == 1


def test_a_destination_that_takes_nothing_is_told_with_how_long(store):
    with store.write() as conn:
        for name in ("GOOD", "BAD"):
            outbox.state(conn, name, 1_000_000)
        outbox.refused(conn, "BAD", "is it up?", 2_000_000)
        outbox.refused(conn, "BAD", "is it up?", 5_000_000)
    with store.read() as conn:
        told = list(gauges.notices(conn, ["GOOD", "BAD", "UNKNOWN"], 12_000_000))
    assert [(labels[0][1], value) for _, labels, value in told] == [
        ("GOOD", 0.0),
        ("BAD", 10.0),
        ("UNKNOWN", 0.0),
    ]
