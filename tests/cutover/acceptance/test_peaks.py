"""The worst that servers told of themselves while load was on them."""

import asyncio

from pages import PageServer, dcgm, vllm
from watched import watched_policy

from cutover.acceptance.peaks import Peaks, worse
from cutover.servers.facts import Fact, Facts
from cutover.servers.reading import Gpu
from cutover.servers.watch import Watch
from cutover.servers.window import P95


def test_the_worst_of_each_number_stays():
    one = Facts(Fact(12, "a"), None, Fact(0.3, "a"), p95=(P95(1, 2), "a"))
    other = Facts(Fact(2, "b"), Fact(1, "b"), Fact(0.9, "b"), p95=(P95(0.5, 1), "b"))
    both = worse(one, other)
    assert (both.queue.value, both.running.value, both.cache.value) == (12, 1, 0.9)
    assert both.p95 == (P95(1, 2), "a")
    hot = Facts(gpus={"GPU-a": Gpu()}, hot={"GPU-a": "hw_thermal"})
    assert worse(hot, Facts()).hot == {"GPU-a": "hw_thermal"}
    assert worse(Facts(), Facts()) == Facts()


def test_a_queue_that_was_long_for_a_moment_is_told_in_the_end():
    server, gpus = PageServer(vllm(waiting=40)), PageServer(dcgm())

    async def load(peaks):
        async with peaks.looking():
            while not peaks.seen:
                await asyncio.sleep(0.01)
            server.text = vllm(waiting=0)

    with server.running() as one, gpus.running() as two:
        pages = ({"url": one, "kind": "vllm"}, {"url": two, "kind": "dcgm"})
        peaks = Peaks(Watch(watched_policy(*pages)))
        asyncio.run(load(peaks))
    (told,) = peaks.told()
    assert (told["upstream"], told["queue"], told["way"]) == ("gpu", 40, "more replicas")
    assert told["gpu_memory"] == 0.875 and told["p95_s"] is None and told["not_read"] == []


def test_without_pages_nothing_is_told():
    peaks = Peaks(Watch(watched_policy()))

    async def load():
        async with peaks.looking():
            pass

    asyncio.run(load())
    assert peaks.told() == []
