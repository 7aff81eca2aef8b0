"""A real HAProxy with deploy/haproxy.cfg: to crossfade while it is ready, then to what is permitted."""

import asyncio
import hashlib
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from deployed import free_port, until
from fakes import FakeUpstream, Mode, running

CONFIG = Path(__file__).parents[2] / "deploy" / "haproxy.cfg"
CHAT = {"model": "big", "messages": [{"role": "user", "content": "How often?"}]}
KEY = "k-clinic-by-key"
MAP = f"""
header:clinic cloud_openai
header:hospital onprem_gpu
header:mistaken cloud_nowhere
key:{hashlib.sha256(KEY.encode()).hexdigest()} cloud_openai
"""

pytestmark = [pytest.mark.deep, pytest.mark.needs("haproxy")]


@contextmanager
def haproxy(folder, crossfade, cloud, gpu, peers="127.0.0.1\n"):
    """HAProxy on a port of its own; gives its URL."""
    port = free_port()
    (folder / "map").write_text(MAP)
    (folder / "peers").write_text(peers)
    env = {
        **os.environ,
        "CROSSFADE_LISTEN": f"127.0.0.1:{port}",
        "CROSSFADE_PROXY": f"127.0.0.1:{crossfade}",
        "CROSSFADE_CLOUD": f"127.0.0.1:{cloud}",
        "CROSSFADE_ONPREM": f"127.0.0.1:{gpu}",
        "CROSSFADE_MAP": str(folder / "map"),
        "CROSSFADE_PEERS": str(folder / "peers"),
        "OPENAI_API_KEY": "our-key",
    }
    program = shutil.which("haproxy") or "/usr/sbin/haproxy"
    with (folder / "haproxy.log").open("wb") as log:
        started = subprocess.Popen(
            [program, "-db", "-f", CONFIG], env=env, stdout=log, stderr=log
        )
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: _answers(url))
        yield url
    finally:
        started.terminate()
        started.wait(20)


def _answers(url):
    try:
        return httpx.get(url, trust_env=False)
    except httpx.TransportError:
        return None


def ask(url, asked=CHAT, **headers):
    with httpx.Client(trust_env=False, timeout=20) as client:
        return client.post(f"{url}/v1/chat/completions", json=asked, headers=headers)


def as_tenant(url, name):
    return ask(url, **{"x-crossfade-tenant": name})


def port_of(fake):
    return int(fake.base_url.rsplit(":", 1)[1].split("/")[0])


def test_a_ready_crossfade_is_asked_and_no_upstream(tmp_path):
    crossfade, cloud, gpu = FakeUpstream(text="by crossfade"), FakeUpstream(), FakeUpstream()
    with (
        running(crossfade, cloud, gpu),
        haproxy(tmp_path, port_of(crossfade), port_of(cloud), port_of(gpu)) as url,
    ):
        until(lambda: as_tenant(url, "clinic").status_code == 200)
        assert "by crossfade" in as_tenant(url, "clinic").text
        assert as_tenant(url, "nobody-knows").status_code == 200  # crossfade's to refuse
        asked = [seen for seen in crossfade.seen if seen.method == "POST"]
        assert asked[-1].headers["x-crossfade-tenant"] == "nobody-knows"
    assert (cloud.seen, gpu.seen) == ([], [])


@pytest.fixture(scope="module")
def bypass(tmp_path_factory):
    """HAProxy whose crossfade is down; with the fakes of cloud and GPU server."""
    cloud, gpu = FakeUpstream(text="by the cloud"), FakeUpstream(text="by the GPU server")
    folder = tmp_path_factory.mktemp("bypass")
    with (
        running(cloud, gpu),
        haproxy(folder, free_port(), port_of(cloud), port_of(gpu)) as url,
    ):
        until(lambda: "by the cloud" in as_tenant(url, "clinic").text)
        yield url, cloud, gpu


def test_a_tenant_of_the_cloud_is_answered_by_it_with_our_key_and_none_of_our_headers(bypass):
    url, cloud, _ = bypass
    answer = ask(
        url, **{"x-crossfade-tenant": "clinic", "cookie": "a=b", "x-crossfade-peer": "x"}
    )
    assert "by the cloud" in answer.text
    seen = cloud.seen[-1]
    assert seen.headers["authorization"] == "Bearer our-key"
    assert not [
        name for name in seen.headers if name.startswith("x-crossfade") or name == "cookie"
    ]


def test_a_tenant_that_forbids_the_cloud_is_answered_on_premises(bypass):
    url, cloud, gpu = bypass
    before = cloud.accepts
    assert "by the GPU server" in as_tenant(url, "hospital").text
    assert cloud.accepts == before
    assert "authorization" not in gpu.seen[-1].headers


def test_a_tenant_is_known_by_its_key_too(bypass):
    url, *_ = bypass
    assert "by the cloud" in ask(url, authorization=f"Bearer {KEY}").text
    assert ask(url, authorization="Bearer another").status_code == 503


@pytest.mark.parametrize("name", ["nobody-knows", "mistaken", "", "clinic, hospital"])
def test_anybody_else_is_refused_in_the_shape_that_clients_read(bypass, name):
    url, cloud, gpu = bypass
    before = cloud.accepts, gpu.accepts
    answer = as_tenant(url, name)
    assert answer.status_code in (400, 503)
    if answer.status_code == 503:
        assert answer.json()["error"]["code"] == "no_permitted_upstream"
        assert answer.headers["retry-after"] == "5"
    assert (cloud.accepts, gpu.accepts) == before


def test_a_name_counts_only_from_those_who_may_give_it(tmp_path):
    cloud, gpu = FakeUpstream(), FakeUpstream()
    with (
        running(cloud, gpu),
        haproxy(tmp_path, free_port(), port_of(cloud), port_of(gpu), "10.9.9.9\n") as url,
    ):
        until(lambda: ask(url, authorization=f"Bearer {KEY}").status_code == 200)
        assert as_tenant(url, "clinic").status_code == 503


def test_a_forbidden_cloud_stays_unreached_when_the_on_premises_side_is_down_too(tmp_path):
    cloud = FakeUpstream()
    with (
        running(cloud),
        haproxy(tmp_path, free_port(), port_of(cloud), free_port()) as url,
    ):
        until(lambda: as_tenant(url, "clinic").status_code == 200)
        before = cloud.accepts
        assert as_tenant(url, "hospital").status_code == 503
        assert cloud.accepts == before


def test_when_crossfade_comes_back_it_is_asked_again(tmp_path):
    cloud, gpu, port = FakeUpstream(text="by the cloud"), FakeUpstream(), free_port()
    with running(cloud, gpu), haproxy(tmp_path, port, port_of(cloud), port_of(gpu)) as url:
        until(lambda: "by the cloud" in as_tenant(url, "clinic").text)
        with running(FakeUpstream(text="by crossfade", port=port)):
            until(lambda: "by crossfade" in as_tenant(url, "clinic").text)
        until(lambda: "by the cloud" in as_tenant(url, "clinic").text)


def test_a_stream_under_way_is_not_cut_when_its_crossfade_says_that_it_drains(tmp_path):
    gate = asyncio.Event()
    crossfade = FakeUpstream(gate=gate)
    cloud = FakeUpstream(text="by the cloud")
    with (
        running(crossfade, cloud),
        haproxy(tmp_path, port_of(crossfade), port_of(cloud), free_port()) as url,
        httpx.Client(trust_env=False, timeout=30) as client,
    ):
        until(lambda: as_tenant(url, "clinic").status_code == 200)
        ours = {"x-crossfade-tenant": "clinic"}
        where = f"{url}/v1/chat/completions"
        with client.stream("POST", where, json=CHAT | {"stream": True}, headers=ours) as answer:
            lines = answer.iter_lines()
            next(lines)
            crossfade.mode = Mode.ERROR  # /readyz among the rest, as while it drains
            until(lambda: "by the cloud" in as_tenant(url, "clinic").text)
            crossfade.call(gate.set)
            assert "data: [DONE]" in list(lines)


@pytest.mark.parametrize("mode", [Mode.CUT, Mode.NOT_HTTP], ids=str)
def test_what_was_sent_is_not_sent_again(tmp_path, mode):
    once, cloud = CHAT | {"user": "once"}, FakeUpstream()

    def breaks(asked):  # for this one request; every health check goes well
        crossfade.mode = mode if asked == once else Mode.OK
        return "by crossfade"

    crossfade = FakeUpstream(answer=breaks)
    with (
        running(crossfade, cloud),
        haproxy(tmp_path, port_of(crossfade), port_of(cloud), free_port()) as url,
    ):
        until(lambda: as_tenant(url, "clinic").status_code == 200)
        with pytest.raises(httpx.HTTPError):
            ask(url, once, **{"x-crossfade-tenant": "clinic"}).raise_for_status()
        assert "by crossfade" in as_tenant(url, "clinic").text  # behind what is sent again
        assert [seen.json for seen in crossfade.seen if seen.body].count(once) == 1
    assert cloud.seen == []
