"""HTTP clients that can reach a declared set of hosts and ports, and nothing else.

The guard stands where names are looked up and where sockets are made, below everything that could
be talked into another address: a redirect, a proxy variable, a crafted URL.
"""

from __future__ import annotations

import asyncio
import functools
import socket
import ssl
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import aiohttp
import certifi
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from httpx_aiohttp import AiohttpTransport

from mirror.stale import Connector

type Endpoint = tuple[str, int]


class EgressBlocked(Exception):
    """A connection that the policy does not allow; nothing was looked up or opened."""


def client(allowed: frozenset[Endpoint], keep_alive_s: float | None) -> httpx.AsyncClient:
    """A client over a `transport`, for what is asked seldom.

    It follows no redirects, keeps no cookies and reads no proxy settings from the environment.
    """
    return httpx.AsyncClient(
        transport=transport(allowed, keep_alive_s),
        trust_env=False,
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
    )


def transport(allowed: frozenset[Endpoint], keep_alive_s: float | None) -> AiohttpTransport:
    """A transport to these endpoints that drops idle connections after `keep_alive_s` seconds.

    With None, each request has a connection of its own. A transport sends a request as it is and
    knows nothing of redirects and cookies; a client around it would cost each request a tenth more.
    """
    guard = _Guard(allowed)
    keeps: dict[str, Any] = {"keepalive_timeout": keep_alive_s}
    connector = Connector(
        resolver=_GuardedResolver(guard),
        socket_factory=guard.open_socket,
        ssl=_trust(),
        limit=0,  # no limit: the callers bound what they send
        **(keeps if keep_alive_s is not None else {"force_close": True}),
    )
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        skip_auto_headers=("accept", "accept-encoding", "user-agent", "content-type"),
    )
    return AiohttpTransport(verify=_trust(), client=session, trust_env=False)


@functools.cache
def _trust() -> ssl.SSLContext:
    """Who may vouch for an upstream: this machine's authorities, for a clinic's own, and Mozilla's."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


@dataclass(slots=True)
class _Guard:
    """What may be looked up, and the addresses that may be connected to."""

    allowed: frozenset[Endpoint]
    addresses: set[Endpoint] = field(init=False)

    def __post_init__(self) -> None:
        self.addresses = set(self.allowed)

    def check(self, host: str, port: int) -> None:
        """Raises EgressBlocked for anything the policy does not declare."""
        if (host, port) not in self.allowed:
            raise EgressBlocked(f"{host}:{port} is no upstream of this policy")

    def open_socket(self, address: tuple[object, ...]) -> socket.socket:
        """A socket for an address that was declared or looked up by us, for aiohttp to connect."""
        family, kind, protocol, _, target = address
        assert isinstance(target, tuple)
        if (target[0], target[1]) not in self.addresses:
            raise EgressBlocked(f"{target[0]}:{target[1]} is no upstream of this policy")
        return socket.socket(family, kind, protocol)  # type: ignore[arg-type]


class _GuardedResolver(AbstractResolver):
    """Looks up declared hosts only. aiohttp accepts nothing but a subclass here."""

    def __init__(self, guard: _Guard) -> None:
        self._guard = guard
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a declared host. Raises EgressBlocked for any other."""
        self._guard.check(host, port)
        found = await self._resolver.resolve(host, port, family)
        self._guard.addresses.update((result["host"], port) for result in found)
        return found

    async def close(self) -> None:
        """Nothing to release."""


async def certificate(where: Endpoint, allowed: frozenset[Endpoint]) -> dict[str, object]:
    """What a declared host shows and this machine trusts, as `SSLSocket.getpeercert` tells it.

    Raises EgressBlocked for any other host, and OSError, of which `ssl.SSLError` is one.
    """
    guard, (host, port) = _Guard(allowed), where
    (found, *_) = await _GuardedResolver(guard).resolve(host, port, socket.AF_UNSPEC)
    address = (found["host"], port)
    plain = guard.open_socket((found["family"], socket.SOCK_STREAM, 0, "", address))
    try:
        plain.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plain, address)
        _, writer = await asyncio.open_connection(
            sock=plain, ssl=_trust(), server_hostname=host
        )
    except BaseException:
        plain.close()
        raise
    try:
        shown: dict[str, object] = writer.get_extra_info("peercert")
        return shown
    finally:
        writer.close()
