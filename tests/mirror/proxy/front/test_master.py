"""The front: mitmproxy, reduced to a way to the relay and nowhere else."""

import asyncio
import contextlib
import logging

import httpx
import pytest
from fakes import FakeUpstream, Mode
from fronted import ANY, before, url

from mirror.proxy.front.entrance import Entrance
from mirror.proxy.listener import PortInUse, bind
from mirror.proxy.peer import HEADER, Peer, Signer


def run(case):
    asyncio.run(asyncio.wait_for(case(), 20))


def test_the_relay_is_told_the_clients_address_under_our_signature():
    async def case():
        signer = Signer()
        async with (
            FakeUpstream() as relay,
            before(relay, signer=signer) as at_work,
            httpx.AsyncClient() as client,
        ):
            forged = {HEADER: "10.0.0.1 00"}
            answer = await client.get(url(at_work), headers=forged)
            assert answer.status_code == 200
            (seen,) = relay.seen
            assert signer.peer(seen.headers[HEADER]) == Peer("127.0.0.1")
            assert seen.raw.lower().count(HEADER.encode()) == 1

    run(case)


def test_a_proxys_absolute_address_does_not_lead_elsewhere():
    async def case():
        async with (
            FakeUpstream() as relay,
            FakeUpstream() as elsewhere,
            before(relay) as at_work,
        ):
            for line in (
                f"GET {elsewhere.base_url}/models",
                f"CONNECT 127.0.0.1:{elsewhere.port}",
            ):
                reader, writer = await asyncio.open_connection(*at_work.address)
                writer.write(f"{line} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
                assert (await reader.readline()).split()[1] in (b"400", b"501")
                writer.close()
            assert relay.seen == []
            assert elsewhere.accepts == 0

    run(case)


def test_a_used_port_is_told_before_mitmproxy_starts():
    async def case():
        with bind(ANY) as taken, pytest.raises(PortInUse):
            async with (
                FakeUpstream() as relay,
                before(relay, entrance=Entrance(taken.getsockname())),
            ):
                pass

    run(case)


def test_a_relay_that_is_gone_is_an_error_and_not_a_wait_and_may_come_back():
    async def case():
        async with (
            FakeUpstream(mode=Mode.REFUSE) as relay,
            before(relay) as at_work,
            httpx.AsyncClient() as client,
        ):
            assert (await client.get(url(at_work))).status_code == 502
            await relay.stop()
            async with FakeUpstream(port=relay.port):
                assert (await client.get(url(at_work))).status_code == 200

    run(case)


def test_a_stream_under_way_ends_before_the_front_does():
    async def case():
        gate = asyncio.Event()
        async with (
            FakeUpstream(mode=Mode.SSE, gate=gate) as relay,
            httpx.AsyncClient() as client,
            asyncio.TaskGroup() as group,
        ):
            async with before(relay, seconds=5) as at_work:
                request = group.create_task(client.get(url(at_work, "/v1/x")))
                while not relay.seen:
                    await asyncio.sleep(0.005)
                asyncio.get_running_loop().call_later(0.05, gate.set)
            assert (await request).text.endswith("data: [DONE]\n\n")

    run(case)


def test_idle_connections_end_with_the_front():
    async def case():
        async with FakeUpstream() as relay:
            async with before(relay, seconds=5) as at_work:
                reader, writer = await asyncio.open_connection(*at_work.address)
                writer.write(b"GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n")
                assert b"200" in await reader.readline()
            assert (await reader.read()).endswith(
                b"}"
            )  # the rest of the answer, and then the end
            writer.close()

    run(case)


def test_while_draining_a_client_is_told_to_connect_anew():
    async def case():
        async with FakeUpstream() as relay, before(relay) as at_work:
            at_work.to_relay.draining = True
            reader, writer = await asyncio.open_connection(*at_work.address)
            writer.write(b"GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n")
            assert b"connection: close" in (await reader.read()).lower()
            writer.close()

    run(case)


def test_nothing_that_a_client_sends_is_logged():
    async def case():
        async with FakeUpstream() as relay, before(relay) as at_work:
            reader, writer = await asyncio.open_connection(*at_work.address)
            head = b"POST /v1/x HTTP/1.1\r\nhost: x\r\ncontent-length: x\r\nauthorization: "
            writer.write(head + b"sk-secret\r\n\r\n")
            await reader.read()
            writer.close()
            for _ in range(100):
                logging.getLogger("mitmproxy.proxy.server").error("crashed on sk-secret")

    with logged() as lines:
        run(case)
    told = [line for line in lines if "mitmproxy: an error in test_master" in line]
    assert len(told) <= 7  # the 1st, 2nd, 4th ... of 100
    assert told
    assert "sk-secret" not in "\n".join(lines)


@contextlib.contextmanager
def logged():
    """What reaches the process's own log; pytest's looks past it, into loggers that are apart."""
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield lines
    finally:
        root.removeHandler(handler)
