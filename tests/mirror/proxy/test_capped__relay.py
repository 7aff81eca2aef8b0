"""Caps and their order as clients meet them, on both listeners, against real upstreams."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest
from fakes import FakeUpstream, Mode
from proxied import ASK, STREAM, proxied

from mirror.board import SharedBoard
from mirror.capacity import Load
from mirror.exchange import End, Outcome, Side

both = pytest.mark.parametrize("via", ["front", "direct"])
streaming = pytest.mark.parametrize("ask", [ASK, STREAM], ids=["json", "stream"])
BATCH = {"x-crossfade-class": "batch"}
ONE = {"in_flight": 1, "wait_s": 60}

HOLD = """
import sys, threading
from pathlib import Path
from mirror.board import SharedBoard
from mirror.capacity import Load
held = SharedBoard(Path(sys.argv[1]))
held.tell("gpu", Load((1, 0, 0)))
print("up", flush=True)
threading.Event().wait()
"""


def run(case):
    asyncio.run(asyncio.wait_for(case(), 60))


async def until(condition):
    while not condition():
        await asyncio.sleep(0.005)


def slow():
    """An upstream that answers when its gate opens."""
    return FakeUpstream(mode=Mode.SLOW, gate=asyncio.Event(), text="mine")


def load(proxy):
    return proxy.proxy.lines.slots.load("gpu")


def last(proxy):
    """The reply to the request that came last."""
    identifier = proxy.recorded.accepts[-1].id
    (reply,) = [one for one in proxy.recorded.replies if one.exchange_id == identifier]
    return reply


@both
@streaming
def test_at_the_cap_the_failover_answers_at_once_and_it_is_on_record(via, ask):
    async def case():
        async with (
            FakeUpstream(text="theirs") as cloud,
            slow() as gpu,
            proxied(cloud, gpu, via=via, stage="live", capacity=ONE) as proxy,
        ):
            held = asyncio.ensure_future(proxy.post(json=ask))
            await until(lambda: gpu.seen)
            answer = await proxy.post(json=ask)
            assert "theirs" in answer.text and len(gpu.seen) == 1
            await until(lambda: proxy.recorded.replies)
            accept, reply = proxy.recorded.accepts[-1], last(proxy)
            assert (accept.serving, accept.outcome) == (Side.PRIMARY, Outcome.PENDING)
            assert accept.kept == "at_capacity"
            assert [(a.side, a.end) for a in reply.failed_over] == [
                (Side.CANDIDATE, End.AT_CAPACITY)
            ]
            metrics = proxy.proxy.metrics
            assert metrics.total("crossfade_kept_away_total", why="at_capacity") == 1
            gpu.gate.set()
            assert "mine" in (await held).text
            await until(lambda: load(proxy).in_flight == (0, 0, 0))
            assert "mine" in (await proxy.post(json=ask)).text
            assert proxy.proxy.breakers.opened() == []

    run(case)


@streaming
def test_a_place_that_another_took_in_the_same_moment_is_not_waited_for_either(ask):
    async def case():
        async with (
            FakeUpstream(text="theirs") as cloud,
            slow() as gpu,
            proxied(cloud, gpu, stage="live", capacity=ONE) as proxy,
        ):
            proxy.proxy.current.relay().engine.full = lambda upstream, rank: (
                False
            )  # a moment ago
            held = asyncio.ensure_future(proxy.post(json=ask))
            await until(lambda: gpu.seen)
            answer = await proxy.post(json=ask)
            assert "theirs" in answer.text and not held.done()
            await until(lambda: proxy.recorded.replies)
            assert proxy.recorded.accepts[-1].serving is Side.CANDIDATE
            (attempt,) = last(proxy).failed_over
            assert (attempt.side, attempt.end) == (Side.CANDIDATE, End.AT_CAPACITY)
            gpu.gate.set()
            assert "mine" in (await held).text

    run(case)


@both
def test_without_a_failover_people_wait_before_batch_and_all_are_answered(via):
    async def case():
        async with (
            FakeUpstream() as cloud,
            slow() as gpu,
            proxied(cloud, gpu, via=via, stage="live", capacity=ONE) as proxy,
        ):
            asked = []
            for at, headers in enumerate(({}, BATCH, {}, BATCH, {})):
                ask = ASK | {"user": str(at)}
                post = proxy.post(json=ask, tenant="hospital", headers=headers)
                asked.append(asyncio.ensure_future(post))
                await until(lambda at=at: sum(load(proxy).waiting) == at and gpu.seen)
            assert load(proxy) == Load((1, 0, 0), (2, 2))
            gpu.gate.set()
            answers = await asyncio.gather(*asked)
            assert all(answer.status_code == 200 for answer in answers)
            assert [seen.json["user"] for seen in gpu.seen] == ["0", "2", "4", "1", "3"]
            await until(lambda: load(proxy) == Load())
            assert cloud.accepts == 0

    run(case)


@both
@streaming
def test_who_waits_too_long_is_told_to_come_again(via, ask):
    async def case():
        capacity = {"in_flight": 1, "wait_s": 0.05}
        async with (
            FakeUpstream() as cloud,
            slow() as gpu,
            proxied(cloud, gpu, via=via, stage="live", capacity=capacity) as proxy,
        ):
            held = asyncio.ensure_future(proxy.post(json=ask, tenant="hospital"))
            await until(lambda: gpu.seen)
            answer = await proxy.post(json=ask, tenant="hospital")
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "at_capacity")
            assert answer.headers["retry-after"] == "2"
            assert answer.headers["x-should-retry"] == "true"
            await until(lambda: proxy.recorded.replies)
            assert last(proxy).end is End.AT_CAPACITY
            gpu.gate.set()
            assert (await held).status_code == 200

    run(case)


@both
def test_a_client_that_leaves_gives_its_place_back_whether_it_waited_or_was_answered(via):
    async def case():
        async with (
            FakeUpstream() as cloud,
            slow() as gpu,
            proxied(cloud, gpu, via=via, stage="live", capacity=ONE) as proxy,
        ):
            first = asyncio.ensure_future(proxy.post(tenant="hospital"))
            await until(lambda: gpu.seen)
            second = asyncio.ensure_future(proxy.post(tenant="hospital"))
            await until(lambda: load(proxy).waiting == (1, 0))
            second.cancel()
            await until(lambda: load(proxy) == Load((1, 0, 0)))
            first.cancel()
            await until(lambda: load(proxy) == Load())

    run(case)


def test_a_wait_in_our_line_is_no_time_of_the_candidates():
    async def case():
        async with (
            FakeUpstream() as cloud,
            slow() as gpu,
            proxied(cloud, gpu, stage="live", capacity=ONE) as proxy,
        ):
            first = asyncio.ensure_future(proxy.post(tenant="hospital"))
            await until(lambda: gpu.seen)
            second = asyncio.ensure_future(proxy.post(tenant="hospital"))
            await until(lambda: load(proxy).waiting == (1, 0))
            came_us = proxy.recorded.accepts[-1].accepted_us
            await asyncio.sleep(0.3)
            gpu.gate.set()
            await asyncio.gather(first, second)
            await until(lambda: len(proxy.recorded.replies) == 2)
            reply = last(proxy)
            assert reply.sent_us - came_us >= 250_000

    run(case)


def test_what_passes_unmirrored_takes_a_place_too():
    async def case():
        tenants = {
            "clinic": {
                "identify": {"header": "clinic"},
                "cloud": "allowed",
                "pass_through": "gpu",
            },
            "hospital": {"identify": {"header": "hospital"}, "cloud": "forbidden"},
        }
        capacity = {"in_flight": 1, "wait_s": 0.05}
        async with (
            FakeUpstream() as cloud,
            slow() as gpu,
            proxied(cloud, gpu, capacity=capacity, tenants=tenants) as proxy,
        ):
            held = asyncio.ensure_future(proxy.post(path="/v1/models", method="GET"))
            await until(lambda: gpu.seen)
            answer = await proxy.post(path="/v1/models", method="GET")
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "at_capacity")
            gpu.gate.set()
            assert (await held).status_code == 200

    run(case)


def test_two_workers_keep_one_cap_and_a_killed_ones_places_come_back(tmp_path):
    async def case():
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, cwd=os.getcwd()
        )
        with process, SharedBoard(tmp_path) as board:
            assert process.stdout.readline() == b"up\n"
            async with (
                FakeUpstream() as cloud,
                FakeUpstream() as gpu,
                proxied(cloud, gpu, stage="live", board=board, capacity=ONE) as proxy,
            ):
                waits = asyncio.ensure_future(proxy.post(tenant="hospital"))
                await until(lambda: load(proxy).waiting == (1, 0))
                assert not gpu.seen
                process.send_signal(signal.SIGKILL)
                assert (await waits).status_code == 200

    run(case)


def test_a_candidate_that_answers_429_is_told_to_those_who_send_copies():
    async def case():
        async with (
            FakeUpstream() as cloud,
            FakeUpstream(mode=Mode.LIMITED) as gpu,
            proxied(cloud, gpu, stage="live") as proxy,
        ):
            assert (await proxy.post()).status_code == 200
            assert load(proxy).turned_away == 1

    run(case)


def test_the_page_of_counters_shows_what_is_in_flight_and_what_may_be():
    async def case():
        async with (
            FakeUpstream() as cloud,
            slow() as gpu,
            proxied(cloud, gpu, stage="live", capacity={"in_flight": 3}) as proxy,
        ):
            held = asyncio.ensure_future(proxy.post(headers=BATCH))
            await until(lambda: gpu.seen)
            page = (await proxy.post(path="/metrics", method="GET")).text
            assert 'crossfade_upstream_in_flight{upstream="gpu",class="batch"} 1' in page
            assert 'crossfade_upstream_cap{upstream="gpu"} 3' in page
            assert 'crossfade_upstream_waiting{upstream="gpu",class="interactive"} 0' in page
            gpu.gate.set()
            await held

    run(case)
