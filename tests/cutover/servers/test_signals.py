"""The whole table of what exceeds its limit, and which way that says to scale."""

import itertools

import pytest

from cutover.servers.facts import Fact, Facts
from cutover.servers.reading import Gpu
from cutover.servers.signals import Way, advise, troubles
from cutover.servers.window import P95
from policies.servers import Signals

LIMITS = Signals()


def seen(queue=None, cache=None, p95=None, **more):
    """Facts of which each is unknown (None), within its limit (False) or beyond it (True)."""
    return Facts(
        queue=None if queue is None else Fact(11 if queue else 10, "q"),
        cache=None if cache is None else Fact(0.91 if cache else 0.90, "c"),
        p95=None if p95 is None else (P95(2.0, 2.5, 50) if p95 else P95(1.5, 2.0, 50), "p"),
        **more,
    )


WANTED = {
    (True, True, None): Way.REPLICAS,
    (True, True, False): Way.REPLICAS,
    (True, True, True): Way.REPLICAS,
    (True, False, True): Way.REPLICAS,
    (True, None, True): Way.REPLICAS,
    (True, False, False): Way.LARGER_BATCH,
    (True, False, None): Way.REPLICAS,
    (True, None, False): Way.REPLICAS,
    (True, None, None): Way.REPLICAS,
}


@pytest.mark.parametrize(
    "state", list(itertools.product((None, False, True), repeat=3)), ids=str
)
def test_every_state_has_its_way(state):
    queue, memory, p95 = state
    expected = WANTED.get(state)
    if expected is None:
        expected = Way.SMALLER_BATCH if memory else Way.FASTER if p95 else Way.NONE
    if state == (None, None, None):
        expected = Way.UNKNOWN
    found = advise(seen(*state), LIMITS)
    assert found.way is expected
    assert ("limit 10" in found.sentence) is (queue is not None)


def test_the_sentence_holds_the_numbers_and_their_limits():
    found = advise(seen(True, True, True), LIMITS).sentence
    assert "11 wait (limit 10), cache 91 % (limit 90 %), p95 2 to 2.5 s (limit 2 s)" in found
    own = Facts(p95=(P95(3, 3), "p"))
    assert "p95 3 s" in advise(own, LIMITS).sentence
    endless = Facts(p95=(P95(60, float("inf"), 20), "p"))
    assert "p95 over 60 s" in advise(endless, LIMITS).sentence


def test_a_gpus_memory_counts_only_where_no_server_tells_its_cache():
    full = Fact(0.95, "m")
    assert advise(seen(False, False, memory=full), LIMITS).way is Way.NONE
    assert advise(Facts(memory=full), LIMITS).way is Way.SMALLER_BATCH


def test_a_hot_gpu_is_cooled_before_anything_is_scaled():
    found = advise(seen(True, True, True, hot={"GPU-a": "hw_thermal"}), LIMITS)
    assert found.way is Way.COOLING and "GPU-a: hw_thermal" in found.sentence


def test_troubles_are_hot_gpus_lost_ones_and_those_off_the_bus():
    gpus = {"GPU-a": Gpu(celsius=91), "GPU-b": Gpu(xids=(79,)), "GPU-c": Gpu(xids=(31,))}
    found = troubles(
        Facts(gpus=gpus, hot={"GPU-a": "hw_thermal"}, gpus_known=True), ("GPU-a", "GPU-z")
    )
    assert found == (
        "GPU-a is slowed down at 91 °C (hw_thermal)",
        "GPU-b fell off the bus (Xid 79)",
        "GPU-z is gone; 3 GPUs are left",
    )


def test_where_a_page_of_gpus_is_stale_none_is_missing():
    assert troubles(Facts(gpus={"GPU-a": Gpu()}), ("GPU-a", "GPU-z")) == ()
