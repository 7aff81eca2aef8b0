"""One controller acts at a time, and a stale one can write nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from cutover import lease
from cutover.lease import Lease, LeaseLost, Seen
from cutover.tables import lease as table

TTL = 100


def ask(conn, owner, at, seen=None, *, until=7):
    """What comes of asking at this time of the asker's steady clock."""
    return lease.acquire(conn, Lease(owner, 0, until), seen, lambda: at, TTL)


def test_the_first_to_ask_gets_it_and_others_wait_from_when_they_saw_it(store):
    with store.write() as conn:
        held = ask(conn, "a", 0)
        assert held == Lease("a", 1, 7)
        seen = ask(conn, "b", 5_000)
        assert seen == Seen(held, 5_000)
        assert ask(conn, "b", 5_099, seen) == seen
        assert ask(conn, "b", 5_100, seen) == Lease("b", 2, 8)


def test_renewing_keeps_the_fence_and_makes_others_wait_again(store):
    with store.write() as conn:
        ask(conn, "a", 0)
        seen = ask(conn, "b", 10)
        assert ask(conn, "a", 50) == Lease("a", 1, 8)  # also where its wall clock stands still
        again = ask(conn, "b", 110, seen)
        assert again == Seen(Lease("a", 1, 8), 110)


@pytest.mark.parametrize(("in_force", "fence"), [(0, 2), (1, 2), (2, 3), (9, 10)])
def test_a_fence_that_the_store_forgot_is_not_given_again(store, in_force, fence):
    with store.write() as conn:
        held = ask(conn, "a", 0)
        lease.release(conn, held)
        got = lease.acquire(conn, Lease("b", 0, 7), None, lambda: 0, TTL, in_force)
        assert got.fence == fence
        again = lease.acquire(conn, Lease("b", 0, 9), None, lambda: 0, TTL, 20)
        assert again.fence == 21  # its own, as an old copy of the store has it


def test_a_wait_for_the_store_counts_as_no_silence(store):
    reads = iter([1_000])
    with store.write() as conn:
        ask(conn, "a", 0)
        seen = lease.acquire(conn, Lease("b", 0, 1), None, lambda: next(reads), TTL)
    assert seen.since_us == 1_000  # as of after the row was read


@pytest.mark.parametrize("until", [-(10**15), 0, 10**15])
def test_what_the_owners_wall_clock_says_is_of_no_account(store, until):
    with store.write() as conn:
        held = ask(conn, "a", 0, until=until or 1)
        assert ask(conn, "b", 99, Seen(held, 0)) == Seen(held, 0)
        assert ask(conn, "b", 100, Seen(held, 0)).fence == 2


def test_a_released_lease_is_free_at_once(store):
    with store.write() as conn:
        mine = ask(conn, "a", 0)
        lease.release(conn, mine)
        assert ask(conn, "b", 1).fence == 2
        lease.release(conn, mine)  # no longer a's to release
        assert isinstance(ask(conn, "c", 2), Seen)


def test_a_stale_fence_is_refused(store):
    with store.write() as conn:
        old = ask(conn, "a", 0)
        lease.require(conn, old)
        ask(conn, "b", 100, Seen(old, 0))
        with pytest.raises(LeaseLost, match="another controller acts"):
            lease.require(conn, old)


def test_without_any_lease_nobody_may_write(store):
    with store.write() as conn, pytest.raises(LeaseLost, match="nobody yet"):
        lease.require(conn, Lease("a", 1, 100))


@given(
    clocks=st.fixed_dictionaries({owner: st.integers(0, 10**9) for owner in "abc"}),
    walls=st.fixed_dictionaries({owner: st.integers(1, 10**9) for owner in "abc"}),
    steps=st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 150), st.booleans()), max_size=30
    ),
)
def test_whatever_their_clocks_say_at_most_one_believes_it_holds_it(clocks, walls, steps):
    """Each owner's clocks start anywhere; true time is what the steps add up to."""
    engine = create_engine("sqlite://")
    table.create(engine)
    now, fences = 0, []
    seen, good_until = dict.fromkeys("abc"), dict.fromkeys("abc", -1)
    with engine.begin() as conn:
        for owner, passes, releases in steps:
            now += passes
            got = ask(conn, owner, clocks[owner] + now, seen[owner], until=walls[owner] + now)
            seen[owner] = got if isinstance(got, Seen) else None
            if isinstance(got, Seen):
                good_until[owner] = -1
                continue
            assert all(good_until[other] <= now for other in "abc" if other != owner)
            good_until[owner] = now + TTL
            fences.append((got.fence, owner))
            if releases:
                lease.release(conn, got)
                good_until[owner] = -1
    engine.dispose()
    assert fences == sorted(fences, key=lambda one: one[0])
    assert len({fence for fence, _ in fences}) == len(set(fences))
