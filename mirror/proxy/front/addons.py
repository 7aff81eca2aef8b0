"""What mitmproxy is told to do: lead every request to the relay, and nothing anywhere else."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mitmproxy import connection, http, tls
from mitmproxy.proxy import layer
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from OpenSSL import SSL

from mirror.proxy.front import shims
from mirror.proxy.front.certificates import Kept
from mirror.proxy.front.connect import NO_HOSTS, Connect, Hosts, reachable
from mirror.proxy.front.tls import Handshakes, names
from mirror.proxy.listener import Address
from mirror.proxy.metrics import Metrics
from mirror.proxy.peer import HEADER, Doubt, Peer, Signer


def proxied(client: connection.Client) -> bool:
    """Whether a client came to the listener that is its HTTPS proxy."""
    return client.proxy_mode.type_name == "regular"


@dataclass(slots=True)
class ToRelay:
    """Leads requests to the relay, streams both ways, and tells it who the client is."""

    relay: Address
    signer: Signer
    draining: bool = False
    under_way: set[str] = field(default_factory=set)
    _words: dict[str, tuple[str, str, float]] = field(default_factory=dict)

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Before the body: nothing is buffered, and only our own word on the peer goes on."""
        self.under_way.add(flow.id)
        request = flow.request
        request.stream = True
        request.headers[HEADER] = self._word(flow)
        request.headers.pop("upgrade", None)  # there is only HTTP here
        if request.is_http2:
            if (
                "content-length" not in request.headers
            ):  # the relay must see where the body ends
                request.headers["transfer-encoding"] = "chunked"
        else:
            request.authority = ""  # the relay is asked for a path
        if proxied(flow.client_conn):
            request.scheme = "http"
            request.host, request.port = self.relay

    def request(self, flow: http.HTTPFlow) -> None:
        """After the body: HTTP/2's trailers end here, for mitmproxy fails at them (RFC 9110, 6.5.1)."""
        flow.request.trailers = None

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Before the answer's body: nothing is buffered."""
        assert flow.response is not None
        flow.response.stream = True
        if self.draining:  # HTTP/2 clients were told by GOAWAY, and see no such header
            flow.response.headers["connection"] = "close"

    def response(self, flow: http.HTTPFlow) -> None:
        """After the answer's last byte has arrived from the relay."""
        self.under_way.discard(flow.id)

    def error(self, flow: http.HTTPFlow) -> None:
        """After a request that broke, on either side."""
        self.under_way.discard(flow.id)

    def client_disconnected(self, client: connection.Client) -> None:
        """After a client's last byte."""
        self._words.pop(client.id, None)

    def _word(self, flow: http.HTTPFlow) -> str:
        """What is said of the peer: the same for a whole connection, until its certificate expires."""
        client, request = flow.client_conn, flow.request
        to_a_proxy = proxied(client) and not client.tls
        if to_a_proxy or (request.authority and not request.is_http2):
            return self.signer.sign(Peer(_address(client), doubt=Doubt.ABSOLUTE_FORM))
        word, expired, until_s = self._words.get(client.id) or self._introduce(client)
        return word if time.time() < until_s else expired

    def _introduce(self, client: connection.Client) -> tuple[str, str, float]:
        address, shown, until_s = _address(client), tuple[str, ...](), float("inf")
        if client.certificate_list:  # they are verified, or there would be no connection
            certificate = client.certificate_list[0].to_cryptography()
            shown = names(certificate)
            until_s = certificate.not_valid_after_utc.timestamp()
        words = (
            self.signer.sign(Peer(address, shown)),
            self.signer.sign(Peer(address, doubt=Doubt.EXPIRED)),
            until_s,
        )
        self._words[client.id] = words
        return words


def _address(client: connection.Client) -> str:
    return client.peername[0] if client.peername else ""


@dataclass(slots=True)
class Ways:
    """Which protocol comes next in a connection. There is no guessing by what its first bytes are.

    `outer` are the handshakes of the listener for `base_url`, in clear text where there are none;
    `inner` those of intercepted hosts. `hosts` are asked for each time: a policy may forbid tunnels.
    """

    hosts: Callable[[], Hosts]
    metrics: Metrics
    outer: Kept[Handshakes] | None = None
    inner: Kept[Handshakes] | None = None
    tunnels: dict[str, Address] = field(default_factory=dict)

    def http_connect(self, flow: http.HTTPFlow) -> None:
        """A client asks its proxy for a way to some host."""
        address = (flow.request.host, flow.request.port)
        answer = self.hosts().answer(*address)
        self.metrics.count("crossfade_connects_total", answer=answer)
        match answer:
            case Connect.REFUSED:
                flow.response = http.Response.make(403, REFUSED, {"connection": "close"})
            case Connect.TUNNELLED:
                self.tunnels[flow.client_conn.id] = address

    def next_layer(self, next_layer: layer.NextLayer) -> None:
        """The layer for a connection's first bytes, and again for those inside a CONNECT."""
        context = next_layer.context
        if not proxied(context.client):
            next_layer.layer = shims.secured(context) if self.outer else shims.clear(context)
        elif not shims.inside_connect(context):
            next_layer.layer = shims.proxy(context)
        elif self.tunnels.get(context.client.id) == context.server.address:
            next_layer.layer = shims.untouched(context)
        else:
            next_layer.layer = shims.secured(context)

    def tls_start_client(self, data: tls.TlsData) -> None:
        """Before a handshake. Without an `ssl_conn`, also where this breaks, mitmproxy hangs up."""
        inside = proxied(data.context.client)
        handshakes = self.inner if inside else self.outer
        if handshakes is None or (inside and not self.hosts().serves(data.conn.sni)):
            return
        ours = SSL.Connection(handshakes.value.context)
        ours.set_accept_state()
        data.ssl_conn = ours

    def tls_failed_client(self, data: tls.TlsData) -> None:
        """After a handshake that came to nothing."""
        self.metrics.count(
            "crossfade_tls_failures_total", reason=_reason(data.conn.error or "")
        )

    def client_disconnected(self, client: connection.Client) -> None:
        """After a client's last byte."""
        self.tunnels.pop(client.id, None)


REFUSED = b"this proxy leads to the hosts of its policy's `listeners.intercept.hosts` alone\n"


def _reason(error: str) -> str:
    """A few words, whatever the client sent."""
    words = {
        "did not return a certificate": "no_certificate",
        "verify failed": "bad_certificate",
        "unknown ca": "distrusts_us",
        "bad certificate": "distrusts_us",
        "certificate unknown": "distrusts_us",
        "Cannot parse ClientHello": "no_tls",
        "unsupported protocol": "old_version",
        "no shared cipher": "no_shared_cipher",
    }
    return next((reason for said, reason in words.items() if said in error), "other")


@dataclass(slots=True)
class OnlyRelay:
    """Refuses every connection that is neither to the relay nor a tunnel that was agreed upon."""

    relay: Address
    hosts: Callable[[], Hosts] = lambda: NO_HOSTS
    tunnels: dict[str, Address] = field(default_factory=dict)

    async def server_connect(self, data: ServerConnectionHookData) -> None:
        """Before a connection is opened. A tunnel's name is resolved here, and stays that address."""
        server = data.server
        # First of all: where a hook fails, mitmproxy goes on as if nothing had been said.
        server.error = "the front connects to its relay only"
        address = server.address[:2] if server.address else None
        if address == self.relay:
            server.error = None
        elif address is not None and self._agreed(data.client.id, address):
            found = await _resolved(address)
            # asked again, for looking a name up takes its time
            if found is not None and self._agreed(data.client.id, address):
                server.address, server.error = found, None

    def _agreed(self, client: str, address: Address) -> bool:
        asked = self.tunnels.get(client) == address
        return asked and self.hosts().answer(*address) is Connect.TUNNELLED


async def _resolved(address: Address) -> Address | None:
    """The first address of a name, where a tunnel may lead to all of its addresses."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(*address, type=socket.SOCK_STREAM)
    except OSError:
        return None
    addresses = [str(info[4][0]) for info in found]
    if not addresses or not all(reachable(each) for each in addresses):
        return None
    return addresses[0], address[1]
