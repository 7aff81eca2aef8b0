"""Each shim against mitmproxy with it and without it, with real connections."""

import asyncio
import contextlib
import subprocess
import sys

import h2.events
import pytest
from fakes import FakeUpstream, Mode
from fronted import RawHttp2, before, http2, in_tls, url
from pki import Authority

from mirror.proxy.front import shims
from mirror.proxy.front.shims import Handlers, Http


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pki")


@pytest.fixture(scope="module")
def ours(folder):
    return Authority(folder, "ours")


@pytest.fixture(scope="module")
def server(ours, folder):
    return ours.server(folder)


def run(case):
    asyncio.run(asyncio.wait_for(case(), 60))


async def until(condition):
    while not condition():
        await asyncio.sleep(0.005)


@pytest.mark.parametrize(("allowed", "at_once"), [(shims.CONNECTIONS, 30), (5, 5)])
def test_the_streams_of_one_client_do_not_wait_for_each_other(
    ours, server, monkeypatch, allowed, at_once
):
    monkeypatch.setattr(shims, "CONNECTIONS", allowed)

    async def case():
        gate = asyncio.Event()
        async with (
            FakeUpstream(mode=Mode.SSE, gate=gate) as relay,
            before(relay, entrance=in_tls(server)) as at_work,
            http2(ours) as client,
            asyncio.TaskGroup() as group,
        ):
            where = url(at_work, "/v1/x", "https")
            asked = [group.create_task(client.get(where)) for _ in range(30)]
            await until(lambda: len(relay.seen) == at_once)
            gate.set()
            answers = await asyncio.gather(*asked)
            assert all(answer.text.endswith("data: [DONE]\n\n") for answer in answers)
            assert {answer.http_version for answer in answers} == {"HTTP/2"}

    run(case)


@pytest.mark.parametrize("forgets", [True, False])
def test_connections_that_ended_are_forgotten(ours, server, monkeypatch, forgets):
    if not forgets:
        monkeypatch.setattr(Http, "_forget", lambda http: None)

    async def case():
        async with (
            FakeUpstream() as relay,
            before(relay, entrance=in_tls(server)) as at_work,
            http2(ours) as client,
        ):
            for _ in range(20):
                assert (await client.get(url(at_work, scheme="https"))).status_code == 200
            (handler,) = at_work._server.connections.values()
            (http,) = shims._https(handler)
            await until(lambda: len(http.connections) <= 2 or not forgets)
            assert (len(http.connections) <= 2) is forgets

    run(case)


class Endless:
    """A relay that answers with many bytes, as fast as they are taken."""

    def __init__(self, size):
        self.size = size
        self.port = 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()

    async def _answer(self, reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % self.size)
        with contextlib.suppress(ConnectionError):
            for _ in range(self.size >> 16):
                writer.write(bytes(1 << 16))
                await writer.drain()


@pytest.mark.parametrize("limited", [True, False])
def test_the_relay_is_not_read_faster_than_an_http2_client_reads(
    ours, server, monkeypatch, limited
):
    limit, size = 1 << 18, 8 << 20
    monkeypatch.setattr(shims, "QUEUED_BYTES", limit if limited else size)
    most = 0
    counted = Handlers._queued

    def watched(handlers, *given):
        nonlocal most
        found = counted(handlers, *given)
        most = max(most, found)
        return found

    monkeypatch.setattr(Handlers, "_queued", watched)

    async def case():
        async with (
            Endless(size) as relay,
            before(relay, entrance=in_tls(server)) as at_work,
        ):
            client = await RawHttp2.connect(at_work.address, ours)
            stream = client.ask()
            await client.until(h2.events.ResponseReceived, acknowledge=False)
            # nothing is read until the queue is as long as it will become
            await until(lambda: most > (limit if limited else size >> 1))
            total = 0
            for event in client.events:  # arrived with the head, not yet acknowledged
                if isinstance(event, h2.events.DataReceived):
                    total += len(event.data)
                    client.h2.acknowledge_received_data(event.flow_controlled_length, stream)
            client.events.clear()
            client.flush()
            while total < size:
                total += len((await client.until(h2.events.DataReceived)).data)
            await client.until(h2.events.StreamEnded)
            client.close()
            assert total == size

    run(case)
    assert (most <= limit + (1 << 17)) is limited


def test_a_stream_that_nobody_reads_delays_no_other(ours, server, monkeypatch):
    monkeypatch.setattr(shims, "QUEUED_BYTES", 1 << 16)

    async def case():
        async with (
            Endless(1 << 20) as relay,
            before(relay, entrance=in_tls(server)) as at_work,
        ):
            client = await RawHttp2.connect(at_work.address, ours)
            client.h2.increment_flow_control_window(
                1 << 24
            )  # of the connection, not the streams
            client.flush()
            unread, read = client.ask(), client.ask()
            total = 0
            while total < 1 << 20:
                event = await client.until(h2.events.DataReceived, acknowledge=False)
                if event.stream_id == read:
                    client.h2.acknowledge_received_data(event.flow_controlled_length, read)
                    client.flush()
                    total += len(event.data)
                else:
                    assert event.stream_id == unread
            client.close()

    run(case)


def test_while_draining_http2_streams_end_and_only_then_are_clients_sent_away(ours, server):
    async def case():
        gate = asyncio.Event()
        async with FakeUpstream(mode=Mode.SSE, gate=gate) as relay:
            async with before(relay, entrance=in_tls(server), seconds=20) as at_work:
                idle = await RawHttp2.connect(at_work.address, ours)
                await idle.until(h2.events.SettingsAcknowledged)
                busy = await RawHttp2.connect(at_work.address, ours)
                busy.ask("/v1/x")
                await busy.until(h2.events.ResponseReceived)
                ending = asyncio.ensure_future(to_the_end(idle, busy, gate))
            assert await ending == (0, b"data: [DONE]\n\n", 1)

    async def to_the_end(idle, busy, gate):
        first = await idle.until(h2.events.ConnectionTerminated)
        gate.set()
        received = b""
        while not received.endswith(b"[DONE]\n\n"):
            received += (await busy.until(h2.events.DataReceived)).data
        await busy.until(h2.events.StreamEnded)
        last = await busy.until(h2.events.ConnectionTerminated)
        return first.last_stream_id, received[-14:], last.last_stream_id

    run(case)


WRONG = """
from mitmproxy.http import Headers, ResponseData
ResponseData("a text", Headers(), None, None, 1.0, None, 200, b"OK")
"""


def test_the_types_of_a_messages_fields_are_not_checked():
    def said(code):
        return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

    spared = "from mirror.proxy.front import shims\nshims.check_no_types()\n"
    assert b"TypeError" in said(WRONG).stderr
    assert said(spared + WRONG).stderr == b""
