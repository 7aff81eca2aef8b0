"""Clients that reach what was declared, and nothing else: by name, by address, by redirect."""

import asyncio

import httpx
import pytest
from fakes import FakeUpstream

from mirror.guard import EgressBlocked, client


def test_a_declared_address_is_reached():
    async def case():
        async with (
            FakeUpstream() as upstream,
            client(frozenset({("127.0.0.1", upstream.port)}), 1) as http,
        ):
            answer = await http.post(upstream.base_url, content=b"{}")
            assert answer.status_code == 200

    asyncio.run(case())


def test_a_declared_name_is_looked_up_and_reached():
    async def case():
        async with (
            FakeUpstream() as upstream,
            client(frozenset({("localhost", upstream.port)}), 1) as http,
        ):
            answer = await http.post(f"http://localhost:{upstream.port}/v1", content=b"{}")
            assert answer.status_code == 200

    asyncio.run(case())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_anything_else_is_refused_before_a_connection(host, monkeypatch):
    async def case():
        async with FakeUpstream() as upstream, client(frozenset({("localhost", 1)}), 1) as http:
            loop = asyncio.get_running_loop()
            monkeypatch.setattr(
                loop, "getaddrinfo", None, raising=False
            )  # a lookup would break
            with pytest.raises(EgressBlocked):
                await http.get(f"http://{host}:{upstream.port}/v1")
            assert upstream.accepts == 0

    asyncio.run(case())


def test_a_proxy_in_the_environment_is_not_used(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    async def case():
        async with (
            FakeUpstream() as upstream,
            client(frozenset({("127.0.0.1", upstream.port)}), 1) as http,
        ):
            assert (await http.get(upstream.base_url)).status_code == 200

    asyncio.run(case())


def test_a_cookie_of_one_answer_is_not_sent_with_the_next_request():
    async def case():
        headers = {"set-cookie": "tenant=a; Path=/"}
        async with (
            FakeUpstream(headers=headers) as upstream,
            client(frozenset({("127.0.0.1", upstream.port)}), 1) as http,
        ):
            for _ in range(2):
                await http.send(httpx.Request("GET", upstream.base_url))
                await http.get(upstream.base_url)
            assert all("cookie" not in seen.headers for seen in upstream.seen)

    asyncio.run(case())
