"""How sides did of late, from replies in the store."""

from dataclasses import replace

import pytest
from rollouts import World, insert_exchange

from cutover.rollback.health import Health
from cutover.rollback.pulse import FRESH_US, MINUTES_US, Pulse
from mirror.exchange import Attempt, End, Leg, Side
from mirror.journal.store import Store


@pytest.fixture
def world(home):
    world = World(Store.open(home.store_url), home)
    world.tick()
    yield world
    world.store.close()


def told(world, pulse=None):
    declared = world.policy.rollouts[0]
    pulse = pulse or Pulse(world.policy)
    return [
        pulse.of(world.store, one, world.clock())
        for one in (declared.primary, declared.candidate)
    ]


def test_answers_and_failures_are_counted_by_side_and_clients_faults_by_none(world):
    ends = iter([(End.COMPLETE, 200), (End.HTTP_ERROR, 500), (End.HTTP_ERROR, 400)] * 3)
    for _ in range(9):
        end, status = next(ends)
        insert_exchange(
            world,
            replied=lambda one, end=end, status=status: (
                replace(one, end=end, status=status) if one.leg is Leg.SHADOW else one
            ),
        )
        world.count += 1
    assert told(world) == [Health(18, 0), Health(3, 3)]  # the primary was also asked again


def test_a_candidate_that_was_failed_over_has_failed(store, home):
    world = World(store, home)
    world.tick()
    tried = Attempt(Side.CANDIDATE, "gpu", "onprem", End.HTTP_ERROR, 500, 1000)
    insert_exchange(
        world,
        replied=lambda one: (
            replace(one, failed_over=(tried,)) if one.leg is Leg.SERVED else one
        ),
    )
    assert told(world)[1] == Health(1, 1)


def test_only_the_last_minutes_count_and_the_store_is_not_asked_at_every_look(world):
    pulse = Pulse(world.policy)
    insert_exchange(world)
    assert told(world, pulse)[1] == Health(1, 0)
    world.count += 1
    insert_exchange(world)
    assert told(world, pulse)[1] == Health(1, 0)
    world.clock.pass_s(FRESH_US / 1e6)
    assert told(world, pulse)[1] == Health(2, 0)
    world.clock.pass_s(MINUTES_US / 1e6)
    assert told(world, pulse)[1] == Health(0, 0)


def test_nothing_is_known_of_an_upstream_that_nobody_asked(world):
    assert told(world) == [Health(), Health()]
