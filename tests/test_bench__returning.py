"""Worlds in which people come back: who comes when, and that the candidate is on the mean what it says."""

import numpy as np
import pytest

from bench.rollouts import returning
from bench.rollouts.processes import badness
from bench.rollouts.returning import ON_DUTY, PEOPLE, People
from bench.rollouts.worlds import World


def stream(runs=20, back="half_hour", world=None):
    own = vars(world or World()) | {"back": back}
    return People(**own).stream(np.random.default_rng(7), runs)


def test_a_third_is_on_duty_at_a_time_and_each_comes_every_half_hour():
    coming = stream()
    first = coming._who(np.arange(160))
    assert sorted(set(first)) == list(range(ON_DUTY))
    assert [int((first == one).sum()) for one in range(ON_DUTY)] == [16] * ON_DUTY
    assert set(coming._who(np.arange(160, 320))) == set(range(10, 20))
    assert list(stream(back="day")._who(np.arange(60))) == list(range(PEOPLE)) * 2


def test_no_two_people_are_alike_and_their_mean_is_the_candidates():
    coming = stream(world=World(alone=0.02))
    assert coming._chances["alone"].mean(axis=1) == pytest.approx([0.02] * 20)
    assert coming._chances["alone"].std(axis=1).min() > 0.02
    assert coming._apart.mean(axis=1) == pytest.approx([0] * 20, abs=1e-9)
    assert not coming._chances["flagged"].any()


def test_on_all_bars_is_where_the_mean_of_every_gate_lies_on_its_bar():
    coming = stream(runs=60, world=returning.on_all_bars())
    seen = badness(returning.QUALITY, coming.take(4_800))
    bars = {"equivalence": 0.525, "errors": 0.0185, "latency": 0.05, "flags": 0.04}
    for gate, bar in bars.items():
        assert np.nanmean(seen[gate]) == pytest.approx(bar, rel=0.04), gate


def test_every_way_to_come_has_its_rows():
    drawn = {
        job.name: {"rolled": np.full(4, np.inf), "promoted": np.full(4, 1.0)}
        for job in returning.jobs()
    }
    names = [str(row["name"]) for row in returning.found(drawn)]
    assert len(names) == len(set(names)) == len(drawn) == 12
