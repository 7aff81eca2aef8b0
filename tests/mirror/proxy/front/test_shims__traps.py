"""mitmproxy's traps as they are today: each test fails when an upgrade changes what we built around.

Where one fails, see whether the way around it is still needed. 7 and 8 are the halves without a
shim in test_shims.py. What is ours beside a trap shows that we do not fall into it.
"""

import asyncio
import contextlib
import inspect
import logging
import socket

import h2.events
import httpcore
import httpx
import openai
import pytest
from fakes import FakeUpstream, Mode, stream_events
from fronted import RawHttp2, before, in_tls, trusting, url
from mitmproxy import http, options, version
from mitmproxy.addons import core, dumper, errorcheck, next_layer, proxyserver, tlsconfig, view
from mitmproxy.master import Master
from mitmproxy.test import tflow
from mitmproxy.tools.dump import DumpMaster
from pki import Authority
from proxied import proxied
from ways import pki

from mirror.proxy.front import master as ours
from mirror.proxy.front import shims
from mirror.proxy.front.addons import ToRelay

A_WHILE_S = 0.15  # beyond the time that an answer takes
CONTROL = "/v1/control"


def run(case):
    asyncio.run(asyncio.wait_for(case(), 30))


class Errors(logging.Handler):
    """The kinds of exceptions that mitmproxy swallowed."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.kinds = set()

    def emit(self, record):
        if record.exc_info:
            self.kinds.add(record.exc_info[0])


@contextlib.asynccontextmanager
async def bare(upstream, *addons, mode="", **given):
    """mitmproxy as it comes, with the fewest of its addons, before an upstream. Gives its address."""
    mode = mode or f"reverse:http://127.0.0.1:{upstream.port}"
    master = Master(options.Options(mode=[mode], listen_host="127.0.0.1", listen_port=0))
    server = proxyserver.Proxyserver()
    master.addons.add(core.Core(), server, next_layer.NextLayer(), *addons)
    master.options.update(**given)
    errors, theirs = Errors(), logging.getLogger("mitmproxy")
    theirs.addHandler(errors)
    try:
        assert await server.setup_servers()
        ((address, *_),) = ([tuple(each[:2]) for each in server.listen_addrs()],)
        yield Bare(master, server, address, errors.kinds)
    finally:
        await server.servers.update([])
        for handler in tuple(server.connections.values()):
            client = handler.transports.get(handler.client)
            if client is not None:
                client.handler.cancel()
        await master.done()
        theirs.removeHandler(errors)


class Bare:
    """A running bare mitmproxy."""

    def __init__(self, master, server, address, errors):
        self.master, self.server, self.address, self.errors = master, server, address, errors

    def url(self, scheme="http", path="/v1/x"):
        host, port = self.address
        return f"{scheme}://{host}:{port}{path}"

    @property
    def control(self):
        """The address of what goes well: addons tell it by its path, for masters share their context."""
        return self.url(path=CONTROL)


def asking(**values):
    return httpx.AsyncClient(**{"trust_env": False, "timeout": 10} | values)


async def is_kept_waiting(work, control):
    """Whether nothing came of it though a like one was answered meanwhile; then it is given up."""
    task = asyncio.ensure_future(work)
    assert await control
    done, _ = await asyncio.wait([task], timeout=A_WHILE_S)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return not done


def streaming(callback=True, control=True):
    class Streaming:
        def responseheaders(self, flow):
            flow.response.stream = control if flow.request.path == CONTROL else callback

    return Streaming()


def test_01_without_stream_a_stream_is_held_to_its_end():
    async def case():
        gate = asyncio.Event()
        async with (
            FakeUpstream(mode=Mode.SSE, gate=gate) as upstream,
            bare(upstream, streaming(False)) as proxy,
            asking() as client,
        ):
            kept, streamed = [
                client.send(client.build_request("GET", url), stream=True)
                for url in (proxy.url(), proxy.control)
            ]
            streamed = asyncio.ensure_future(streamed)
            assert await is_kept_waiting(kept, streamed)
            gate.set()
            await streamed.result().aread()

    run(case)


def test_02_a_stream_callable_cannot_be_a_coroutine():
    class Later:
        def __await__(self):
            yield

    async def case():
        async with (
            FakeUpstream(mode=Mode.JSON) as upstream,
            bare(upstream, streaming(lambda chunk: Later())) as proxy,
            asking() as client,
        ):
            assert await is_kept_waiting(client.get(proxy.url()), client.get(proxy.control))
            assert proxy.errors == {TypeError}

    run(case)


def test_03_a_chunk_whose_callable_fails_is_lost_and_the_stream_ends_well():
    chunks = 0

    def fails_once(chunk):
        nonlocal chunks
        chunks += 1
        if chunks == 2:
            raise RuntimeError
        return chunk

    async def case():
        async with (
            FakeUpstream(mode=Mode.SSE, pace_s=0.03) as upstream,
            bare(upstream, streaming(fails_once)) as proxy,
            asking() as client,
        ):
            answer = await client.get(proxy.url())
            whole = b"".join(stream_events(upstream.text, "fake"))
            assert answer.status_code == 200
            assert answer.content != whole
            assert answer.content.endswith(b"data: [DONE]\n\n")
            assert proxy.errors == {RuntimeError}

    run(case)


class Broken:
    def requestheaders(self, flow):
        raise RuntimeError


def test_04_a_request_whose_hook_fails_goes_on_as_it_was():
    async def case():
        async with FakeUpstream() as upstream, bare(upstream, Broken()) as proxy:
            async with asking() as client:
                assert (await client.get(proxy.url())).status_code == 200
            assert len(upstream.seen) == 1

    run(case)


def test_04_and_ours_then_reaches_nobody(monkeypatch):
    """Intercepted, the request as it was would go to the very cloud that a tenant forbids."""
    looked_up = []

    def broken(*given):
        raise RuntimeError

    monkeypatch.setattr(ToRelay, "_word", broken)

    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud, via="connect-tls") as proxy:
            loop = asyncio.get_running_loop()
            asked = loop.getaddrinfo

            def watched(host, *given, **more):
                looked_up.append(host)
                return asked(host, *given, **more)

            monkeypatch.setattr(loop, "getaddrinfo", watched)
            answer = await proxy.client.get("https://api.openai.com/v1/models")
            assert answer.status_code == 502
            assert not cloud.accepts

    run(case)
    assert not [host for host in looked_up if host != "127.0.0.1"]


def test_05_the_error_hook_cannot_answer():
    class Answers:
        def error(self, flow):
            flow.response = http.Response.make(200)

    async def case():
        async with (
            FakeUpstream(mode=Mode.REFUSE) as upstream,
            bare(upstream, Answers()) as proxy,
            asking() as client,
        ):
            try:
                code = (await client.get(proxy.url())).status_code
            except httpx.TransportError:
                code = 0  # it hangs up, or says 502; it does not say what the hook says
            assert code != 200

    run(case)


def test_06_a_client_has_five_connections_to_a_server():
    seen = []

    async def case():
        async with (
            FakeUpstream() as upstream,
            bare(upstream) as proxy,
            asking() as client,
        ):
            await client.get(proxy.url())
            (handler,) = proxy.server.connections.values()
            seen.append(handler.max_conns["anywhere"]._value)

    run(case)
    assert seen == [5]


def test_09_trailers_are_never_answered():
    async def case():
        async with FakeUpstream() as upstream, bare(upstream) as proxy:
            head = b"POST /v1/x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
            (reader, writer), (plain, other) = [
                await asyncio.open_connection(*proxy.address) for _ in range(2)
            ]
            writer.write(head + b"0\r\nx-trailer: 1\r\n\r\n")
            other.write(head + b"0\r\n\r\n")
            assert await is_kept_waiting(reader.read(1), plain.read(1))
            assert proxy.errors == {NotImplementedError}
            writer.close()
            other.close()

    run(case)


def test_10_a_streamed_request_cannot_be_answered_by_a_hook():
    class Answers:
        def requestheaders(self, flow):
            flow.request.stream = flow.request.path != CONTROL
            flow.response = http.Response.make(403)

    async def case():
        async with (
            FakeUpstream() as upstream,
            bare(upstream, Answers()) as proxy,
            asking() as client,
        ):
            kept = client.post(proxy.url(), content=b"x")
            answered = asyncio.ensure_future(client.post(proxy.control, content=b"x"))
            assert await is_kept_waiting(kept, answered)
            assert answered.result().status_code == 403
            assert proxy.errors == {NotImplementedError}

    run(case)


def test_11_there_is_no_time_limit_on_connecting():
    async def case():
        with socket.socket() as full, contextlib.ExitStack() as stack:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            for _ in range(3):
                filler = stack.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex(full.getsockname())
            unreached = FakeUpstream(port=full.getsockname()[1])
            async with (
                FakeUpstream() as upstream,
                bare(upstream, mode="regular") as proxy,
                asking(proxy=proxy.url(path="")) as client,
            ):
                kept, answered = [client.get(each.base_url) for each in (unreached, upstream)]
                assert await is_kept_waiting(kept, answered)
                assert not [
                    name for name in dict(proxy.master.options.items()) if "connect_t" in name
                ]

    run(case)


def test_12_a_connection_that_went_stale_is_502_and_is_not_tried_again():
    async def once(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async def case():
        server = await asyncio.start_server(once, "127.0.0.1", 0)
        upstream = FakeUpstream(port=server.sockets[0].getsockname()[1])
        async with server, bare(upstream) as proxy, asking() as client:
            codes = [(await client.get(proxy.url())).status_code for _ in range(2)]
        assert codes == [200, 502]

    run(case)


def test_13_a_goaway_ends_the_streams_that_are_open():
    async def case():
        gate = asyncio.Event()
        async with (
            FakeUpstream(mode=Mode.SSE, gate=gate) as relay,
            before(relay, entrance=in_tls(pki().server)) as at_work,
        ):
            client = await RawHttp2.connect(at_work.address, pki().ours)
            client.ask("/v1/x")
            await client.until(h2.events.ResponseReceived)
            client.h2.close_connection()
            client.flush()
            while not relay.aborts:
                await asyncio.sleep(0.005)
            client.close()

    run(case)


def test_14_an_idle_connection_ends_after_ten_minutes_unless_told():
    assert options.Options().tcp_timeout == 600
    assert ours.IDLE_S == 7200


@pytest.mark.parametrize(("strategy", "connections"), [("eager", 1), ("lazy", 0)])
def test_15_a_bare_connect_opens_a_connection_unless_told(strategy, connections):
    async def case():
        async with FakeUpstream() as upstream:
            opened = bare(upstream, mode="regular", connection_strategy=strategy)
            async with opened as proxy:
                reader, writer = await asyncio.open_connection(*proxy.address)
                writer.write(f"CONNECT 127.0.0.1:{upstream.port} HTTP/1.1\r\n\r\n".encode())
                await reader.readuntil(b"\r\n\r\n")
                for _ in range(20):  # the accept is the upstream's next turn
                    await asyncio.sleep(0.005)
                assert upstream.accepts == connections
                writer.close()

    run(case)


def test_16_request_client_cert_takes_any_certificate_and_none_and_leaves_a_ca(tmp_path):
    foreign = Authority(tmp_path, "foreign").client(tmp_path, "somebody")
    server = pki().server
    both = tmp_path / "server.pem"
    both.write_bytes(server.certificate.read_bytes() + server.key.read_bytes())
    folder = tmp_path / "confdir"

    async def case():
        async with FakeUpstream() as upstream:
            opened = bare(
                upstream,
                tlsconfig.TlsConfig(),
                confdir=str(folder),
                certs=[str(both)],
                request_client_cert=True,
                connection_strategy="lazy",
            )
            async with opened as proxy:
                for client in (None, foreign):
                    async with asking(verify=trusting(pki().ours, client)) as http_client:
                        answer = await http_client.get(proxy.url("https"))
                        assert answer.status_code == 200

    run(case)
    assert (folder / "mitmproxy-ca.pem").exists()


def test_16_and_ours_leaves_nothing_on_disk(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))

    async def case():
        async with (
            FakeUpstream() as relay,
            before(relay, entrance=in_tls(pki().server)) as at_work,
            asking(verify=trusting(pki().ours)) as client,
        ):
            assert (await client.get(url(at_work, scheme="https"))).status_code == 200

    run(case)
    assert not list(tmp_path.rglob("*"))


def test_17_the_end_of_a_master_leaves_its_listeners_open():
    async def case():
        async with FakeUpstream() as upstream, bare(upstream) as proxy:
            await proxy.master.done()
            with socket.create_connection(proxy.address, timeout=5):
                pass

    run(case)


def test_18_a_dump_master_ends_the_process_when_anything_logs_an_error():
    async def case():
        dump = DumpMaster(options.Options())
        try:
            check = dump.addons.get("errorcheck")
            assert isinstance(check, errorcheck.ErrorCheck)
            assert dump.addons.get("dumper").__class__ is dumper.Dumper
            logging.getLogger("any.library").error("nothing to do with it")
            with pytest.raises(SystemExit):
                await check.shutdown_if_errored()
        finally:
            check.finish()
            await dump.done()

    run(case)


def test_19_running_a_master_makes_every_task_of_the_loop_eager_and_ours_does_not():
    async def case():
        loop = asyncio.get_running_loop()
        master = Master(options.Options(server=False))
        master.addons.add(core.Core())
        running = asyncio.ensure_future(master.run())
        await asyncio.sleep(0)
        assert loop.get_task_factory() is asyncio.eager_task_factory
        master.shutdown()
        await running
        async with FakeUpstream() as relay, before(relay):
            assert loop.get_task_factory() is None

    run(case)


def test_20_the_view_of_the_interactive_tools_keeps_every_flow():
    async def case():
        master = Master(options.Options())
        kept = view.View()
        master.addons.add(kept)
        kept.requestheaders(tflow.tflow())
        assert len(kept._store) == 1
        await master.done()

    run(case)


def test_21_a_flow_is_not_killed_in_transit():
    flows = []

    class Remembers:
        def responseheaders(self, flow):
            flow.response.stream = True
            flows.append(flow)

    async def case():
        gate = asyncio.Event()
        async with (
            FakeUpstream(mode=Mode.SSE, gate=gate) as upstream,
            bare(upstream, Remembers()) as proxy,
            asking() as client,
        ):
            request = client.build_request("GET", proxy.url())
            answer = await client.send(request, stream=True)
            received, killed = b"", False
            with contextlib.suppress(httpx.RemoteProtocolError):  # the very end is missing
                async for chunk in answer.aiter_raw():
                    received += chunk
                    if not killed:
                        flows[0].kill()
                        killed = True
                        gate.set()
            assert received.endswith(b"data: [DONE]\n\n")

    run(case)


def test_22_httpx_obeys_the_environment_and_its_pool_looks_through_all_connections():
    assert inspect.signature(httpx.AsyncClient).parameters["trust_env"].default is True
    pool = httpcore.AsyncConnectionPool
    source = inspect.getsource(pool._assign_requests_to_connections)
    assert "for connection in list(self._connections)" in source
    assert "_assign_requests_to_connections" in inspect.getsource(pool.handle_async_request)


def test_23_the_sdk_takes_a_stream_that_ends_early_for_a_good_one():
    async def case():
        async with (
            FakeUpstream(mode=Mode.NO_TERMINAL) as upstream,
            openai.AsyncOpenAI(base_url=upstream.base_url, api_key="k") as sdk,
        ):
            ask = [{"role": "user", "content": "x"}]
            stream = await sdk.chat.completions.create(model="m", messages=ask, stream=True)
            assert [chunk async for chunk in stream]

    run(case)


def test_an_http2_body_of_unknown_length_reaches_the_relay_whole():
    async def case():
        async with (
            FakeUpstream() as relay,
            before(relay, entrance=in_tls(pki().server)) as at_work,
        ):
            client = await RawHttp2.connect(at_work.address, pki().ours)
            stream = client.ask("/v1/x", method="POST", end=False)
            client.h2.send_data(stream, b"GET /v1/smuggled HTTP/1.1\r\n\r\n", end_stream=True)
            client.flush()
            await client.until(h2.events.StreamEnded)
            (seen,) = relay.seen
            assert seen.body == b"GET /v1/smuggled HTTP/1.1\r\n\r\n"
            client.close()

    run(case)


def test_http2_trailers_end_at_the_front_and_hang_nobody():
    async def case():
        async with (
            FakeUpstream() as relay,
            before(relay, entrance=in_tls(pki().server)) as at_work,
        ):
            client = await RawHttp2.connect(at_work.address, pki().ours)
            stream = client.ask("/v1/x", method="POST", end=False)
            client.h2.send_data(stream, b"body")
            client.h2.send_headers(stream, [("x-trailer", "1")], end_stream=True)
            client.flush()
            await client.until(h2.events.StreamEnded)
            (seen,) = relay.seen
            assert (seen.body, seen.headers.get("x-trailer")) == (b"body", None)
            client.close()

    run(case)


def test_an_http2_stream_that_its_client_resets_is_nobodys_work_any_more():
    async def case():
        async with (
            FakeUpstream(mode=Mode.HANG) as relay,
            before(relay, entrance=in_tls(pki().server)) as at_work,
        ):
            client = await RawHttp2.connect(at_work.address, pki().ours)
            stream = client.ask("/v1/x")
            while not relay.seen:
                await asyncio.sleep(0.005)
            client.h2.reset_stream(stream)
            client.flush()
            while not relay.aborts:
                await asyncio.sleep(0.005)
            assert not at_work.to_relay.under_way
            client.close()

    run(case)


def test_the_version_is_the_one_that_was_checked():
    assert shims.CHECKED == version.VERSION
