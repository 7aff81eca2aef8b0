"""The guarded client: the only place, in any process, that opens sockets to upstreams.

Two guards stand one behind the other. `Egress.open` refuses a cloud upstream for a tenant whose
policy forbids the cloud, before a name is looked up. Behind it, the connections to cloud and to
on-premises upstreams are made by two separate clients, each of which refuses to resolve or connect
to anything but the hosts and ports the policy declares for it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Self

import httpx
from httpx_aiohttp import AiohttpTransport

from mirror import guard
from mirror.body import Content, length_of
from mirror.capacity import Rank
from mirror.egress_record import EgressRecord, Intent, Purpose, call_of, on_record
from mirror.endpoints import cloud_upstreams, endpoint
from mirror.faults import FAULTS, failure
from mirror.guard import EgressBlocked, Endpoint
from mirror.headers import recordable, sendable
from mirror.paths import is_safe
from mirror.stale import is_stale
from policies.policy import (
    Cloud,
    CredentialMode,
    EgressRecording,
    Location,
    Policy,
    UnknownTenants,
)

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


FORWARDED_CREDENTIALS = ("authorization", "openai-organization", "openai-project")

# An idle connection is dropped before the server drops it: servers on uvicorn (vLLM, most gateways)
# do so after 5 s, and a request sent at that moment would break. Cloud edges wait far longer.
KEEP_ALIVE_S = {Location.ONPREM: 4.0, Location.CLOUD: 60.0}
CONNECT_S = 10.0
_EXTENSIONS = {"timeout": {"connect": CONNECT_S}}


class CredentialMissing(ValueError):
    """An upstream's key is not in the environment."""

    mendable = True

    def __init__(self, upstream: str, variable: str) -> None:
        """Names the upstream and the variable to set."""
        super().__init__(
            f"upstream {upstream}: the environment variable {variable} is not set; "
            f"set it to the key this upstream expects, or change `credential` in the policy"
        )


@dataclass(frozen=True, slots=True)
class OutRequest:
    """What an upstream is asked. `path` is one that `is_safe`; `headers` are the client's, lower case.

    Their values stand for bytes, as Latin-1 reads them. Only allow-listed headers are sent, and of
    those only what can be written: see `mirror.headers`. `repeatable` says that it leaves
    nothing behind on the server, so that it may be sent again where a kept connection was stale.
    `exchange`, `purpose` and `subject` are what the egress record says of it. `rank` is its place in a line, and
    `impatient_at` the upstream for which it does not wait in one. `queued` is told of the wait's begin and end.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: Content = b""
    query: str = ""
    repeatable: bool = False
    exchange: str = ""
    purpose: Purpose = Purpose.PROBE
    subject: str = ""
    rank: Rank = Rank.INTERACTIVE
    impatient_at: str = ""
    queued: Callable[[bool], None] = lambda waits: None

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return length_of(self.body)


@dataclass(frozen=True, slots=True)
class Incoming:
    """An upstream's answer: head, and body as it arrives."""

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
    record: EgressRecord | None = None
    _keys: dict[str, str] = field(init=False)
    _cloud: frozenset[str] = field(init=False)
    _clients: dict[tuple[Location, bool], AiohttpTransport] = field(
        init=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        self._keys = dict(_keys(self.policy, self.environ))
        self._cloud = cloud_upstreams(self.policy)

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
        or the upstream is an exception that `failure` turns into a value. Where a kept connection
        was stale, and that is all, the request is sent once more on a new one.
        """
        if not self.permitted(tenant, upstream):
            raise EgressBlocked(f"{tenant or 'an unknown tenant'} may not reach {upstream}")
        if not is_safe(request.path, request.query):
            raise EgressBlocked("the path or query has characters that no upstream is sent")
        try:
            incoming, ends = await self._once(tenant, upstream, request)
        except FAULTS as fault:
            if not (request.repeatable and is_stale(fault)):
                raise
            incoming, ends = await self._once(tenant, upstream, request, kept=False)
        async with ends:
            yield incoming

    async def _once(
        self, tenant: str, upstream: str, request: OutRequest, *, kept: bool = True
    ) -> tuple[Incoming, contextlib.AsyncExitStack]:
        """One sending, on record if to the cloud; on a new connection with `kept` false. Gives what ends it."""
        async with contextlib.AsyncExitStack() as ends:
            entry = None
            if upstream in self._cloud:
                intent = self._intent(tenant, upstream, request)
                entry = await ends.enter_async_context(on_record(self.record, intent))
            location = Location.CLOUD if upstream in self._cloud else Location.ONPREM
            client, asked = self._client(location, kept=kept), self._request(upstream, request)
            response = await client.handle_async_request(asked)
            ends.push_async_callback(response.aclose)
            if entry is not None:
                entry.status = response.status_code
            return _incoming(response), ends.pop_all()

    def _intent(self, tenant: str, upstream: str, request: OutRequest) -> Intent:
        return Intent(
            id=secrets.token_hex(16),
            exchange_id=request.exchange,
            purpose=request.purpose,
            tenant=tenant,
            upstream=upstream,
            call=call_of(request.method, request.path),
            sent_bytes=request.size,
            at_us=time.time_ns() // 1000,
            before=self.policy.egress_record is EgressRecording.BEFORE,
            subject=request.subject,
        )

    def _request(self, name: str, request: OutRequest) -> httpx.Request:
        upstream = self.policy.upstreams[name]
        forwarded = recordable(request.headers) | self._forwarded(name, request.headers)
        headers = sendable(forwarded) | self._declared(name)
        body, given = request.body, dict[str, Any]()
        if isinstance(body, bytes):
            given["stream"] = httpx.ByteStream(
                body
            )  # as `content` it would be looked at for headers
        else:
            headers[b"content-length"] = str(request.size).encode()
            given["content"] = body()
        url = _url(str(upstream.base_url), request.path)
        asked = httpx.Request(
            request.method,
            httpx.URL(f"{url}?{request.query}") if request.query else url,
            headers=list(headers.items()),
            extensions=_EXTENSIONS,
            **given,
        )
        if isinstance(body, bytes):
            asked.read()
        return asked

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


def _incoming(response: httpx.Response) -> Incoming:
    assert isinstance(response.stream, httpx.AsyncByteStream)
    return Incoming(
        status=response.status_code,
        headers=tuple(response.headers.raw),
        content_type=response.headers.get("content-type", ""),
        content_encoding=response.headers.get("content-encoding", "").lower(),
        chunks=aiter(response.stream),
    )


@lru_cache(maxsize=1024)  # few, and read anew for every request otherwise
def _url(base_url: str, path: str) -> httpx.URL:
    base = base_url.rstrip("/")
    if not path.startswith("/v1/"):  # beside the version, as vLLM's /rerank is
        base = base.removesuffix("/v1")
    return httpx.URL(base + path.removeprefix("/v1"))


def _keys(policy: Policy, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, upstream in policy.upstreams.items():
        variable = upstream.credential.env
        if variable is not None:
            if not environ.get(variable):
                raise CredentialMissing(name, variable)
            yield name, environ[variable]
