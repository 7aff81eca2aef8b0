"""Listening sockets, a used port, and an end that cuts nobody."""

import asyncio
import gc
import socket
import sys

import httpx
import pytest

from mirror.proxy import asgi
from mirror.proxy.listener import Patience, PortInUse, bind, listening, stop


def test_a_port_in_use_is_told_in_one_line_with_what_to_do():
    with bind(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse) as told:
            bind(("127.0.0.1", port))
    text = str(told.value)
    assert f"127.0.0.1:{port} is in use" in text
    assert "choose another port" in text
    assert "\n" not in text


def test_an_address_that_is_not_ours_is_an_error_of_its_own():
    with pytest.raises(OSError, match=r"."):
        bind(("192.0.2.1", 0))


def test_small_writes_do_not_wait_for_acknowledgements():
    with bind(("127.0.0.1", 0)) as bound:
        assert bound.proto == socket.IPPROTO_TCP  # asyncio sets TCP_NODELAY only then


@pytest.mark.parametrize("turns", range(7))
def test_a_listener_that_stops_while_somebody_comes_in_complains_of_nothing(turns, monkeypatch):
    complaints = []

    async def case():
        asyncio.get_running_loop().set_exception_handler(
            lambda _, what: complaints.append(what)
        )
        bound = bind(("127.0.0.1", 0))
        server = await asyncio.start_server(lambda _, writer: writer.close(), sock=bound)
        with socket.create_connection(bound.getsockname()):
            for _ in range(turns):
                await asyncio.sleep(0)
            stop(server)
            for _ in range(10):
                await asyncio.sleep(0)
        assert not server.sockets

    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    asyncio.run(case(), debug=True)
    gc.collect()
    assert complaints == []


def test_requests_under_way_end_and_new_ones_find_nobody():
    async def case():
        asked, go_on = asyncio.Event(), asyncio.Event()

        async def app(scope, receive, send):
            asked.set()
            await go_on.wait()
            await asgi.whole(send, 200, b"text/plain", b"whole")

        async with httpx.AsyncClient(trust_env=False) as client, asyncio.TaskGroup() as group:
            async with listening(app, ("127.0.0.1", 0), Patience(5)) as listener:
                url = "http://{}:{}/".format(*listener.address)
                request = group.create_task(client.get(url))
                await asked.wait()
                group.create_task(late(url, go_on))
            assert (await request).text == "whole"

    async def late(url, go_on):
        async with httpx.AsyncClient(trust_env=False) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(url)
        go_on.set()

    asyncio.run(asyncio.wait_for(case(), 10))


def test_who_asks_while_a_listener_drains_is_told_that_the_connection_ends():
    async def case():
        async def app(scope, receive, send):
            await asgi.whole(send, 200, b"text/plain", b"whole")

        async with listening(app, ("127.0.0.1", 0), Patience(5)) as listener:
            reader, writer = await asyncio.open_connection(*listener.address)
            ask = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
            writer.write(ask)
            assert b"connection" not in await reader.readuntil(b"whole")
            listener.close()
            writer.write(ask)
            assert b"\r\nconnection: close\r\n" in await reader.read()  # to the end
            writer.close()

    asyncio.run(asyncio.wait_for(case(), 10))


def test_what_does_not_end_in_time_is_cut():
    async def case():
        asked = asyncio.Event()

        async def app(scope, receive, send):
            await asgi.start(send, 200, [])
            asked.set()
            await asyncio.Event().wait()

        async with httpx.AsyncClient(trust_env=False) as client, asyncio.TaskGroup() as group:
            async with listening(app, ("127.0.0.1", 0), Patience(0.05)) as listener:
                request = group.create_task(
                    cut(client, "http://{}:{}/".format(*listener.address))
                )
                await asked.wait()
            await request

    async def cut(client, url):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(url)

    asyncio.run(asyncio.wait_for(case(), 10))
