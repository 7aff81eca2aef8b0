"""What mitmproxy is told, hook by hook; tests with real connections are in test_master.py."""

import asyncio
import time
from dataclasses import replace

import pytest
from mitmproxy.connection import Server
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from mitmproxy.test import tflow

from mirror.proxy.front.addons import OnlyRelay, ToRelay, Ways
from mirror.proxy.front.connect import Hosts
from mirror.proxy.metrics import Metrics
from mirror.proxy.peer import HEADER, Doubt, Peer, Signer

RELAY = ("127.0.0.1", 9000)
TUNNELS = Hosts(frozenset({"api.openai.com"}), tunnel=True)


def to_relay(signer=None):
    return ToRelay(RELAY, signer or Signer())


def flow(mode="reverse:http://127.0.0.1:9000", *, tls=False, **request):
    made = tflow.tflow(resp=True)
    made.client_conn.proxy_mode = ProxyMode.parse(mode)
    made.client_conn.tls = tls
    made.client_conn.peername = ("192.0.2.7", 5555)
    made.request.authority = ""
    for name, value in request.items():
        setattr(made.request, name, value)
    return made


def word(addon, flow):
    addon.requestheaders(flow)
    return addon.signer.peer(flow.request.headers[HEADER])


def test_both_directions_stream():
    async def case():
        addon, given = to_relay(), flow()
        addon.requestheaders(given)
        addon.responseheaders(given)
        assert (given.request.stream, given.response.stream) == (True, True)

    asyncio.run(case())


def test_an_intercepted_request_goes_to_the_relay_and_nowhere_else():
    async def case():
        addon = to_relay()
        given = flow("regular", tls=True, host="api.openai.com", port=443, scheme="https")
        assert word(addon, given) == Peer("192.0.2.7")
        assert (given.request.scheme, given.request.host, given.request.port) == (
            "http",
            *RELAY,
        )

    asyncio.run(case())


@pytest.mark.parametrize(
    "given",
    [
        {"authority": "evil.example:1"},
        {"mode": "regular", "host": "evil.example"},
    ],
)
def test_a_request_to_a_plain_http_proxy_is_in_doubt(given):
    async def case():
        given_flow = flow(**given)
        assert word(to_relay(), given_flow).doubt is Doubt.ABSOLUTE_FORM
        assert given_flow.request.authority == ""

    asyncio.run(case())


def test_an_http2_request_without_a_length_says_where_its_body_ends():
    async def case():
        given = flow(http_version="HTTP/2.0")
        given.request.headers.pop("content-length", None)
        to_relay().requestheaders(given)
        assert given.request.headers["transfer-encoding"] == "chunked"
        known = flow(http_version="HTTP/2.0")
        known.request.headers["content-length"] = "7"
        to_relay().requestheaders(known)
        assert "transfer-encoding" not in known.request.headers

    asyncio.run(case())


class Shown:
    """A verified certificate in mitmproxy's wrapping."""

    def __init__(self, certificate):
        self.certificate = certificate

    def to_cryptography(self):
        return self.certificate


def test_the_names_of_a_verified_certificate_go_along_until_it_expires(tmp_path, monkeypatch):
    from pki import Authority

    async def case():
        client = Authority(tmp_path, "ca").client(tmp_path, "app")
        addon, given = to_relay(), flow(tls=True)
        given.client_conn.certificate_list = [Shown(client.value)]
        assert "CN=app" in word(addon, given).certificate
        monkeypatch.setattr(time, "time", lambda: 4e9)
        assert word(addon, given) == Peer("192.0.2.7", doubt=Doubt.EXPIRED)

    asyncio.run(case())


def test_each_connection_is_introduced_once_and_forgotten_at_its_end():
    async def case():
        addon, given = to_relay(), flow()
        addon.requestheaders(given)
        assert len(addon._words) == 1
        addon.client_disconnected(given.client_conn)
        assert not addon._words

    asyncio.run(case())


def reaching(address, *, hosts=None, tunnels=None):
    client = tflow.tflow().client_conn
    server = Server(address=address)
    guard = OnlyRelay(
        RELAY,
        lambda: hosts or Hosts(frozenset()),
        {client.id: tunnels} if tunnels else {},
    )
    asyncio.run(guard.server_connect(ServerConnectionHookData(server, client)))
    return server


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        (RELAY, False),
        (("127.0.0.1", 9001), True),
        (("api.openai.com", 9000), True),
        (None, True),
    ],
)
def test_only_the_relay_can_be_reached(address, refused):
    assert bool(reaching(address).error) is refused


def test_a_tunnel_that_was_agreed_upon_is_resolved_once():
    address = ("192.0.2.7", 443)
    server = reaching(address, hosts=TUNNELS, tunnels=address)
    assert (server.error, server.address) == (None, address)


@pytest.mark.parametrize(
    ("address", "agreed"),
    [
        (("192.0.2.7", 443), None),  # nobody asked for it
        (("192.0.2.7", 443), ("192.0.2.8", 443)),  # somebody asked for another
        (("api.openai.com", 443), ("api.openai.com", 443)),  # an intercepted host
        (("localhost", 443), ("localhost", 443)),  # back to this machine
        (("169.254.169.254", 443), ("169.254.169.254", 443)),
        (("nowhere.invalid", 443), ("nowhere.invalid", 443)),
    ],
)
def test_a_tunnel_leads_nowhere_else(address, agreed):
    assert reaching(address, hosts=TUNNELS, tunnels=agreed).error


def test_a_guard_that_fails_lets_nothing_through(monkeypatch):
    async def fails(address):
        raise RuntimeError

    monkeypatch.setattr("mirror.proxy.front.addons._resolved", fails)
    client, address = tflow.tflow().client_conn, ("192.0.2.7", 443)
    server = Server(address=address)
    guard = OnlyRelay(RELAY, lambda: TUNNELS, {client.id: address})
    with pytest.raises(RuntimeError):
        asyncio.run(guard.server_connect(ServerConnectionHookData(server, client)))
    assert server.error


def test_a_tunnel_that_is_forbidden_while_its_name_is_looked_up_is_not_opened(monkeypatch):
    now = [TUNNELS]

    async def meanwhile(address):
        now[0] = replace(TUNNELS, tunnel=False)
        return address

    monkeypatch.setattr("mirror.proxy.front.addons._resolved", meanwhile)
    client, address = tflow.tflow().client_conn, ("192.0.2.7", 443)
    server = Server(address=address)
    guard = OnlyRelay(RELAY, lambda: now[0], {client.id: address})
    asyncio.run(guard.server_connect(ServerConnectionHookData(server, client)))
    assert server.error


def test_a_connect_is_answered_by_what_holds_at_its_moment():
    now = [TUNNELS]
    ways = Ways(lambda: now[0], Metrics())
    statuses = []
    for now[0] in (TUNNELS, replace(TUNNELS, tunnel=False)):
        given = flow("regular", host="example.com", port=443)
        given.response = None
        ways.http_connect(given)
        statuses.append(given.response and given.response.status_code)
    assert statuses == [None, 403]


def test_a_connect_is_counted_by_its_answer():
    metrics = Metrics()
    ways = Ways(lambda: TUNNELS, metrics)
    for host, port in (("api.openai.com", 443), ("example.com", 443), ("example.com", 22)):
        given = flow("regular", host=host, port=port)
        given.response = None
        ways.http_connect(given)
    counted = [
        metrics.total("crossfade_connects_total", answer=answer)
        for answer in ("intercepted", "tunnelled", "refused")
    ]
    assert counted == [1, 1, 1]
    assert given.response.status_code == 403
