"""The sums for people are counted once in a while, however many look."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from rollouts import World

from cutover import condition
from cutover.tally import KEPT_US, Tally
from mirror.journal.store import Store


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.good(2)
    yield world
    store.close()


def test_the_sums_are_those_of_the_store_and_are_told_again_until_their_time_is_over(world):
    now = [0]
    tally = Tally(lambda: now[0])
    with world.store.read() as conn:
        first = tally.read(conn)
        assert first == condition.sums(conn)
    world.good(1)
    with world.store.read() as conn:
        now[0] = KEPT_US - 1
        assert tally.read(conn) is first
        now[0] = KEPT_US
        assert tally.read(conn).seen == first.seen + 1


def test_many_who_look_at_once_have_it_counted_once(world, monkeypatch):
    counted, sums = [], condition.sums
    monkeypatch.setattr(condition, "sums", lambda conn: counted.append(1) or sums(conn))
    tally = Tally(lambda: 0)

    def look(_):
        with world.store.read() as conn:
            return tally.read(conn).seen

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(look, range(12))) == {2}
    assert len(counted) == 1
