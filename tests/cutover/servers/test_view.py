"""What people and Prometheus are told of servers."""

import json

from pages import dcgm, vllm
from watched import Told, watched_policy

from cutover.servers.condition import Condition
from cutover.servers.view import Server, text
from cutover.servers.window import P95

POLICY = watched_policy(capacity={"in_flight": 9})


def server(page, kind, condition=None, *, stale=False, **more):
    told = Told(POLICY, kind=kind, more=more)
    told.says(page, stale=stale)
    return Server("gpu", POLICY.upstreams["gpu"], told.pages("gpu"), condition)


def test_the_body_has_facts_with_sources_the_way_and_what_is_accepted():
    half = Condition("gpu", "b", (), "GPU-a is hot", 5)
    body = server(
        vllm(waiting=11, cache=0.95), "vllm", half, p95=P95(2, float("inf"), 30)
    ).body()
    json.dumps(body, allow_nan=False)
    assert (body["declared"], body["accepted"], body["why"]) == (9, 4, "GPU-a is hot")
    assert body["way"] == "more replicas"
    queue = body["facts"]["queue"]
    assert queue["value"] == 11 and "vllm:num_requests_waiting" in queue["source"]
    assert body["facts"]["p95"]["high_s"] is None
    assert body["pages"][0]["stale"] is False


def test_a_stale_page_gives_no_numbers():
    body = server(dcgm(), "dcgm", stale=True).body()
    assert body["gpus"] == [] and body["facts"]["memory"] is None
    assert body["way"] == "not known" and body["pages"][0]["stale"]
    assert (body["accepted"], body["since_us"]) == (9, None)


def test_prometheus_reads_what_is_fresh():
    page = text([server(vllm(waiting=11), "vllm", p95=P95(2, float("inf"), 30))])
    assert 'crossfade_server_queue{upstream="gpu"} 11' in page
    assert 'crossfade_server_p95_seconds{upstream="gpu",bound="low"} 2' in page
    assert 'bound="high"' not in page
    assert 'crossfade_upstream_accepted_ratio{upstream="gpu"} 1' in page
    gpus = text([server(dcgm(), "dcgm")])
    assert 'crossfade_server_gpus{upstream="gpu"} 2' in gpus
    hottest = max(one["celsius"] for one in server(dcgm(), "dcgm").body()["gpus"])
    assert f'crossfade_server_gpu_celsius{{upstream="gpu"}} {hottest:g}' in gpus
    stale = text([server(dcgm(), "dcgm", stale=True)])
    assert "} 0" in stale and "crossfade_server_gpus{" not in stale
    assert text([]) == ""
