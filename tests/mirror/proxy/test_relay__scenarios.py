"""21 things that happen to a request, on each way a client can come in.

The ways are those of tests/ways.py, which says why there is no `connect-h1`.
"""

import asyncio
import contextlib
import gzip
import hashlib
import socket

import httpx
import pytest
from builders import PROMPT
from fakes import FakeUpstream, Mode, stream_events
from proxied import ASK, STREAM, proxied, table
from ways import WAYS

from mirror.exchange import End

SHORT = {"terms": {"deadlines": PROMPT}}
SCENARIOS = {}


def scenario(function):
    SCENARIOS[function.__name__] = function
    return function


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [f"{number:02}" for number in range(1, 22)])
def test_whatever_happens_a_client_meets_the_same_on_every_way(name, way, monkeypatch):
    monkeypatch.setenv("GPU_KEY", "ours")
    found = next(each for title, each in SCENARIOS.items() if title.startswith(f"s{name}_"))
    asyncio.run(asyncio.wait_for(found(way), 60))


async def until(condition):
    while not condition():
        await asyncio.sleep(0.005)


def whole_stream(text, model):
    return b"".join(stream_events(text, model))


async def stream_of(proxy, **values):
    """The bytes of a streamed answer, and whether it was broken off."""
    received, broken = b"", False
    async with contextlib.AsyncExitStack() as stack:
        answer = await proxy.client.send(proxy.request(json=STREAM, **values), stream=True)
        stack.push_async_callback(answer.aclose)
        try:
            async for chunk in answer.aiter_bytes():
                received += chunk
        except httpx.RemoteProtocolError:
            broken = True
    return received, broken


async def falls_back(way, mode, ask=ASK, end=None):
    """The candidate fails in some way, and the client gets the primary's answer."""
    async with (
        FakeUpstream() as cloud,
        FakeUpstream(mode=mode) as gpu,
        proxied(cloud, gpu, via=way, stage="live", **SHORT) as proxy,
    ):
        answer = await proxy.post(ask)
        assert answer.status_code == 200
        assert len(cloud.seen) == 1
        if ask is STREAM:
            assert answer.content == whole_stream(cloud.text, "big")
        await until(lambda: proxy.recorded.replies)
        (failed,) = proxy.reply.failed_over
        assert end is None or failed.end is end


async def leaves(proxy, asking):
    """The client gives up. httpx never resets a stream of HTTP/2, so it hangs up."""
    asking.cancel()
    await asyncio.wait([asking])
    await proxy.client.aclose()


@scenario
async def s01_json_with_another_key_and_model(way):
    async with FakeUpstream() as cloud, FakeUpstream(text="from the GPU") as gpu:
        upstreams = {
            "cloud": {"base_url": cloud.base_url, "location": "cloud", "models": ["big"]},
            "gpu": {
                "base_url": gpu.base_url,
                "location": "onprem",
                "models": ["own"],
                "credential": {"mode": "swap", "env": "GPU_KEY"},
            },
        }
        opened = proxied(cloud, gpu, via=way, stage="live", upstreams=upstreams)
        async with opened as proxy:
            answer = await proxy.post(headers={"authorization": "Bearer theirs"})
        assert answer.json()["choices"][0]["message"]["content"] == "from the GPU"
        (seen,) = gpu.seen
        assert seen.json == ASK | {"model": "own"}
        assert seen.headers["authorization"] == "Bearer ours"
        assert not cloud.accepts


@scenario
async def s02_events_arrive_as_they_come(way):
    gate = asyncio.Event()
    async with (
        FakeUpstream(gate=gate) as cloud,
        FakeUpstream() as gpu,
        proxied(cloud, gpu, via=way) as proxy,
    ):
        answer = await proxy.client.send(proxy.request(json=STREAM), stream=True)
        expected, received = whole_stream(cloud.text, "big"), b""
        async for chunk in answer.aiter_bytes():
            received += chunk
            if received == expected.removesuffix(b"data: [DONE]\n\n"):
                gate.set()  # everything but the last event is here before that one is sent
        assert received == expected
        await answer.aclose()


@scenario
async def s03_a_candidate_that_refuses(way):
    await falls_back(way, Mode.REFUSE, end=End.CONNECT)


@scenario
async def s04_a_candidate_that_no_connection_reaches(way):
    with black_hole() as port:
        async with (
            FakeUpstream() as cloud,
            proxied(
                cloud, f"http://127.0.0.1:{port}/v1", via=way, stage="live", **SHORT
            ) as proxy,
        ):
            answer = await proxy.post()
            assert answer.status_code == 200
            assert len(cloud.seen) == 1


@contextlib.contextmanager
def black_hole():
    """A port whose backlog is full: connections neither succeed nor fail."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        yield port


@scenario
async def s05_a_candidate_that_is_overloaded(way):
    await falls_back(way, Mode.UNAVAILABLE, end=End.HTTP_ERROR)


@scenario
async def s06_a_candidate_with_a_rate_limit(way):
    await falls_back(way, Mode.LIMITED, STREAM, End.HTTP_ERROR)


@scenario
async def s07_a_candidate_without_a_head(way):
    await falls_back(way, Mode.HANG, end=End.TIMEOUT)


@scenario
async def s08_a_candidate_with_a_head_and_no_body(way):
    await falls_back(way, Mode.SILENT, STREAM, End.TIMEOUT)


@scenario
async def s09_a_candidate_that_breaks_off_in_the_middle(way):
    async with (
        FakeUpstream() as cloud,
        FakeUpstream(mode=Mode.CUT) as gpu,
        proxied(cloud, gpu, via=way, stage="live") as proxy,
    ):
        received, broken = await stream_of(proxy)
        assert b"the answer broke off" in received
        assert broken
        assert not cloud.seen


@scenario
async def s10_an_overloaded_candidate_of_a_tenant_that_forbids_the_cloud(way):
    async with (
        FakeUpstream() as cloud,
        FakeUpstream(mode=Mode.UNAVAILABLE) as gpu,
        proxied(cloud, gpu, via=way, stage="live") as proxy,
    ):
        answer = await proxy.post(tenant="hospital")
        assert answer.status_code == 503
        assert not cloud.accepts


@scenario
async def s11_a_silent_candidate_of_a_tenant_that_forbids_the_cloud(way):
    async with (
        FakeUpstream() as cloud,
        FakeUpstream(mode=Mode.HANG) as gpu,
        proxied(cloud, gpu, via=way, stage="live", **SHORT) as proxy,
        asyncio.TaskGroup() as group,
    ):
        asking = group.create_task(proxy.post(tenant="hospital"))
        await until(lambda: gpu.seen)
        assert (await proxy.post()).status_code == 200  # one with a primary, past its deadline
        await until(lambda: gpu.aborts)
        assert not asking.done()
        await leaves(proxy, asking)
        await until(lambda: gpu.aborts == 2)
        assert (len(gpu.seen), len(cloud.seen), cloud.accepts) == (2, 1, 1)


@scenario
async def s12_a_client_that_leaves_in_the_middle(way):
    gate = asyncio.Event()
    async with (
        FakeUpstream(gate=gate) as cloud,
        FakeUpstream() as gpu,
        proxied(cloud, gpu, via=way) as proxy,
    ):
        answer = await proxy.client.send(proxy.request(json=STREAM), stream=True)
        await anext(answer.aiter_raw())
        await answer.aclose()
        await proxy.client.aclose()
        await until(lambda: cloud.aborts)
        await until(lambda: proxy.recorded.replies)
        assert proxy.reply.end is End.CLIENT_ABORT


@scenario
async def s13_a_client_that_leaves_before_the_head(way):
    async with (
        FakeUpstream(mode=Mode.HANG) as cloud,
        FakeUpstream() as gpu,
        proxied(cloud, gpu, via=way) as proxy,
        asyncio.TaskGroup() as group,
    ):
        asking = group.create_task(proxy.post())
        await until(lambda: cloud.seen)
        await leaves(proxy, asking)
        await until(lambda: cloud.aborts)
        await until(lambda: proxy.recorded.replies)
        assert proxy.reply.end is End.CLIENT_ABORT


@scenario
async def s14_25_megabytes_of_multipart(way):
    audio = hashlib.sha256(b"seed").digest() * (25 << 15)
    form = {"files": {"file": ("a.wav", audio, "audio/wav")}, "data": {"model": "big"}}
    async with (
        FakeUpstream(mode=Mode.JSON) as cloud,
        FakeUpstream() as gpu,
        proxied(cloud, gpu, via=way) as proxy,
    ):
        request = proxy.request(path="/v1/audio/transcriptions", **form)
        sent = hashlib.sha256(b"".join([part async for part in request.stream])).digest()
        assert (await proxy.client.send(request)).status_code == 200
        (seen,) = cloud.seen
        assert hashlib.sha256(seen.body).digest() == sent


@scenario
async def s15_another_upstream_on_the_same_connection(way):
    async with (
        FakeUpstream(text="cloud") as cloud,
        FakeUpstream(text="gpu") as gpu,
        proxied(cloud, gpu, via=way, stage="live") as proxy,
    ):
        standing, answers, ports = proxy.proxy.watcher.table, [], set()
        for now in (standing, table("mirror"), standing):
            proxy.proxy.watcher.table = now
            answer = await proxy.post()
            answers.append(answer.json()["choices"][0]["message"]["content"])
            stream = answer.extensions["network_stream"]
            ports.add(stream.get_extra_info("client_addr"))
        assert answers == ["gpu", "cloud", "gpu"]
        assert len(ports) == 1


@scenario
async def s16_30_streams_of_one_client_at_once(way):
    gate = asyncio.Event()
    async with (
        FakeUpstream(gate=gate) as cloud,
        FakeUpstream() as gpu,
        proxied(cloud, gpu, via=way) as proxy,
        asyncio.TaskGroup() as group,
    ):
        streams = [group.create_task(stream_of(proxy)) for _ in range(30)]
        await until(lambda: len(cloud.seen) == 30)
        gate.set()
        whole = (whole_stream(cloud.text, "big"), False)
        assert await asyncio.gather(*streams) == [whole] * 30


@scenario
async def s17_a_stream_in_gzip(way):
    async with (
        FakeUpstream(gzip=True) as cloud,
        FakeUpstream() as gpu,
        proxied(cloud, gpu, via=way) as proxy,
        proxy.client.stream("POST", proxy.request().url, json=STREAM, headers=CLINIC) as answer,
    ):
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
        assert raw == gzip.compress(whole_stream(cloud.text, "big"), mtime=0)
        assert answer.headers["content-encoding"] == "gzip"


CLINIC = {"x-crossfade-tenant": "clinic"}


@scenario
async def s18_both_fail(way):
    async with (
        FakeUpstream(mode=Mode.UNAVAILABLE) as gpu,
        proxied("http://127.0.0.1:9/v1", gpu, via=way, stage="live") as proxy,
    ):
        answer = await proxy.post()
        assert answer.status_code == 503
        assert answer.headers["x-should-retry"] == "false"
        assert answer.json()["error"]["code"] == "no_upstream_answered"


@scenario
async def s19_a_stream_that_ends_cleanly_and_too_early(way):
    async with (
        FakeUpstream() as cloud,
        FakeUpstream(mode=Mode.NO_TERMINAL) as gpu,
        proxied(cloud, gpu, via=way, stage="live") as proxy,
    ):
        received, broken = await stream_of(proxy)
        assert b"the answer broke off" in received
        assert broken


@scenario
async def s20_an_error_as_first_event(way):
    await falls_back(way, Mode.ERROR_FIRST, STREAM)


@scenario
async def s21_comments_only(way):
    await falls_back(way, Mode.COMMENTS, STREAM, End.TIMEOUT)
