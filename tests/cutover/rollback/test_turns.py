"""What is asked of a primary, and what a rollout would add, from the exchanges of the last minute."""

from rollouts import KEY, World, a_policy, insert_exchange

from cutover.rollback.returning import Wish
from cutover.rollback.turns import FRESH_US, Turns, rates
from mirror.exchange import Leg


def capped(per_min):
    upstreams = a_policy().model_dump(mode="json")["upstreams"]
    upstreams["cloud"]["capacity"] = {"per_min": per_min}
    return a_policy(upstreams=upstreams)


def told(world):
    with world.store.read() as conn:
        return rates(conn, world.clock() - 60_000_000)


def test_only_what_the_primary_was_not_asked_is_new_to_it(store, home):
    world = World(store, home)
    world.tick()
    world.to_canary()
    world.clock.pass_s(61)
    for legs in ((Leg.SERVED,), (Leg.SERVED, Leg.REASK), tuple(Leg)):
        world.count += 1
        insert_exchange(world, legs=legs)
    found = told(world)
    assert found.without == {KEY: 2}
    assert found.asked == {"gpu": 3, "cloud": 3}


def test_what_went_back_is_remembered_for_a_minute(store, home):
    turns, now = Turns(capped(10)), 10**15
    first, second = Wish(KEY, 2.0, 8.0), Wish(("other", "chat"), 1.0, 8.0)
    assert turns.go(store, "cloud", [first, second], now) == {KEY}
    assert turns.go(store, "cloud", [second], now + FRESH_US) == frozenset()
    assert turns.go(store, "cloud", [second], now + 61_000_000) == {second.key}
    assert turns.go(store, "gpu", [first, second], now) == {first.key, second.key}
