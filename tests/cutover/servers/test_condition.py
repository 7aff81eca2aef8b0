"""Halved after two looks, whole after a quiet time, and what is not known moves nothing."""

from hypothesis import given
from hypothesis import strategies as st

from cutover.servers.condition import Condition, Watched
from cutover.servers.facts import Facts
from cutover.servers.reading import Gpu

QUIET_S = 600
WELL = Facts(gpus={"GPU-a": Gpu(), "GPU-b": Gpu()}, gpus_known=True)
HOT = Facts(gpus=WELL.gpus, hot={"GPU-a": "hw_thermal"}, gpus_known=True)
LOST = Facts(gpus={"GPU-a": Gpu()}, gpus_known=True)
UNKNOWN = Facts()


def after(*looks, watched=None, every_s=5):
    """The condition after some looks, one each `every_s`."""
    watched = watched or Watched(Condition("gpu", "b"))
    at_s = 1000.0
    for facts in looks:
        at_s += every_s
        watched = watched.look(facts, QUIET_S, round(at_s * 1e6), round(at_s * 1e6))
    return watched


def test_one_hot_look_halves_nothing_and_two_do():
    assert after(WELL, HOT).condition.factor == 1
    found = after(WELL, HOT, HOT).condition
    assert found.factor == 0.5 and "GPU-a is slowed down" in found.why
    assert found.since_us == 1_015_000_000
    assert after(HOT, WELL, HOT, WELL, HOT).condition.factor == 1


def test_a_gpu_that_was_seen_before_and_is_gone_is_lost():
    assert "GPU-b is gone; 1 GPUs are left" in after(WELL, LOST, LOST).condition.why
    assert after(LOST, LOST, LOST).condition.factor == 1  # nobody saw a second one


def test_it_is_whole_again_after_a_quiet_time_and_not_before():
    halved = after(WELL, HOT, HOT)
    looks = QUIET_S // 5
    assert after(*[WELL] * looks, watched=halved).condition.factor == 0.5
    assert after(*[WELL] * (looks + 1), watched=halved).condition.factor == 1
    broken = after(*[WELL] * looks, HOT, *[WELL] * looks, watched=halved)
    assert broken.condition.factor == 0.5


def test_no_quiet_time_passes_while_the_gpus_are_not_seen():
    halved = after(WELL, HOT, HOT)
    waited = after(*[WELL] * 60, *[UNKNOWN] * 500, *[WELL] * 60, watched=halved)
    assert waited.condition.factor == 0.5


def test_both_troubles_at_once_still_leave_a_half():
    both = Facts(gpus=LOST.gpus, hot={"GPU-a": "hw_thermal"}, gpus_known=True)
    found = after(WELL, both, both).condition
    assert found.factor == 0.5 and "slowed" in found.why and "gone" in found.why


@given(st.lists(st.sampled_from([WELL, HOT, LOST, UNKNOWN]), max_size=200))
def test_it_is_halved_only_after_two_troubled_looks_and_never_forgets_a_gpu(looks):
    found = after(*looks)
    if found.condition.factor < 1:
        assert sum(one in (HOT, LOST) for one in looks) >= 2
    if any(one in (WELL, HOT) for one in looks):
        assert found.condition.gpus == ("GPU-a", "GPU-b")
