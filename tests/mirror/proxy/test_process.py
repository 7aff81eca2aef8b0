"""A proxy process from its start to a clean end, with the real OpenAI SDK as its client."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import openai
import pytest
from builders import two_sided
from fakes import FakeUpstream, Mode, running, stream_events
from proxied import ASK, STREAM, proxied

from mirror.journal.home import Home
from mirror.proxy.listener import bind
from mirror.proxy.process import Places, PortInUse, serve

ROOT = Path(__file__).parents[3]
TENANT = {"x-crossfade-tenant": "clinic"}
both = pytest.mark.parametrize("via", ["front", "direct"])
SCRIPT = """
import sys
from pathlib import Path
from mirror.journal.home import Home
from mirror.proxy.process import Places, serve
from policies.policy import Policy
policy = Policy.model_validate_json(sys.argv[1])
any_port = ("127.0.0.1", 0)
serve(policy, Home.open(Path(sys.argv[2])), Places(any_port, any_port),
      ready=lambda proxy: print(proxy.at.front[1], proxy.at.direct[1], flush=True))
"""


def run(case):
    asyncio.run(asyncio.wait_for(case(), 30))


@both
def test_the_unmodified_async_client_needs_another_base_url_only(via):
    async def case():
        async with (
            FakeUpstream() as cloud,
            proxied(cloud, cloud, via=via) as proxy,
            openai.AsyncOpenAI(
                base_url=proxy.base_url, api_key="k", default_headers=TENANT
            ) as client,
        ):
            whole = await client.chat.completions.create(**ASK)
            assert whole.choices[0].message.content == cloud.text
            stream = await client.chat.completions.create(**STREAM)
            parts = [chunk.choices[0].delta.content or "" async for chunk in stream]
            assert "".join(parts) == cloud.text

    run(case)


@both
def test_the_unmodified_client_hears_of_a_stream_that_broke(via):
    async def case():
        async with (
            FakeUpstream() as cloud,
            FakeUpstream(mode=Mode.NO_TERMINAL) as gpu,
            proxied(cloud, gpu, via=via, stage="live") as proxy,
            openai.AsyncOpenAI(
                base_url=proxy.base_url, api_key="k", default_headers=TENANT
            ) as client,
        ):
            stream = await client.chat.completions.create(**STREAM)
            with pytest.raises(openai.APIError, match="broke off"):
                [chunk async for chunk in stream]

    run(case)


def test_the_unmodified_client_does_not_ask_again_where_all_was_tried():
    async def case():
        async with (
            FakeUpstream(mode=Mode.ERROR) as gpu,
            proxied("http://127.0.0.1:9/v1", gpu, stage="live") as proxy,
            openai.AsyncOpenAI(
                base_url=proxy.base_url, api_key="k", default_headers=TENANT
            ) as client,
        ):
            with pytest.raises(openai.InternalServerError, match="no permitted upstream"):
                await client.chat.completions.create(**ASK)
            assert len(gpu.seen) == 1

    run(case)


def test_operators_pages_are_there_and_counters_are_for_trusted_peers():
    async def case():
        async with FakeUpstream() as cloud, proxied(cloud, cloud) as proxy:
            await proxy.post()
            assert (await proxy.post(path="/healthz", method="GET")).json() == {"status": "ok"}
            ready = await proxy.post(path="/readyz", method="GET")
            assert ready.json() == {"status": "ready", "table": 1, "policy": 0, "digest": ""}
            metrics = (await proxy.post(path="/metrics", method="GET")).text
            assert (
                'crossfade_requests_total{tenant="clinic",route="chat",stage="mirror",'
                'side="primary",end="complete"} 1' in metrics
            )
            proxy.proxy.pages.draining = True
            assert (await proxy.post(path="/readyz", method="GET")).status_code == 503
        async with proxied(cloud, cloud, trusted_peers=["10.0.0.1"]) as proxy:
            assert (await proxy.post(path="/metrics", method="GET")).status_code != 200

    run(case)


@pytest.fixture
def process(tmp_path):
    """Starts `serve` between a fake primary and nobody; gives the process and its two ports."""
    started = []

    def start(cloud):
        policy = two_sided(cloud.base_url, "http://127.0.0.1:9/v1").model_dump_json()
        command = [sys.executable, "-W", "ignore", "-c", SCRIPT, policy, str(tmp_path / "data")]
        child = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(child)
        line = child.stdout.readline()
        assert line, child.stderr.read()
        return child, *(int(port) for port in line.split())

    yield start
    for child in started:
        child.kill()
        child.communicate()


def test_told_to_end_a_process_lets_streams_end_and_takes_nothing_new(process):
    gate = asyncio.Event()
    with running(FakeUpstream(gate=gate)) as (cloud,):
        child, *ports = process(cloud)
        received = [b"", b""]
        readers = [
            threading.Thread(target=read_stream, args=(port, received, number))
            for number, port in enumerate(ports)
        ]
        for reader in readers:
            reader.start()
        wait_for(lambda: len(cloud.seen) == 2)
        child.send_signal(signal.SIGTERM)
        for port in ports:
            wait_for(lambda port=port: refuses(port))
        cloud.call(gate.set)
        for reader in readers:
            reader.join(10)
        _, errors = child.communicate(timeout=10)
        assert received == [b"".join(stream_events(cloud.text, "big"))] * 2
        assert (child.returncode, errors) == (0, "")


def read_stream(port, received, number):
    with httpx.stream(
        "POST",
        f"http://127.0.0.1:{port}/v1/chat/completions",
        json=STREAM,
        headers=TENANT,
        timeout=20,
    ) as answer:
        received[number] = b"".join(answer.iter_raw())


def refuses(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def wait_for(condition):
    waited = threading.Event()
    for _ in range(1000):
        if condition():
            return
        waited.wait(0.01)
    raise AssertionError("did not happen within ten seconds")


def test_a_killed_process_leaves_what_it_had_accepted(process, tmp_path):
    with running(FakeUpstream(mode=Mode.HANG)) as (cloud,):
        child, port, _ = process(cloud)
        asking = threading.Thread(target=ask_in_vain, args=(port,))
        asking.start()
        wait_for(lambda: cloud.seen)
        child.kill()
        asking.join(10)
        (folder,) = (tmp_path / "data" / "spool").iterdir()
        assert sum(file.stat().st_size for file in folder.glob("*.seg")) > 0
        content = b"".join(file.read_bytes() for file in folder.iterdir())
        assert json.dumps(ASK["messages"][0]["content"]).encode() not in content  # sealed


def ask_in_vain(port):
    with pytest.raises(httpx.TransportError):
        httpx.post(
            f"http://127.0.0.1:{port}/v1/chat/completions", json=ASK, headers=TENANT, timeout=20
        )


def test_a_used_port_is_told(tmp_path):
    with bind(("127.0.0.1", 0)) as taken:
        policy = two_sided("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")
        with pytest.raises(PortInUse, match="is in use"):
            serve(policy, Home.open(tmp_path / "data"), Places(taken.getsockname()))
