"""How often somebody may ask."""

from cutover.api import buckets
from cutover.api.buckets import Buckets, Rate

S = 1_000_000


def test_a_burst_may_come_at_once_and_then_as_many_as_the_rate_gives():
    made = Buckets(Rate(burst=3, per_s=2))
    assert [made.take("a", 0) for _ in range(4)] == [0, 0, 0, 1]
    assert made.take("b", 0) == 0  # everybody has their own
    assert [made.take("a", S // 2) for _ in range(2)] == [0, 1]
    assert [made.take("a", 60 * S) for _ in range(4)] == [0, 0, 0, 1]


def test_the_wait_that_is_told_is_enough():
    made = Buckets(Rate(burst=1, per_s=0.1))
    assert made.take("a", 0) == 0
    wait_s = made.take("a", 3 * S)
    assert wait_s == 7
    assert made.take("a", (3 + wait_s) * S) == 0


def test_a_clock_that_goes_back_gives_nothing():
    made = Buckets(Rate(burst=1, per_s=1))
    assert made.take("a", 100 * S) == 0
    assert made.take("a", 1 * S) > 0


def test_who_has_all_of_theirs_again_is_forgotten_first(monkeypatch):
    monkeypatch.setattr(buckets, "REMEMBERED", 10)
    made = Buckets(Rate(burst=2, per_s=1))
    for who in range(9):
        made.take(who, 0)
    made.take("busy", 60 * S)
    made.take("busy", 60 * S)
    made.take("new", 60 * S)
    assert len(made._left) == 2
    assert made.take("busy", 60 * S) > 0
    for who in range(100):
        made.take(("many", who), 60 * S)
    assert len(made._left) <= 10
