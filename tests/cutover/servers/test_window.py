"""What counters grew by, and that a restarted server is no negative number."""

from pages import dcgm, triton, vllm

from cutover.servers.reading import reading
from cutover.servers.window import P95, SPAN_S, Window
from policies.servers import ServerKind

VLLM, TRITON, DCGM = ServerKind.VLLM, ServerKind.TRITON, ServerKind.DCGM


def window(*pages, kind=VLLM, every_s=5):
    found = Window()
    for number, page in enumerate(pages):
        found.add(number * every_s, reading(kind, page))
    return found


def test_a_p95_is_told_of_what_ended_within_the_window():
    slow = window(vllm(below_2s=1000, n=1000), vllm(below_2s=1010, n=1100))
    assert slow.p95() == P95(2.0, 2.5, 100)
    quick = window(vllm(below_2s=0, n=1000), vllm(below_2s=100, n=1100))
    assert quick.p95() == P95(1.5, 2.0, 100)


def test_of_a_handful_of_requests_no_p95_is_told():
    assert window(vllm(), vllm(n=19)).p95() is None
    assert window(vllm(n=500)).p95() is None
    assert Window().p95() is None


def test_a_server_that_began_anew_is_seen_from_its_start_on():
    pages = [vllm(n=1000), vllm(n=1100), vllm(n=10), vllm(n=40)]
    assert window(*pages).p95() == P95(2.0, 2.5, 30)


def test_what_lies_behind_the_window_is_forgotten():
    found = window(vllm(n=0), vllm(n=1000), vllm(n=1010), every_s=SPAN_S)
    assert found.p95() is None


def test_other_buckets_begin_a_new_window():
    other = vllm(n=200).replace('le="1.5"', 'le="1.0"')
    assert window(vllm(n=0), vllm(n=100), other).p95() is None


def test_a_percentile_of_the_servers_own_is_taken_as_it_is():
    assert window(triton(p95_us=3_000_000), kind=TRITON).p95() == P95(3.0, 3.0)


def test_how_many_waited_follows_from_how_long_all_waited():
    found = window(triton(queued_us=0), triton(queued_us=60e6), kind=TRITON)
    assert found.waiting() == 12  # a minute of waiting in five seconds
    assert window(triton(queued_us=5), kind=TRITON).waiting() is None
    assert window(triton(queued_us=9e9), triton(queued_us=0), kind=TRITON).waiting() is None


def test_a_gpu_whose_time_under_heat_grows_is_heated():
    line = 'DCGM_FI_DEV_THERMAL_VIOLATION{{gpu="0",UUID="GPU-a"}} {}\n'
    pages = [dcgm() + line.format(n) for n in (7, 7, 9)]
    assert window(*pages, kind=DCGM).heated() == {"GPU-a"}
    assert window(*pages[:2], kind=DCGM).heated() == frozenset()
    assert window(pages[0], kind=DCGM).heated() == frozenset()
