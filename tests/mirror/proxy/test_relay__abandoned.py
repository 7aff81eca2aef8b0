"""Clients that give up on a slow candidate: what is recorded of it, and what its breaker is told."""

import asyncio

import pytest
from builders import PATIENT
from clocks import until
from fakes import FakeUpstream, Mode
from proxied import ASK, STREAM, proxied

from mirror.exchange import End, Side

ABANDONED = {"at_least": 2, "rest_s": 1000}
LATE_S = 0.3


def run(case):
    return asyncio.run(asyncio.wait_for(case(), 60))


def terms(*, abandoned_after_s, target_ms):
    latency = {"at_most": 0.05, "target_ms": target_ms, "first_token_ms": target_ms}
    breaker = ABANDONED | {"abandoned_after_s": abandoned_after_s}
    return {"deadlines": PATIENT, "breaker": breaker, "gates": {"latency": latency}}


async def gives_up(proxy, gpu, ask, after_s):
    """A client that asks and leaves so long after the candidate was asked."""
    before = len(gpu.seen), len(proxy.recorded.replies)
    asking = asyncio.ensure_future(proxy.post(json=ask))
    await until(lambda: len(gpu.seen) > before[0])
    await asyncio.sleep(after_s)
    asking.cancel()
    await until(lambda: len(proxy.recorded.replies) > before[1])
    return proxy.recorded.replies[-1]


@pytest.mark.parametrize("ask", [ASK, STREAM], ids=["whole", "stream"])
def test_clients_that_were_kept_waiting_for_too_long_open_the_breaker(ask):
    async def case():
        late = terms(abandoned_after_s=0.1, target_ms=50)
        async with (
            FakeUpstream() as cloud,
            FakeUpstream(mode=Mode.HANG) as gpu,
            proxied(cloud, gpu, stage="live", terms=late) as proxy,
        ):
            for _ in range(2):
                reply = await gives_up(proxy, gpu, ask, LATE_S)
                assert (reply.end, reply.side) == (End.CLIENT_ABORT, Side.CANDIDATE)
                assert reply.total_us >= LATE_S * 1e6
            assert proxy.proxy.breakers.opened() == [("clinic", "chat", "gpu")]
            await proxy.post(json=ask)
            assert (len(gpu.seen), len(cloud.seen)) == (2, 1)

    run(case)


@pytest.mark.parametrize(
    "early",
    [
        terms(abandoned_after_s=60, target_ms=50),
        terms(abandoned_after_s=0.1, target_ms=60_000),  # no answer is late by then
    ],
    ids=["before_the_breaker_asks", "before_the_target"],
)
def test_clients_that_leave_early_open_nothing_however_many_they_are(early):
    async def case():
        async with (
            FakeUpstream() as cloud,
            FakeUpstream(mode=Mode.HANG) as gpu,
            proxied(cloud, gpu, stage="live", terms=early) as proxy,
        ):
            for _ in range(4):
                await gives_up(proxy, gpu, ASK, 0.15)
            assert proxy.proxy.breakers.opened() == []

    run(case)


async def leaves_in_the_middle(proxy, after_s):
    """A client that leaves a stream so long after its first words."""
    answer = await proxy.client.send(proxy.request(json=STREAM), stream=True)
    chunks = answer.aiter_raw()  # kept: its end would close the answer
    await anext(chunks)
    await asyncio.sleep(after_s)
    await answer.aclose()


def test_clients_that_leave_a_stream_that_hangs_after_its_first_words_open_the_breaker():
    async def case():
        late = terms(abandoned_after_s=0.1, target_ms=50)
        async with (
            FakeUpstream() as cloud,
            FakeUpstream(gate=asyncio.Event()) as gpu,
            proxied(cloud, gpu, stage="live", terms=late) as proxy,
        ):
            for _ in range(2):
                await leaves_in_the_middle(proxy, LATE_S)
            await until(lambda: len(proxy.recorded.replies) == 2)
            assert {reply.end for reply in proxy.recorded.replies} == {End.CLIENT_ABORT}
            assert proxy.proxy.breakers.opened() == [("clinic", "chat", "gpu")]

    run(case)


def test_a_client_that_has_words_and_leaves_says_nothing_to_the_breaker():
    async def case():
        late = terms(abandoned_after_s=0, target_ms=60_000)
        async with (
            FakeUpstream() as cloud,
            FakeUpstream(gate=asyncio.Event()) as gpu,
            proxied(cloud, gpu, stage="live", terms=late) as proxy,
        ):
            for _ in range(3):
                await leaves_in_the_middle(proxy, 0)
            await until(lambda: len(proxy.recorded.replies) == 3)
            assert {reply.end for reply in proxy.recorded.replies} == {End.CLIENT_ABORT}
            assert all(reply.first_token_us is not None for reply in proxy.recorded.replies)
            assert proxy.proxy.breakers.opened() == []

    run(case)


def test_a_client_that_leaves_the_primary_in_a_failed_candidates_place_left_a_failed_candidate():
    async def case():
        late = terms(abandoned_after_s=60, target_ms=60_000)
        async with (
            FakeUpstream(mode=Mode.HANG) as cloud,
            FakeUpstream(mode=Mode.ERROR) as gpu,
            proxied(cloud, gpu, stage="live", terms=late) as proxy,
        ):
            asking = asyncio.ensure_future(proxy.post())
            await until(lambda: cloud.seen)
            asking.cancel()
            await until(lambda: proxy.recorded.replies)
            assert (proxy.reply.side, proxy.reply.end) == (Side.PRIMARY, End.CLIENT_ABORT)
            assert [(one.side, one.end) for one in proxy.reply.failed_over] == [
                (Side.CANDIDATE, End.HTTP_ERROR)
            ]

    run(case)


def test_a_client_that_leaves_our_own_line_waited_for_nobody():
    async def case():
        capacity = {"in_flight": 1, "wait_s": 60}
        async with (
            FakeUpstream() as cloud,
            FakeUpstream(mode=Mode.HANG) as gpu,
            proxied(cloud, gpu, stage="live", capacity=capacity) as proxy,
        ):
            first = asyncio.ensure_future(proxy.post(tenant="hospital"))
            await until(lambda: gpu.seen)
            second = asyncio.ensure_future(proxy.post(tenant="hospital"))
            await until(lambda: len(proxy.recorded.accepts) == 2)
            await asyncio.sleep(0.05)
            second.cancel()
            await until(lambda: proxy.recorded.replies)
            assert (proxy.reply.end, proxy.reply.total_us) == (End.CLIENT_ABORT, 0)
            first.cancel()
            await until(lambda: len(proxy.recorded.replies) == 2)
            assert proxy.recorded.replies[1].total_us > 0

    run(case)
