"""The front's connections behind mitmproxy: who is let in, and when a connection is given up."""

import asyncio

from fakes import FakeUpstream, Mode
from proxied import proxied
from rawhttp import exchanged, request


def run(case):
    asyncio.run(asyncio.wait_for(case(), 30))


def test_an_address_with_too_many_connections_is_closed():
    async def case():
        few = {"limits": {"connections_per_address": 1}, "trusted_peers": ["10.0.0.1"]}
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via="front", **few) as proxy:
            _, held = await asyncio.open_connection(*proxy.address)
            assert (await exchanged(proxy.address, request(), 1))[0] == []
            held.close()
            while (await exchanged(proxy.address, request(), 1))[0] != [403]:
                await asyncio.sleep(0.01)  # until the end of the held one was seen

    run(case)


def test_an_answer_that_takes_longer_than_a_head_may_is_not_cut():
    async def case():
        slow = FakeUpstream(mode=Mode.SLOW, delay_s=0.4)
        limits = {"head_s": 0.1}
        async with slow as cloud, proxied(cloud, cloud, via="front", limits=limits) as proxy:
            assert (await exchanged(proxy.address, request(), 1))[0] == [200]

    run(case)


def test_a_second_request_on_a_connection_has_its_own_time():
    async def case():
        limits = {"head_s": 0.6}
        async with (
            FakeUpstream() as cloud,
            proxied(cloud, cloud, via="front", limits=limits) as proxy,
        ):
            reader, writer = await asyncio.open_connection(*proxy.address)
            writer.write(request())
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            await reader.readuntil(b"}]")
            writer.write(request()[:20])
            rest = await reader.read()
            assert b"HTTP/1.1 408" in rest
            writer.close()

    run(case)


def test_a_malformed_chunk_ends_a_request_whose_body_nobody_will_see():
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via="front") as proxy:
            head = request(b"Transfer-Encoding: chunked", length=[], body=b"")
            reader, writer = await asyncio.open_connection(*proxy.address)
            writer.write(head + b"4\r\n{}{}\r\n")
            await writer.drain()
            writer.write(b"nonsense\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 400")
            writer.close()
            assert cloud.seen == []

    run(case)


def test_refusals_are_counted():
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via="front") as proxy:
            await exchanged(proxy.address, b"?", 1)
            counted = proxy.proxy.metrics.total(
                "crossfade_refused_total", reason="malformed_request"
            )
            assert counted == 1

    run(case)
