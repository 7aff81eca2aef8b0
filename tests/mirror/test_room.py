"""Room for long bodies: first come, first in, and never more than there is."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.room import Crowded, Room


async def begun(*coroutines):
    tasks = [asyncio.ensure_future(each) for each in coroutines]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


def test_who_comes_first_is_let_in_first_even_where_a_smaller_one_would_fit():
    async def case():
        room = Room(10)
        await room.enter(6)
        large, small = await begun(room.enter(8), room.enter(1))
        assert not large.done()
        assert not small.done()
        room.leave(6)
        await asyncio.gather(large, small)
        assert room.inside == 9

    asyncio.run(case())


def test_one_that_is_larger_than_all_of_it_comes_in_alone():
    async def case():
        room = Room(10)
        await room.enter(1)
        (huge,) = await begun(room.enter(50))
        assert not huge.done()
        room.leave(1)
        await huge
        (next_one,) = await begun(room.enter(1))
        assert not next_one.done()
        room.leave(50)
        await next_one

    asyncio.run(case())


def test_who_waits_too_long_is_told_and_takes_no_room():
    async def case():
        room = Room(10)
        await room.enter(10)
        with pytest.raises(Crowded):
            await room.enter(5, within_s=0.01)
        room.leave(10)
        assert room.inside == 0

    asyncio.run(case())


def test_who_leaves_while_waiting_holds_up_nobody_behind():
    async def case():
        room = Room(10)
        await room.enter(5)
        large, small = await begun(room.enter(8), room.enter(2))
        large.cancel()
        await small
        assert room.inside == 7

    asyncio.run(case())


def test_who_is_cancelled_at_the_moment_of_being_let_in_gives_its_room_back():
    async def case():
        room = Room(10)
        await room.enter(10)
        (waiting,) = await begun(room.enter(4))
        room.leave(10)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert room.inside == (4 if not waiting.cancelled() else 0)

    asyncio.run(case())


@given(st.lists(st.integers(1, 15), max_size=12))
def test_it_is_never_overfull_and_empty_in_the_end(sizes):
    async def case():
        room = Room(10)

        async def stay(size):
            await room.enter(size)
            assert room.inside <= 10 or room.inside == size
            await asyncio.sleep(0)
            room.leave(size)

        await asyncio.gather(*(stay(size) for size in sizes))
        assert room.inside == 0

    asyncio.run(case())
