"""What is known of pages over time: fresh, then stale, and never a crash."""

import asyncio
import time

from pages import PageServer, dcgm, vllm
from watched import watched_policy

from cutover.servers import watch as module
from cutover.servers.scrape import client
from cutover.servers.watch import Watch


class Steady:
    """Seconds that pass when a test says so."""

    now_s = 1000.0

    def __call__(self):
        return self.now_s


def read(watch, times=1):
    async def ask():
        async with client(watch.policy) as asking:
            for _ in range(times):
                await watch.read(asking, "gpu")

    asyncio.run(ask())


def test_a_page_is_fresh_when_read_and_stale_when_not_read_for_three_turns():
    clock, server = Steady(), PageServer(vllm(waiting=3))
    with server.running() as url:
        watch = Watch(watched_policy({"url": url, "kind": "vllm", "every_s": 10}), clock)
        (page,) = watch.pages("gpu")
        assert (page.stale, page.age_s, page.fault) == (True, None, "it was not read yet")
        read(watch)
        assert watch.facts("gpu").queue.value == 3
        clock.now_s += 30
        server.status = 500
        read(watch)
        (page,) = watch.pages("gpu")
        assert (page.stale, page.fault, page.reads) == (False, "the page is answered 500", 1)
        assert watch.facts("gpu").queue.value == 3
        clock.now_s += 1
        assert watch.pages("gpu")[0].stale and watch.facts("gpu").queue is None
        server.status = 200
        read(watch)
        assert not watch.pages("gpu")[0].stale and watch.pages("gpu")[0].fault == ""


def test_garbage_and_a_fault_of_ours_are_told_and_the_next_page_is_read(monkeypatch):
    one, two = PageServer("garbage"), PageServer(dcgm())
    with one.running() as first, two.running() as second:
        pages = ({"url": first, "kind": "vllm"}, {"url": second, "kind": "dcgm"})
        watch = Watch(watched_policy(*pages))
        read(watch)
        assert "has no metric that a page of vllm has" in watch.pages("gpu")[0].fault
        assert list(watch.facts("gpu").gpus) == ["GPU-a", "GPU-b"]

        def broken(*_):
            raise ZeroDivisionError

        monkeypatch.setattr(module, "reading", broken)
        read(watch)
        assert watch.pages("gpu")[0].fault == "a fault of ours: ZeroDivisionError"


def test_at_work_it_reads_again_and_again_and_ends():
    server = PageServer(vllm())
    with server.running() as url:
        watch = Watch(watched_policy({"url": url, "kind": "vllm", "every_s": 1}))
        with watch.at_work():
            until = time.monotonic() + 60
            while watch.pages("gpu")[0].reads < 2 and time.monotonic() < until:
                time.sleep(0.02)
        assert watch.pages("gpu")[0].reads >= 2
        ended = len(server.asked)
    assert len(server.asked) == ended


def test_without_pages_nothing_is_started():
    watch = Watch(watched_policy())
    with watch.at_work():
        assert watch.upstreams == () and watch.pages("gpu") == ()
