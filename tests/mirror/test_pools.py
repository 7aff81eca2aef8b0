"""Threads of one kind that are held hold up no others."""

import ast
import asyncio
import threading
from contextvars import ContextVar
from pathlib import Path

import pytest

import mirror
from mirror import pools
from mirror.pools import Pool, Stuck


def test_work_is_done_in_a_named_thread_with_the_callers_context():
    told = ContextVar("told", default="nothing")

    async def case():
        told.set("something")
        return await Pool("of_a_name", 1).run(
            lambda: (threading.current_thread().name, told.get())
        )

    name, context = asyncio.run(case())
    assert name.startswith("of_a_name")
    assert context == "something"


def test_a_pool_whose_threads_are_held_keeps_no_other_waiting():
    gate = threading.Event()

    async def case():
        held, other = Pool("held", 2), Pool("other", 1)
        stuck = [asyncio.ensure_future(held.run(gate.wait)) for _ in range(5)]
        assert await other.run(lambda: 7) == 7
        assert not any(each.done() for each in stuck)
        gate.set()
        await asyncio.gather(*stuck)

    asyncio.run(case())


def test_once_all_threads_are_held_nobody_waits_and_when_they_are_free_they_work_again():
    gate = threading.Event()

    async def case():
        pool = Pool("held", 2)
        for _ in range(2):
            with pytest.raises(Stuck, match="no end in"):
                await pool.within(0.01, 60, gate.wait)
        with pytest.raises(Stuck, match="all 2 threads"):
            await pool.within(3600, 3600, lambda: 7)
        gate.set()
        while pool.held:
            await asyncio.sleep(0.001)
        assert await pool.within(60, 60, lambda: 7) == 7

    asyncio.run(case())


def test_work_that_gets_on_is_waited_for_up_to_a_limit():
    gate = threading.Event()

    async def case():
        pool = Pool("slow", 1)

        def getting_on():
            while not gate.wait(0.001):
                pool.moved()

        with pytest.raises(Stuck):
            await pool.within(30, 0.3, getting_on)
        gate.set()

    asyncio.run(case())


def test_while_one_gets_on_others_wait_for_their_turn():
    async def case():
        pool, steps = Pool("slow", 1), iter(range(100))

        def getting_on():
            for _ in steps:
                pool.moved()
                threading.Event().wait(0.005)

        first = asyncio.ensure_future(pool.within(0.4, 60, getting_on))
        await asyncio.sleep(0)
        assert await pool.within(0.4, 60, lambda: next(steps, "all done")) == "all done"
        await first

    asyncio.run(case())


def test_what_work_raises_is_raised():
    async def case():
        with pytest.raises(OSError, match="no disk"):
            await Pool("failing", 1).within(60, 60, fails)

    asyncio.run(case())


def fails():
    raise OSError("no disk")


def test_look_ups_of_names_have_threads_of_their_own():
    async def case():
        pools.name_lookups()
        found = asyncio.get_running_loop().run_in_executor(None, threading.current_thread)
        return (await found).name

    assert asyncio.run(case()).startswith("names")


def test_nothing_of_ours_shares_the_threads_that_look_up_names():
    for file in Path(mirror.__file__).parent.rglob("*.py"):
        called = {
            node.attr
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Attribute)
        }
        assert not called & {"to_thread", "run_in_executor"}, file
