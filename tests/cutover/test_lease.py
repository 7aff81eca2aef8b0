"""One controller acts at a time, and a stale one can write nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from cutover import lease
from cutover.lease import Lease, LeaseLost
from cutover.tables import lease as table

TTL = 100


def test_the_first_to_ask_gets_it_and_others_wait(store):
    with store.write() as conn:
        assert lease.acquire(conn, "a", 0, TTL) == Lease("a", 1, 100)
        assert lease.acquire(conn, "b", 99, TTL) is None
        assert lease.acquire(conn, "b", 100, TTL) == Lease("b", 2, 200)


def test_renewing_keeps_the_fence(store):
    with store.write() as conn:
        lease.acquire(conn, "a", 0, TTL)
        assert lease.acquire(conn, "a", 50, TTL) == Lease("a", 1, 150)
        assert lease.acquire(conn, "a", 500, TTL) == Lease("a", 1, 600)


def test_a_released_lease_is_free_at_once(store):
    with store.write() as conn:
        mine = lease.acquire(conn, "a", 0, TTL)
        lease.release(conn, mine)
        assert lease.acquire(conn, "b", 1, TTL) == Lease("b", 2, 101)
        lease.release(conn, mine)  # no longer a's to release
        assert lease.acquire(conn, "c", 2, TTL) is None


def test_a_stale_fence_is_refused(store):
    with store.write() as conn:
        old = lease.acquire(conn, "a", 0, TTL)
        lease.require(conn, old)
        lease.acquire(conn, "b", 100, TTL)
        with pytest.raises(LeaseLost, match="another controller acts"):
            lease.require(conn, old)


def test_without_any_lease_nobody_may_write(store):
    with store.write() as conn, pytest.raises(LeaseLost, match="nobody yet"):
        lease.require(conn, Lease("a", 1, 100))


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 150), st.booleans()), max_size=30)
)
def test_at_any_time_at_most_one_owner_holds_and_fences_grow_with_owners(steps):
    engine = create_engine("sqlite://")
    table.create(engine)
    now, fences = 0, []
    with engine.begin() as conn:
        for owner, passes, releases in steps:
            now += passes
            before = lease.current(conn)
            got = lease.acquire(conn, owner, now, TTL)
            if got is None:
                assert before.owner != owner
                assert before.until_us > now
                continue
            fences.append((got.fence, owner))
            if releases:
                lease.release(conn, got)
    engine.dispose()
    assert fences == sorted(fences, key=lambda one: one[0])
    assert len({fence for fence, _ in fences}) == len({pair for pair in fences})
