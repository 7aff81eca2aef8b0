"""The ways in, with real certificates and the unmodified OpenAI SDK."""

import asyncio
import json
import os
import shutil
import socket
import ssl
from pathlib import Path

import httpx
import openai
import pytest
import ways
from builders import believed, two_sided
from fakes import FakeUpstream, stream_events
from pki import Authority
from proxied import ANY, ASK, STREAM, Recorded, proxied, table
from ways import CONNECT, WAYS, listeners, pki

from mirror import applied
from mirror.proxy.process import Places, Proxy
from mirror.publish import Watcher

TENANT = {"x-crossfade-tenant": "clinic"}
SECURED = [way for way in WAYS if not way.endswith("-h1")]


def run(case):
    asyncio.run(asyncio.wait_for(case(), 60))


async def until(condition):
    while not condition():
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("way", WAYS)
def test_the_unmodified_sdk_behaves_the_same_on_every_way(way):
    async def case():
        async with (
            FakeUpstream() as cloud,
            proxied(cloud, cloud, via=way) as proxy,
            openai.AsyncOpenAI(
                base_url=proxy.base_url,
                api_key="k",
                default_headers=TENANT,
                http_client=proxy.client,
            ) as sdk,
        ):
            whole = await sdk.chat.completions.create(**ASK)
            assert whole.choices[0].message.content == cloud.text
            stream = await sdk.chat.completions.create(**STREAM)
            parts = [chunk.choices[0].delta.content or "" async for chunk in stream]
            assert "".join(parts) == cloud.text

    run(case)


def test_an_app_that_knows_nothing_is_intercepted_by_its_environment_alone(monkeypatch):
    async def case():
        import hashlib

        digest = hashlib.sha256(b"sk-clinic").hexdigest()
        tenants = {
            "clinic": {"identify": {"api_key_sha256": [digest]}, "cloud": "allowed"},
            "hospital": {"identify": {"header": "h"}, "cloud": "forbidden"},
        }
        async with (
            FakeUpstream(text="from here") as cloud,
            proxied(cloud, cloud, via="connect-tls", tenants=tenants) as proxy,
        ):
            host, port = proxy.proxy.at.intercept
            monkeypatch.setenv("HTTPS_PROXY", f"http://{host}:{port}")
            monkeypatch.setenv("SSL_CERT_FILE", str(pki().intercepting.certificate))
            for name in ("NO_PROXY", "no_proxy", "https_proxy", "ALL_PROXY", "SSL_CERT_DIR"):
                monkeypatch.delenv(name, raising=False)
            answer = await asyncio.to_thread(ask_openai)
            assert answer == "from here"
            assert proxy.accept.tenant == "clinic"

    run(case)


def ask_openai():
    with openai.OpenAI(api_key="sk-clinic", max_retries=0) as sdk:
        return sdk.chat.completions.create(**ASK).choices[0].message.content


OURS = {"header": "clinic", "certificate": ["DNS:app.clinic.example"]}


def demanding(way, **clinic):
    """A proxied's settings where clients need a certificate, and one stands for clinic."""
    tenants = {
        "clinic": {"identify": OURS | clinic, "cloud": "allowed", "pass_through": "cloud"},
        "hospital": {"identify": {"header": "hospital"}, "cloud": "forbidden"},
    }
    return {
        "via": way,
        "tenants": tenants,
        "listeners": listeners(way, client_ca=str(pki().ours.file)),
    }


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    from cryptography import x509

    folder = tmp_path_factory.mktemp("clients")
    return pki().ours.client(folder, "app", names=[x509.DNSName("app.clinic.example")])


@pytest.mark.parametrize("way", SECURED)
def test_a_verified_certificate_is_enough_to_be_its_tenant(way, known):
    async def case():
        async with (
            FakeUpstream() as cloud,
            proxied(cloud, cloud, certificate=known, **demanding(way)) as proxy,
        ):
            url = proxy.base_url + "/chat/completions"
            assert (await proxy.client.post(url, json=ASK)).status_code == 200
            assert proxy.accept.tenant == "clinic"
            other = {"x-crossfade-tenant": "hospital"}
            answer = await proxy.client.post(url, json=ASK, headers=other)
            assert answer.json()["error"]["code"] == "unknown_tenant"

    run(case)


@pytest.mark.parametrize("way", SECURED)
@pytest.mark.parametrize("shown", ["none", "foreign", "expired", "a server's"])
def test_no_other_certificate_comes_in(way, shown, tmp_path):
    authority = pki().ours
    client = {
        "none": lambda: None,
        "foreign": lambda: Authority(tmp_path, "foreign").client(tmp_path, "app"),
        "expired": lambda: authority.client(tmp_path, "app", expired=True),
        "a server's": lambda: authority.server(tmp_path, "app"),
    }[shown]()

    async def case():
        async with (
            FakeUpstream() as cloud,
            proxied(cloud, cloud, certificate=client, **demanding(way)) as proxy,
        ):
            with pytest.raises((httpx.TransportError, ssl.SSLError)):
                await proxy.post()
            assert not cloud.accepts
            failures = "crossfade_tls_failures_total"
            await until(lambda: proxy.proxy.metrics.total(failures) >= 1)
            reason = "no_certificate" if shown == "none" else "bad_certificate"
            assert proxy.proxy.metrics.total(failures, reason=reason) >= 1

    run(case)


@pytest.mark.parametrize("way", SECURED)
def test_clear_text_is_refused_where_tls_is_spoken(way):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via=way) as proxy:
            at = proxy.proxy.at.intercept if way in CONNECT else proxy.proxy.at.front
            reader, writer = await asyncio.open_connection(*at)
            if way in CONNECT:
                writer.write(b"CONNECT api.openai.com:443 HTTP/1.1\r\nhost: x\r\n\r\n")
                assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
            writer.write(b"GET /v1/models HTTP/1.1\r\nhost: api.openai.com\r\n\r\n")
            assert await reader.read() == b""
            writer.close()
            assert not cloud.accepts

    run(case)


def connect(port, host):
    return f"CONNECT {host}:{port} HTTP/1.1\r\nhost: {host}\r\n\r\n".encode()


async def asks_for(proxy, line):
    """The head of what the HTTPS proxy answers, and its connection."""
    reader, writer = await asyncio.open_connection(*proxy.proxy.at.intercept)
    writer.write(line)
    return await reader.readuntil(b"\r\n\r\n"), reader, writer


@pytest.mark.parametrize(
    "line",
    [
        connect(443, "example.com"),
        connect(22, "api.openai.com"),
        connect(443, "127.0.0.1"),
        b"GET http://api.openai.com/v1/models HTTP/1.1\r\nhost: api.openai.com\r\n\r\n",
    ],
)
def test_other_hosts_ports_and_plain_http_are_refused(line):
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via="connect-tls") as proxy:
            head, _, writer = await asks_for(proxy, line)
            writer.close()
            assert head.split()[1] in (b"403", b"400")
            assert not cloud.accepts

    run(case)


def test_a_bare_connect_reaches_nobody(monkeypatch):
    def looked_up(*_, **__):
        raise AssertionError("a name was looked up")

    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via="connect-tls") as proxy:
            monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", looked_up)
            line = connect(443, "api.openai.com")
            reader, writer = await asyncio.open_connection(sock=dialled(proxy))
            writer.write(line)
            assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
            writer.close()
            assert not cloud.accepts

    run(case)


def dialled(proxy):
    made = socket.create_connection(proxy.proxy.at.intercept)
    made.setblocking(False)
    return made


def test_another_name_inside_an_intercepted_connection_is_refused():
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via="connect-tls") as proxy:
            _, _, writer = await asks_for(proxy, connect(443, "api.openai.com"))
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await writer.start_tls(
                    ways.trust("connect-tls"), server_hostname="evil.example"
                )
            writer.close()
            assert not cloud.accepts

    run(case)


def test_tunnels_pass_bytes_untouched_where_the_policy_allows_them(monkeypatch):
    async def case():
        echo = await asyncio.start_server(shout, "127.0.0.1", 0)
        port = echo.sockets[0].getsockname()[1]
        # The test's server stands for a host of the internet; only its address is made up.
        monkeypatch.setattr("mirror.proxy.front.connect.HTTPS", port)
        monkeypatch.setattr("mirror.proxy.front.addons.reachable", lambda address: True)
        tenants = {"clinic": {"identify": {"header": "clinic"}, "cloud": "allowed"}}
        wanted = {"intercept": {"others": "tunnel"}}
        async with (
            echo,
            FakeUpstream() as cloud,
            proxied(
                cloud, cloud, via="connect-tls", tenants=tenants, listeners=wanted
            ) as proxy,
        ):
            head, reader, writer = await asks_for(proxy, connect(port, "localhost"))
            assert b" 200 " in head
            for _ in range(3):
                writer.write(b"\x16\x03 any bytes\n")
                assert await reader.readline() == b"\x16\x03 ANY BYTES\n"
            writer.close()

    run(case)


async def shout(reader, writer):
    while line := await reader.readline():
        writer.write(line.upper())
    writer.close()


def test_a_policy_that_refuses_other_hosts_ends_tunnels_and_lets_none_begin(
    monkeypatch, tmp_path
):
    async def case():
        echo = await asyncio.start_server(shout, "127.0.0.1", 0)
        port = echo.sockets[0].getsockname()[1]
        # The test's server stands for a host of the internet; only its address is made up.
        monkeypatch.setattr("mirror.proxy.front.connect.HTTPS", port)
        monkeypatch.setattr("mirror.proxy.front.addons.reachable", lambda address: True)
        policy = {
            "tenants": {"clinic": {"identify": {"header": "clinic"}, "cloud": "allowed"}},
            "listeners": {"intercept": {"others": "tunnel"}},
            "rollouts": [
                {
                    "tenant": "clinic",
                    "route": "chat",
                    "primary": {"upstream": "cloud", "model": "big"},
                    "candidate": {"upstream": "gpu", "model": "own"},
                }
            ],
        }
        async with (
            echo,
            FakeUpstream() as cloud,
            proxied(cloud, cloud, via="connect-tls", **policy) as proxy,
        ):
            _, reader, writer = await asks_for(proxy, connect(port, "localhost"))
            writer.write(b"begun\n")
            assert await reader.readline() == b"BEGUN\n"
            stricter = proxy.proxy.policy.model_dump(mode="json", exclude_none=True)
            stricter["listeners"]["intercept"]["others"] = "refuse"
            applied.apply(tmp_path, json.dumps(stricter).encode())
            await proxy.proxy.current.look(tmp_path, {})
            assert proxy.proxy.current.fault == ""
            assert await reader.read() == b""
            writer.close()
            head, _, writer = await asks_for(proxy, connect(port, "localhost"))
            assert b" 403 " in head
            writer.close()

    run(case)


def test_a_new_certificate_is_shown_without_a_restart_and_a_bad_one_is_not(tmp_path):
    first, second = pki().ours.server(tmp_path, "one.example"), None
    files = tmp_path / "current.pem", tmp_path / "current.key"
    replace(files, first)
    second = pki().ours.server(tmp_path, "two.example")
    given = {"tls": {"certificate": str(files[0]), "key": str(files[1])}}

    async def case():
        async with (
            FakeUpstream() as cloud,
            proxied(cloud, cloud, via="reverse-tls", listeners=given) as proxy,
        ):
            assert await shown(proxy) == "one.example"
            files[0].write_bytes(second.certificate.read_bytes())  # the key does not fit yet
            fault = 'crossfade_certificate_fault{listener="base_url"} '
            await until_page(proxy, fault + "1")
            assert await shown(proxy) == "one.example"
            replace(files, second)
            await until_page(proxy, fault + "0")
            assert await shown(proxy) == "two.example"

    run(case)


def replace(files, written):
    for path, source in zip(files, (written.certificate, written.key), strict=True):
        draft = path.with_suffix(".draft")
        shutil.copy(source, draft)
        draft.chmod(0o600)
        os.replace(draft, path)


async def until_page(proxy, line):
    while line not in (await proxy.post(path="/metrics", method="GET")).text:
        await asyncio.sleep(0.05)


async def shown(proxy):
    """The name in the certificate that a new connection is shown."""
    context = ways.trust("reverse-tls")
    context.check_hostname = False
    _, writer = await asyncio.open_connection(*proxy.proxy.at.front, ssl=context)
    found = writer.get_extra_info("peercert")
    writer.close()
    return dict(part for (part,) in found["subject"])["commonName"]


@pytest.mark.parametrize("way", WAYS)
def test_told_to_end_no_stream_is_cut_on_any_way(way):
    async def case():
        gate = asyncio.Event()
        async with FakeUpstream(gate=gate) as cloud:
            proxy, client = await started(cloud, way)
            url = ways.base_url(way, proxy.at) + "/chat/completions"
            async with (
                client,
                client.stream("POST", url, json=STREAM, headers=TENANT) as answer,
            ):
                ending = asyncio.ensure_future(proxy.__aexit__())
                await until(lambda: proxy.pages.draining)
                address = proxy.at.direct if way == "direct-h1" else proxy.at.front
                await until(lambda: refuses(address))
                gate.set()
                received = b"".join([chunk async for chunk in answer.aiter_bytes()])
            await ending
            assert received == b"".join(stream_events(cloud.text, "big"))

    run(case)


async def started(cloud, way):
    policy = two_sided(cloud.base_url, cloud.base_url, listeners=listeners(way))

    watcher = Watcher(Path("/nonexistent"), believed(table("mirror"), policy))
    places, ca = Places(ANY, ANY, ANY), pki().intercepting if way in CONNECT else None
    proxy = Proxy(policy, Recorded(), watcher, places, ca, drain_s=30)
    await proxy.__aenter__()
    return proxy, ways.client(way, proxy.at)


def refuses(address):
    with socket.socket() as probe:
        return probe.connect_ex(address) != 0


def test_admin_pages_are_on_a_listener_of_their_own():
    async def case():
        async with FakeUpstream() as cloud:
            policy = two_sided(cloud.base_url, cloud.base_url)

            watcher = Watcher(Path("/nonexistent"), believed(table("mirror"), policy))
            proxy = Proxy(policy, Recorded(), watcher, Places(ANY, admin=ANY))
            async with proxy, httpx.AsyncClient(trust_env=False) as client:
                url = "http://{}:{}".format(*proxy.at.admin)
                assert (await client.get(f"{url}/healthz")).json() == {"status": "ok"}
                assert "crossfade_in_flight" in (await client.get(f"{url}/metrics")).text
                asked = await client.post(
                    f"{url}/v1/chat/completions", json=ASK, headers=TENANT
                )
                assert asked.status_code == 404
            assert not cloud.accepts

    run(case)


def test_a_direct_listener_beside_client_certificates_is_refused():
    async def case():
        policy = two_sided(
            "http://127.0.0.1:9/v1",
            "http://127.0.0.1:9/v1",
            listeners=listeners("reverse-tls", client_ca=str(pki().ours.file)),
        )

        watcher = Watcher(Path("/nonexistent"), believed(table("mirror"), policy))
        with pytest.raises(ValueError, match="leave out --direct"):
            await Proxy(policy, Recorded(), watcher, Places(ANY, ANY)).__aenter__()

    run(case)
