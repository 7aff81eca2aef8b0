"""Connections: who is let in, whose turn it is, and when a connection is given up."""

import asyncio
import contextlib

import pytest
from clocks import Clock, until
from fakes import FakeUpstream, Mode
from proxied import proxied
from rawhttp import exchanged, request, statuses

from mirror.exchange import End
from mirror.proxy import asgi
from mirror.proxy.connection import PIPELINED
from mirror.proxy.listener import Patience, listening


def run(case):
    asyncio.run(asyncio.wait_for(case(), 30))


FEW = {"limits": {"connections_per_address": 1}, "trusted_peers": ["10.0.0.1"]}
UNKNOWN = request()  # nobody is believed to be a tenant: 403


def test_an_address_with_too_many_connections_is_told():
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, **FEW) as proxy:
            _, held = await asyncio.open_connection(*proxy.address)
            found, _ = await exchanged(proxy.address, UNKNOWN, 1)
            assert found == [429]
            held.close()
            await held.wait_closed()
            while (await exchanged(proxy.address, UNKNOWN, 1))[0] == [429]:
                await asyncio.sleep(0.01)  # until the end of the held one was seen
            assert (await exchanged(proxy.address, UNKNOWN, 1))[0] in ([403], [429])

    run(case)


def test_peers_that_speak_for_many_are_not_counted():
    async def case():
        few = {"limits": {"connections_per_address": 1}}
        async with FakeUpstream() as cloud, proxied(cloud, cloud, **few) as proxy:
            _, held = await asyncio.open_connection(*proxy.address)
            assert (await exchanged(proxy.address, request(), 1))[0] == [200]
            held.close()

    run(case)


def test_an_answer_that_takes_longer_than_a_head_may_is_not_cut():
    async def case():
        clock, slow = Clock(), FakeUpstream(mode=Mode.SLOW, gate=asyncio.Event())
        async with slow as cloud, proxied(cloud, cloud, limits={"head_s": 3600}) as proxy:
            asking = asyncio.ensure_future(exchanged(proxy.address, request(), 1))
            await until(lambda: cloud.seen)
            assert clock.set_timers
            clock.move(3600)
            cloud.gate.set()
            assert (await asking)[0] == [200]

    run(case)


def get(path, *fields):
    lines = [b"GET %b HTTP/1.1" % path, b"host: proxy", *fields, b"", b""]
    return b"\r\n".join(lines)


async def echo(scope, receive, send):
    await asgi.whole(send, 200, b"text/plain", scope["raw_path"])


def test_an_offer_to_speak_something_else_is_passed_over():
    """Java's HttpClient offers h2c with its first request, and goes on in HTTP/1.1."""

    async def case():
        offer = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AA")
        async with listening(echo, ("127.0.0.1", 0), Patience(1)) as listener:
            asked = get(b"/one", *offer) + get(b"/two") + get(b"/three")
            assert (await exchanged(listener.address, asked, 3))[0] == [200] * 3

    run(case)


def test_pipelined_requests_are_answered_in_their_order_one_at_a_time():
    begun, gates = [], {b"/one": asyncio.Event(), b"/two": asyncio.Event()}

    async def app(scope, receive, send):
        begun.append(scope["raw_path"])
        await gates[scope["raw_path"]].wait()
        await echo(scope, receive, send)

    async def case():
        async with listening(app, ("127.0.0.1", 0), Patience(1)) as listener:
            reader, writer = await asyncio.open_connection(*listener.address)
            writer.write(get(b"/one") + get(b"/two"))
            gates[b"/two"].set()
            await until(lambda: begun)
            for _ in range(10):
                await asyncio.sleep(0)
            assert begun == [b"/one"]
            gates[b"/one"].set()
            await reader.readuntil(b"/one")
            await reader.readuntil(b"/two")
            writer.close()

    run(case)


def noticing():
    """An application that answers nothing until its client leaves; the paths it began, and was left with."""
    begun, gone = [], []

    async def app(scope, receive, send):
        begun.append(scope["raw_path"])
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.append(scope["raw_path"])

    return app, begun, gone


def test_a_client_that_leaves_is_noticed_with_requests_behind_the_one_that_is_answered():
    app, begun, gone = noticing()

    async def case():
        async with listening(app, ("127.0.0.1", 0), Patience(1)) as listener:
            _, writer = await asyncio.open_connection(*listener.address)
            writer.write(get(b"/one") + get(b"/two"))
            await until(lambda: begun)
            writer.close()
            await until(lambda: gone)
            assert begun == gone == [b"/one"]

    run(case)


@pytest.mark.parametrize("behind", ["a long body", "many requests"])
def test_a_client_that_leaves_is_noticed_behind_what_it_sent(behind):
    sent = request(body=b"a" * 400_000) if behind == "a long body" else get(b"/") * 20
    app, begun, gone = noticing()

    async def case():
        async with listening(app, ("127.0.0.1", 0), Patience(1)) as listener:
            _, writer = await asyncio.open_connection(*listener.address)
            writer.write(get(b"/one") + sent)
            await until(lambda: begun)
            await writer.drain()
            writer.close()
            await until(lambda: gone)

    run(case)


def test_a_client_is_read_no_further_than_requests_may_wait():
    gate = asyncio.Event()

    async def app(scope, receive, send):
        await gate.wait()
        await echo(scope, receive, send)

    async def case():
        async with listening(app, ("127.0.0.1", 0), Patience(1)) as listener:
            reader, writer = await asyncio.open_connection(*listener.address)
            one, many = get(b"/", b"x-long: " + b"a" * 50_000), 400
            writer.write(one * many)
            for _ in range(100):
                await asyncio.sleep(0.001)
            # more than the kernel's buffers and those that may wait
            assert writer.transport.get_write_buffer_size() > len(one) * PIPELINED
            gate.set()
            got = b""
            while len(statuses(got)) < many:
                got += await reader.read(1 << 16)
            writer.close()

    run(case)


def test_a_body_that_nobody_takes_is_read_no_further():
    asked, gate, sizes = asyncio.Event(), asyncio.Event(), []

    async def app(scope, receive, send):
        asked.set()
        await gate.wait()
        while True:
            message = await receive()
            sizes.append(len(message["body"]))
            if not message["more_body"]:
                break
        await asgi.whole(send, 200, b"text/plain", b"")

    async def case():
        async with listening(app, ("127.0.0.1", 0), Patience(1)) as listener:
            size = 8 << 20
            reader, writer = await asyncio.open_connection(*listener.address)
            writer.write(request(body=b"a" * size))
            await asked.wait()
            for _ in range(100):
                await asyncio.sleep(0.001)
            gate.set()
            await reader.readuntil(b"\r\n\r\n")
            assert sum(sizes) == size
            assert sizes[0] < 1 << 20
            writer.close()

    run(case)


def test_the_connection_of_a_client_that_asks_for_its_end_is_closed_behind_the_answer():
    async def case():
        async with listening(echo, ("127.0.0.1", 0), Patience(1)) as listener:
            reader, writer = await asyncio.open_connection(*listener.address)
            writer.write(get(b"/", b"Connection: close") + get(b"/two"))
            got = await reader.read()
            assert statuses(got) == [200]
            assert b"connection: close" in got
            writer.close()

    run(case)


@pytest.mark.parametrize("via", ["front", "direct"])
def test_a_client_that_reads_nothing_is_cut_off_and_its_upstream_let_go(via):
    gone = asyncio.Event()

    async def endless(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 99999999999\r\n\r\n"
        )
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(bytes(1 << 20))
                await writer.drain()
        gone.set()

    async def case():
        cloud = await asyncio.start_server(endless, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{cloud.sockets[0].getsockname()[1]}/v1"
        async with proxied(url, url, via=via, limits={"write_s": 1}) as proxy:
            _, writer = await asyncio.open_connection(*proxy.address, limit=1 << 12)
            writer.transport.pause_reading()
            writer.write(request())
            await gone.wait()
            await until(lambda: proxy.recorded.replies)
            assert proxy.reply.end is End.CLIENT_ABORT
            writer.close()
        cloud.close()

    run(case)


@pytest.mark.parametrize("via", ["front", "direct"])
def test_a_client_that_reads_slowly_is_not_cut_off(via):
    size = 24 << 20

    async def long(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n\r\n"
        writer.write(head % size + bytes(size))
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    async def case():
        cloud = await asyncio.start_server(long, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{cloud.sockets[0].getsockname()[1]}/v1"
        async with proxied(url, url, via=via, limits={"write_s": 2}) as proxy:
            reader, writer = await asyncio.open_connection(*proxy.address)
            writer.write(request())
            await reader.readuntil(b"\r\n\r\n")
            got = 0
            while got < size:
                got += len(await reader.readexactly(min(size - got, 512 << 10)))
                await asyncio.sleep(0.1)
            writer.close()
        cloud.close()

    run(case)
