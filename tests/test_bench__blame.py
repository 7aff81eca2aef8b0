"""The arrays of bench/blame.py hold the numbers of cutover.evidence.eprocess, and the ruling is the project's."""

import math

import numpy as np
import pytest
from benches import bench

from cutover.evidence.eprocess import MeanAboveSince


def test_the_arrays_come_to_the_numbers_of_the_project():
    with bench("blame") as module:
        rng, since = np.random.default_rng(3), module.Since(2)
        seen = [[], []]
        for at in range(130):
            who = np.array([0, 1] if at >= 7 else [0])  # the second begins later
            slow = rng.random(who.size) < 0.2
            for one, bad in zip(who, slow, strict=True):
                seen[one].append(float(bad))
            e = since.add(who, slow)
        for run in range(2):
            project = MeanAboveSince(module.BAR, module.TERMS.mixture_every).after(seen[run])
            assert math.log(e[run]) == pytest.approx(project.log_e)


def test_the_newest_of_the_slow_is_undone_for_one_at_the_edge_and_that_one_waits():
    with bench("blame") as module:
        level, likely = module.LEVEL, module.LIKELY
        first, second, third = module.charges(
            np.array([9e9, likely, likely / 2]), np.array([level, 1.0, 1.0])
        )
        assert (first.harmful, first.clear, second.slow, third.slow) == (
            True,
            False,
            True,
            False,
        )
        fleet = module.Fleet()
        charged = {0: first, 1: second, 2: third}
        found = fleet.rule(charged, np.array([0, 5, 9]), 60_000_000)
        assert found.undone == {("01", "chat")}
        assert (fleet.since_us, fleet.relieved_us) == ({0: 60_000_000}, 60_000_000)
        later = fleet.rule({0: first}, np.array([0]), 60_000_000 + 120_000_000)
        assert later.undone == {("00", "chat")}


def test_where_waves_are_of_all_together_more_is_undone_than_where_none_are():
    with bench("blame") as module:
        steady = module.run(6, 0, 1, blames=True)
        waves = module.run(6, module.WAVES["waves of 20 minutes"], 1, blames=True)
        assert steady.steps == waves.steps == 180
        assert steady.own + steady.others < waves.own
        assert waves.others > 0
