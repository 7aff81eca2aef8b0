"""How sides did of late, from replies in the store."""

from dataclasses import replace

import pytest
from rollouts import World, insert_exchange

from cutover.rollback.health import Health
from cutover.rollback.pulse import FRESH_US, MINUTES_US, Ends, Pulse
from mirror.exchange import Attempt, End, Leg, Side
from mirror.journal.store import Store
from policies.failover import CircuitBreaker

BREAKER = CircuitBreaker()


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
        pulse.of(world.store, one, BREAKER, world.clock())
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
    assert told(world) == [
        Health(9, 0),
        Health(3, 3),
    ]  # only what clients were answered: it is well


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


WELL, ILL, FEW = Health(19, 1), Health(19, 2), Health(0, 3)


@pytest.mark.parametrize(
    ("served", "copies", "expected"),
    [
        (Health(), ILL, ILL),
        (WELL, Health(0, 500), WELL),
        (ILL, Health(500, 0), ILL),
        (Health(3, 0), Health(0, 500), Health(3, 0)),
        (FEW, Health(0, 500), Health(0, 503)),
        (FEW, Health(500, 0), Health(500, 3)),
    ],
)
def test_what_clients_were_answered_decides_and_copies_where_that_is_too_little(
    served, copies, expected
):
    assert Ends(served, copies).health(BREAKER) == expected


def refusing(status):
    """Its copies are refused; clients are answered by the candidate."""
    return lambda one: (
        replace(one, end=End.HTTP_ERROR, status=status) if one.leg is not Leg.SERVED else one
    )


@pytest.mark.parametrize(("status", "expected"), [(429, Health()), (500, Health(0, 2))])
def test_a_quota_that_refuses_copies_is_no_failure(world, status, expected):
    world.to_canary()
    world.clock.pass_s(MINUTES_US / 1e6)
    world.tick()
    world.count += 1
    insert_exchange(world, replied=refusing(status))
    assert told(world)[0] == expected
