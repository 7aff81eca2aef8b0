"""Pages as the servers write them, under the names of their versions; and what is no page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import dcgm, sglang, triton, vllm

from cutover.servers.reading import MOST_LINES, PageFault, reading
from policies.servers import ServerKind

VLLM, SGLANG, TRITON, DCGM = ServerKind


@pytest.mark.parametrize("name", ["vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"])
def test_vllm_tells_queue_cache_and_latency_under_the_names_of_both_versions(name):
    found = reading(VLLM, vllm(cache_name=name, below_2s=5, n=9))
    assert (found.queue, found.running, found.cache) == (3, 7, 0.42)
    assert found.names["cache"] == name
    assert found.latency == ((1.5, 0), (2.0, 5), (2.5, 9), (float("inf"), 9))


def test_two_engines_add_their_queues_and_the_fuller_cache_counts():
    two = vllm(waiting=3, cache=0.2) + vllm(waiting=8, cache=0.9).replace('"0"', '"1"')
    found = reading(VLLM, two)
    assert (found.queue, found.cache) == (11, 0.9)


def test_ranks_of_sglang_tell_of_one_queue():
    found = reading(SGLANG, sglang(waiting=4))
    assert (found.queue, found.running, found.cache) == (4, 8, 0.28)


def test_triton_tells_what_is_pending_its_own_percentile_and_gpu_memory():
    found = reading(TRITON, triton(pending=6, queued_us=1e6, p95_us=921_000))
    assert (found.queue, found.queued_us, found.p95_s) == (6, 1e6, pytest.approx(0.921))
    assert found.gpus["GPU-t"].memory == 0.25
    older = reading(TRITON, triton(queued_us=1e6))
    assert (older.queue, older.p95_s) == (None, None)


def test_tensorrt_llm_tells_its_own_queue_and_cache():
    of = 'model="tensorrt_llm",version="1"'
    page = "\n".join(
        [
            f'nv_trt_llm_request_metrics{{{of},request_type="waiting"}} 5',
            f'nv_trt_llm_request_metrics{{{of},request_type="max"}} 512',
            f'nv_trt_llm_kv_cache_block_metrics{{{of},kv_cache_block_type="fraction"}} 0.5',
            f'nv_trt_llm_kv_cache_block_metrics{{{of},kv_cache_block_type="max"}} 6239',
            f"nv_inference_pending_request_count{{{of}}} 77",
        ]
    )
    found = reading(TRITON, page)
    assert (found.queue, found.running, found.cache) == (5, None, 0.5)


def test_dcgm_tells_memory_heat_and_errors_of_each_gpu():
    found = reading(DCGM, dcgm(reasons=0x40 | 0x4, xid=79, celsius=91)).gpus
    assert list(found) == ["GPU-a", "GPU-b"]
    gpu = found["GPU-a"]
    assert (gpu.memory, gpu.celsius) == (0.875, 91)
    assert (gpu.slowed, gpu.xids) == (("hw_thermal",), (79,))


def test_its_power_budget_and_idling_slow_no_gpu_down_against_its_will():
    assert reading(DCGM, dcgm(reasons=0x1 | 0x2 | 0x4 | 0x10)).gpus["GPU-a"].slowed == ()


def test_the_older_name_and_the_counted_events_are_read_too():
    old = 'DCGM_FI_DEV_CLOCK_THROTTLE_REASONS{gpu="0",uuid="GPU-o"} 32'
    counted = """DCGM_EXP_CLOCK_EVENTS_COUNT{gpu="0",UUID="GPU-n",clock_event="hw_slowdown"} 3
DCGM_EXP_CLOCK_EVENTS_COUNT{gpu="0",UUID="GPU-n",clock_event="sw_thermal"} 0
DCGM_EXP_XID_ERRORS_COUNT{gpu="0",UUID="GPU-n",xid="79"} 1"""
    assert reading(DCGM, old).gpus["GPU-o"].slowed == ("sw_thermal",)
    found = reading(DCGM, counted).gpus["GPU-n"]
    assert (found.slowed, found.xids) == (("hw_slowdown",), (79,))


def test_what_dcgm_does_not_know_is_no_number():
    blank = dcgm(reasons=9223372036854775794, xid=9223372036854775794, used=0, free=0)
    gpu = reading(DCGM, blank).gpus["GPU-a"]
    assert (gpu.slowed, gpu.xids, gpu.memory) == ((), (), None)


def test_of_a_divided_gpu_the_fullest_part_counts():
    of = 'gpu="0",UUID="GPU-m"'
    parts = [(1, 10, 30), (2, 39, 1)]
    lines = [
        f'DCGM_FI_DEV_FB_{name}{{{of},GPU_I_ID="{part}"}} {value}'
        for part, used, free in parts
        for name, value in (("USED", used), ("FREE", free))
    ]
    assert reading(DCGM, "\n".join(lines)).gpus["GPU-m"].memory == 39 / 40


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-3"])
def test_a_number_that_cannot_be_one_is_left_out(value):
    found = reading(VLLM, vllm(waiting=value))
    assert found.queue is None and found.running == 7


def test_a_cache_that_is_no_share_is_left_out():
    assert reading(VLLM, vllm(cache=42)).cache is None


@pytest.mark.parametrize("last", ["", 'vllm:e2e_request_latency_seconds_bucket{le="x"} 3'])
def test_a_histogram_without_an_end_is_left_out(last):
    text = "\n".join([line for line in vllm(n=9).splitlines() if "+Inf" not in line] + [last])
    assert reading(VLLM, text).latency is None


def test_a_page_of_another_server_says_so():
    with pytest.raises(PageFault, match="no metric that a page of dcgm has"):
        reading(DCGM, vllm())
    with pytest.raises(PageFault, match="no metric"):
        reading(VLLM, "<html>sign in</html>")


def test_a_broken_page_and_one_without_end_are_refused():
    with pytest.raises(PageFault, match="not in the Prometheus text format"):
        reading(VLLM, 'vllm:num_requests_waiting{engine="0} 3')
    with pytest.raises(PageFault, match="at most"):
        reading(VLLM, "vllm:num_requests_waiting 1\n" * (MOST_LINES + 1))


@given(st.text(), st.sampled_from(ServerKind), st.sampled_from([vllm(), dcgm(), triton()]))
def test_whatever_a_page_holds_nothing_but_a_fault_of_the_page_comes_of_it(junk, kind, page):
    cut = page[: len(junk) * 7] + junk + page[len(junk) * 7 :]
    try:
        found = reading(kind, cut)
    except PageFault:
        return
    assert all(gpu.memory is None or 0 <= gpu.memory <= 1 for gpu in found.gpus.values())
