"""The front: mitmproxy, reduced to a way to the relay and nowhere else."""

import asyncio

import httpx
import pytest
from fakes import FakeUpstream, Mode
from mitmproxy.connection import Server
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from mitmproxy.test import tflow

from mirror.proxy.front import OnlyRelay, ToRelay, front
from mirror.proxy.listener import Patience, PortInUse, bind
from mirror.proxy.peer import HEADER, Signer

ANY = ("127.0.0.1", 0)


def run(case):
    asyncio.run(asyncio.wait_for(case(), 20))


def test_the_relay_is_told_the_clients_address_under_our_signature():
    async def case():
        signer = Signer()
        async with FakeUpstream() as relay:
            where = ("127.0.0.1", relay.port)
            async with (
                front(ANY, where, signer, Patience(1)) as (host, port),
                httpx.AsyncClient() as client,
            ):
                forged = {HEADER: "10.0.0.1 00"}
                answer = await client.get(f"http://{host}:{port}/v1/models", headers=forged)
            assert answer.status_code == 200
            (seen,) = relay.seen
            assert signer.peer(seen.headers[HEADER]) == "127.0.0.1"
            assert seen.raw.lower().count(HEADER.encode()) == 1

    run(case)


def test_both_directions_stream():
    async def case():
        to_relay = ToRelay(Signer())
        flow = tflow.tflow(resp=True)
        to_relay.requestheaders(flow)
        to_relay.responseheaders(flow)
        assert (flow.request.stream, flow.response.stream) == (True, True)

    run(case)


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        (("127.0.0.1", 9000), False),
        (("127.0.0.1", 9001), True),
        (("api.openai.com", 9000), True),
        (None, True),
    ],
)
def test_only_the_relay_can_be_reached(address, refused):
    server = Server(address=address)
    OnlyRelay(("127.0.0.1", 9000)).server_connect(ServerConnectionHookData(server, None))
    assert bool(server.error) is refused


def test_a_proxys_absolute_address_does_not_lead_elsewhere():
    async def case():
        async with FakeUpstream() as relay, FakeUpstream() as elsewhere:
            where = ("127.0.0.1", relay.port)
            async with front(ANY, where, Signer(), Patience(1)) as address:
                for line in (
                    f"GET {elsewhere.base_url}/models",
                    f"CONNECT 127.0.0.1:{elsewhere.port}",
                ):
                    reader, writer = await asyncio.open_connection(*address)
                    writer.write(f"{line} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
                    await reader.readline()
                    writer.close()
            assert elsewhere.accepts == 0

    run(case)


def test_a_used_port_is_told_before_mitmproxy_starts():
    async def case():
        with bind(ANY) as taken, pytest.raises(PortInUse):
            async with front(taken.getsockname(), ("127.0.0.1", 1), Signer(), Patience(1)):
                pass

    run(case)


def test_a_relay_that_is_gone_is_an_error_and_not_a_wait():
    async def case():
        async with FakeUpstream(mode=Mode.REFUSE) as relay:
            where = ("127.0.0.1", relay.port)
            async with (
                front(ANY, where, Signer(), Patience(1)) as (host, port),
                httpx.AsyncClient() as client,
            ):
                answer = await client.get(f"http://{host}:{port}/v1/models")
                assert answer.status_code == 502

    run(case)


def test_a_stream_under_way_ends_before_the_front_does():
    async def case():
        gate = asyncio.Event()
        async with (
            FakeUpstream(mode=Mode.SSE, gate=gate) as relay,
            httpx.AsyncClient() as client,
            asyncio.TaskGroup() as group,
        ):
            where = ("127.0.0.1", relay.port)
            async with front(ANY, where, Signer(), Patience(5)) as (host, port):
                request = group.create_task(client.get(f"http://{host}:{port}/v1/x"))
                while not relay.seen:
                    await asyncio.sleep(0.005)
                asyncio.get_running_loop().call_later(0.05, gate.set)
            assert (await request).text.endswith("data: [DONE]\n\n")

    run(case)


def test_idle_connections_end_with_the_front():
    async def case():
        async with FakeUpstream() as relay:
            async with front(ANY, ("127.0.0.1", relay.port), Signer(), Patience(5)) as address:
                reader, writer = await asyncio.open_connection(*address)
                writer.write(b"GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n")
                assert b"200" in await reader.readline()
            assert (await reader.read()).endswith(
                b"}"
            )  # the rest of the answer, and then the end
            writer.close()

    run(case)
