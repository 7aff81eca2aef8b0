"""The front's connections behind mitmproxy: who is let in, and when a connection is given up."""

import asyncio

import pytest
import ways
from clocks import Clock, until
from fakes import FakeUpstream, Mode
from mitmproxy.options import Options
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layer import NextLayer
from mitmproxy.test import tflow
from proxied import proxied
from rawhttp import exchanged, request

from mirror.proxy.doors import Rules
from mirror.proxy.front import shims, wire
from mirror.proxy.front.wire import CheckWire


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


@pytest.mark.parametrize("way", ["connect-tls", "connect-h2"])
def test_what_says_nothing_inside_a_connect_is_closed(way):
    async def case():
        limits = {"head_s": 1}
        async with (
            FakeUpstream() as cloud,
            proxied(cloud, cloud, via="connect-tls", limits=limits) as proxy,
        ):
            reader, writer = await asyncio.open_connection(*proxy.proxy.at.intercept)
            writer.write(b"CONNECT api.openai.com:443 HTTP/1.1\r\nhost: x\r\n\r\n")
            assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
            if way == "connect-h2":
                trust = ways.trust("connect-tls")
                trust.set_alpn_protocols(["h2"])
                await writer.start_tls(trust, server_hostname="api.openai.com")
                assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
            while await reader.read(65536):  # HTTP/2 begins with the server's settings
                pass
            writer.close()

    run(case)


def test_the_first_request_or_a_tunnels_first_byte_ends_the_wait():
    async def case():
        hung_up = []
        check = CheckWire(Rules(), hung_up.append)
        flow = tflow.tflow()
        flow.client_conn.alpn = b"h2"
        check.http_connected(flow)
        check._started(flow.client_conn)  # HTTP/2 has no request yet
        assert check._silent
        check.requestheaders(flow)
        assert not check._silent
        check.http_connected(flow)
        context = Context(flow.client_conn, Options())
        chosen = NextLayer(context)
        chosen.layer = shims.untouched(context)
        check.next_layer(chosen)
        assert not check._silent
        assert hung_up == []

    run(case)


def test_an_answer_that_takes_longer_than_a_head_may_is_not_cut(monkeypatch):
    async def case():
        monkeypatch.setattr(wire, "time", clock := Clock())
        slow = FakeUpstream(mode=Mode.SLOW, gate=asyncio.Event())
        limits = {"head_s": 3600}
        async with slow as cloud, proxied(cloud, cloud, via="front", limits=limits) as proxy:
            asking = asyncio.ensure_future(exchanged(proxy.address, request(), 1))
            await until(lambda: cloud.seen)
            assert clock.set_timers
            clock.move(3600)
            cloud.gate.set()
            assert (await asking)[0] == [200]

    run(case)


def test_a_second_request_on_a_connection_has_its_own_time(monkeypatch):
    async def case():
        monkeypatch.setattr(wire, "time", clock := Clock())
        limits = {"head_s": 3600}
        async with (
            FakeUpstream() as cloud,
            proxied(cloud, cloud, via="front", limits=limits) as proxy,
        ):
            reader, writer = await asyncio.open_connection(*proxy.address)
            writer.write(request())
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            await reader.readuntil(b"}]")
            clock.move(2000)
            reads, timers = clock.reads, clock.set_timers
            writer.write(request()[:20])
            await until(lambda: clock.reads > reads)
            clock.move(2000)  # too long for the first, not for the second
            await until(lambda: clock.set_timers > timers)
            clock.move(2000)
            rest = await reader.read()
            assert b"HTTP/1.1 408" in rest
            writer.close()

    run(case)
