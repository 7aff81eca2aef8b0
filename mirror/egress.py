"""The guarded client: the only place, in any process, that opens sockets to upstreams.

Two guards stand one behind the other. `Egress.open` refuses a cloud upstream for a tenant whose
policy forbids the cloud, before a name is looked up. Behind it, the connections to cloud and to
on-premises upstreams are made by two separate clients, each of which refuses to resolve or connect
to anything but the hosts and ports the policy declares for it.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Self

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from mirror import guard
from mirror.exchange import End
from mirror.guard import EgressBlocked, Endpoint
from mirror.headers import recordable, sendable
from mirror.stale import is_stale
from policies.policy import Cloud, CredentialMode, Location, Policy, UnknownTenants, Upstream

__all__ = [
    "FAULTS",
    "CredentialMissing",
    "Egress",
    "EgressBlocked",
    "Incoming",
    "OutRequest",
    "failure",
    "is_safe",
]

SAFE_PATH = re.compile(r"/v1/[A-Za-z0-9_\-./]{1,256}|/(?:v2/)?rerank|/score")
SAFE_QUERY = re.compile(r"[A-Za-z0-9_\-.~!$&'()*+,;=:@/?%\[\]]{0,2048}")

FORWARDED_CREDENTIALS = ("authorization", "openai-organization", "openai-project")

# An idle connection is dropped before the server drops it: servers on uvicorn (vLLM, most gateways)
# do so after 5 s, and a request sent at that moment would break. Cloud edges wait far longer.
KEEP_ALIVE_S = {Location.ONPREM: 4.0, Location.CLOUD: 60.0}
CONNECT_S = 10.0


class CredentialMissing(ValueError):
    """An upstream's key is not in the environment."""

    mendable = True

    def __init__(self, upstream: str, variable: str) -> None:
        """Names the upstream and the variable to set."""
        super().__init__(
            f"upstream {upstream}: the environment variable {variable} is not set; "
            f"set it to the key this upstream expects, or change `credential` in the policy"
        )


# Everything that `Egress.open` and reading an answer raise because of the world or the policy.
FAULTS = (EgressBlocked, httpx.HTTPError, httpx.StreamError, aiohttp.ClientError, OSError)


@dataclass(frozen=True, slots=True)
class OutRequest:
    """What an upstream is asked. `path` is one that `is_safe`; `headers` are the client's, lower case.

    Their values stand for bytes, as Latin-1 reads them. Only allow-listed headers are sent, and of
    those only what can be written: see `mirror.headers`. A body too large for memory is given as a function that
    reads it from the start each time, with its `length` in bytes. `repeatable` says that it leaves
    nothing behind on the server, so that it may be sent again where a kept connection was stale.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | Callable[[], AsyncIterator[bytes]] = b""
    length: int = 0
    query: str = ""
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class Incoming:
    """An upstream's answer: its head, and its body as it arrives, undecoded."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    content_type: str
    content_encoding: str
    chunks: AsyncIterator[bytes]


@dataclass(slots=True)
class Egress:
    """Clients for every upstream of a policy. Belongs to the event loop that first uses it.

    Raises CredentialMissing where a key that the policy names is not in the environment.
    """

    policy: Policy
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    _keys: dict[str, str] = field(init=False)
    _cloud: frozenset[str] = field(init=False)
    _clients: dict[tuple[Location, bool], AiohttpTransport] = field(
        init=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        self._keys = dict(_keys(self.policy, self.environ))
        self._cloud = _cloud_upstreams(self.policy)

    async def __aenter__(self) -> Self:
        for location in Location:  # reading the certificates takes longer than a request may
            self._client(location)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes every connection."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    def permitted(self, tenant: str, upstream: str) -> bool:
        """Whether this tenant's bytes may go there. Unknown tenants and upstreams may not.

        The empty tenant is one that nobody knows, passed on where the policy says so.
        """
        if upstream not in self.policy.upstreams:
            return False
        if tenant == "":
            passed = self.policy.unknown_tenants is UnknownTenants.PASS_THROUGH
            return passed and upstream == self.policy.unknown_upstream
        known = self.policy.tenants.get(tenant)
        return known is not None and (
            known.cloud is Cloud.ALLOWED or upstream not in self._cloud
        )

    @contextlib.asynccontextmanager
    async def open(
        self, tenant: str, upstream: str, request: OutRequest
    ) -> AsyncIterator[Incoming]:
        """Asks an upstream, and gives its answer from the moment the head has arrived.

        Raises EgressBlocked where the policy does not allow it. Every other fault of the network
        or the upstream is an exception that `failure` turns into a value.
        """
        if not self.permitted(tenant, upstream):
            raise EgressBlocked(f"{tenant or 'an unknown tenant'} may not reach {upstream}")
        if not is_safe(request.path, request.query):
            raise EgressBlocked("the path or query has characters that no upstream is sent")
        response = await self._send(upstream, request)
        try:
            yield Incoming(
                status=response.status_code,
                headers=tuple(response.headers.raw),
                content_type=response.headers.get("content-type", ""),
                content_encoding=response.headers.get("content-encoding", "").lower(),
                chunks=response.aiter_raw(),
            )
        finally:
            await response.aclose()

    async def _send(self, upstream: str, request: OutRequest) -> httpx.Response:
        """One request; where a kept connection was stale, and that is all, once more on a new one."""
        location = Location.CLOUD if upstream in self._cloud else Location.ONPREM
        try:
            asked = self._request(upstream, request)
            return await self._client(location).handle_async_request(asked)
        except FAULTS as fault:
            if not (request.repeatable and is_stale(fault)):
                raise
        asked = self._request(upstream, request)
        return await self._client(location, kept=False).handle_async_request(asked)

    def _request(self, name: str, request: OutRequest) -> httpx.Request:
        upstream = self.policy.upstreams[name]
        forwarded = recordable(request.headers) | self._forwarded(name, request.headers)
        headers = sendable(forwarded) | self._declared(name)
        body = request.body
        if not isinstance(body, bytes):
            headers[b"content-length"] = str(request.length).encode()
        url = _url(str(upstream.base_url), request.path)
        return httpx.Request(
            request.method,
            httpx.URL(f"{url}?{request.query}") if request.query else url,
            headers=list(headers.items()),
            content=body if isinstance(body, bytes) else body(),
            extensions={"timeout": {"connect": CONNECT_S}},
        )

    def _forwarded(self, name: str, headers: Mapping[str, str]) -> dict[str, str]:
        """The client's own credential, for an upstream that wants it."""
        if self.policy.upstreams[name].credential.mode is not CredentialMode.FORWARD:
            return {}
        return {key: headers[key] for key in FORWARDED_CREDENTIALS if key in headers}

    def _declared(self, name: str) -> dict[bytes, bytes]:
        """What the policy adds: our key, and the upstream's own headers."""
        upstream = self.policy.upstreams[name]
        added = {key.lower(): value for key, value in upstream.headers.items()}
        if upstream.credential.mode is CredentialMode.SWAP:
            added = {"authorization": f"Bearer {self._keys[name]}"} | added
        return {key.encode(): value.encode() for key, value in added.items()}

    def _client(self, location: Location, *, kept: bool = True) -> AiohttpTransport:
        """The client of a location; with `kept` false one that opens a connection each time."""
        if (location, kept) not in self._clients:
            allowed = self._endpoints(location)
            keep_alive_s = KEEP_ALIVE_S[location] if kept else None
            self._clients[location, kept] = guard.transport(allowed, keep_alive_s)
        return self._clients[location, kept]

    def _endpoints(self, location: Location) -> frozenset[Endpoint]:
        cloud = location is Location.CLOUD
        return frozenset(
            endpoint(upstream)
            for name, upstream in self.policy.upstreams.items()
            if (name in self._cloud) is cloud
        )


@lru_cache(maxsize=1024)  # few, and read anew for every request otherwise
def _url(base_url: str, path: str) -> httpx.URL:
    base = base_url.rstrip("/")
    if not path.startswith("/v1/"):  # beside the version, as vLLM's /rerank is
        base = base.removesuffix("/v1")
    return httpx.URL(base + path.removeprefix("/v1"))


def endpoint(upstream: Upstream) -> Endpoint:
    """The host and port an upstream is reached at."""
    url = httpx.URL(str(upstream.base_url))
    return url.host, url.port or (443 if url.scheme == "https" else 80)


def _cloud_upstreams(policy: Policy) -> frozenset[str]:
    """Upstreams in the cloud, and any that share a host and port with one: fail closed."""
    endpoints = {
        endpoint(upstream)
        for upstream in policy.upstreams.values()
        if upstream.location is Location.CLOUD
    }
    return frozenset(
        name for name, upstream in policy.upstreams.items() if endpoint(upstream) in endpoints
    )


def _keys(policy: Policy, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, upstream in policy.upstreams.items():
        variable = upstream.credential.env
        if variable is not None:
            if not environ.get(variable):
                raise CredentialMissing(name, variable)
            yield name, environ[variable]


def is_safe(path: str, query: str) -> bool:
    """Whether no upstream could read this path and query otherwise than we do."""
    return (
        SAFE_PATH.fullmatch(path) is not None
        and "//" not in path
        and ".." not in path
        and SAFE_QUERY.fullmatch(query) is not None
    )


def failure(error: Exception) -> tuple[End, str]:
    """What an exception of `Egress.open` or of reading its chunks means, without any payload.

    One that is not of the `FAULTS` is ours: the request could not be made. httpx-aiohttp maps a disconnect to a connect timeout; the cause tells them apart.
    """
    if not isinstance(error, FAULTS):
        return End.BROKEN, f"the request could not be made: {type(error).__name__}"
    cause = error.__cause__ if isinstance(error, httpx.TransportError) else error
    match cause:
        case EgressBlocked():
            return End.BLOCKED, str(cause)
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return End.CONNECT, "nobody answered the connection"
        case aiohttp.ServerTimeoutError() | TimeoutError():
            return End.TIMEOUT, "no answer within the deadline"
        case _:
            return End.BROKEN, f"the connection broke: {type(cause or error).__name__}"
