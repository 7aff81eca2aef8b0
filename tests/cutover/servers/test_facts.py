"""Facts of several pages together, each with where it is from; stale ones say nothing."""

from dataclasses import replace

from pages import dcgm, triton, vllm

from cutover.servers.facts import Page, facts
from cutover.servers.reading import reading
from cutover.servers.window import P95
from policies.servers import ServerKind


def page(kind, text, url="http://gpu/metrics", **more):
    return Page(
        url, ServerKind(kind), 1, 1.0, False, "", reading(ServerKind(kind), text), **more
    )


def test_queues_add_up_and_the_fullest_and_slowest_count():
    found = facts(
        [
            page("vllm", vllm(waiting=3, cache=0.2), "http://one", p95=P95(1, 2, 50)),
            page("vllm", vllm(waiting=9, cache=0.8), "http://two", p95=P95(2, 2.5, 50)),
            page("dcgm", dcgm(), "http://three"),
        ]
    )
    assert found.queue.value == 12
    assert found.queue.source.count("vllm:num_requests_waiting") == 2
    assert (found.cache.value, found.cache.source) == (
        0.8,
        "http://two vllm:kv_cache_usage_perc",
    )
    assert found.memory.value == 0.875
    assert found.p95 == (P95(2, 2.5, 50), "http://two vllm:e2e_request_latency_seconds")
    assert found.gpus_known and list(found.gpus) == ["GPU-a", "GPU-b"]


def test_what_a_stale_page_said_is_not_used():
    stale = replace(page("dcgm", dcgm(reasons=0x40)), stale=True)
    found = facts([stale, page("vllm", vllm(), "http://two")])
    assert found.unread == ("http://gpu/metrics",)
    assert not found.gpus_known and not found.gpus and not found.hot
    assert not facts([stale]).anything and found.anything


def test_without_a_page_of_gpus_none_can_be_missing():
    assert not facts([page("vllm", vllm())]).gpus_known
    assert facts([page("triton", triton())]).gpus_known


def test_an_older_triton_tells_its_queue_by_the_time_that_was_waited():
    found = facts([page("triton", triton(queued_us=5), waiting=12.0)])
    assert found.queue.value == 12 and "nv_inference_queue_duration_us" in found.queue.source


def test_a_gpu_is_hot_by_its_clock_or_by_its_counter():
    assert facts([page("dcgm", dcgm("GPU-a", reasons=0x48))]).hot == {
        "GPU-a": "hw_slowdown, hw_thermal"
    }
    counted = facts([page("dcgm", dcgm(), heated=frozenset({"GPU-b"}))])
    assert counted.hot == {"GPU-b": "its thermal violations grow"}
