"""The arrays of bench/drift.py hold the numbers of cutover.evidence.drift."""

import math
from dataclasses import replace

import numpy as np
import pytest
from benches import bench

from cutover.evidence.drift import Drift, lower_bound
from cutover.evidence.gates import FLOOR_PART, Basis, Rules
from cutover.evidence.observation import Session
from cutover.stages import Stage
from policies.policy import Terms

EMPTY = Session("s", 0, False, {}, 1, 0, 0, 1, 0, ())


def test_the_arrays_come_to_the_numbers_of_the_project():
    with bench("drift") as module:
        draw = module.Draw(np.random.default_rng(5), 2, 0.05)
        floors = draw.take(module.FLOOR, 0.0, 0.0)[0]
        level = -math.log(FLOOR_PART * Terms().alpha.roll_back)
        least = module.bounds(floors, level)
        assert least == pytest.approx([lower_bound(list(each), level) for each in floors])
        _, other = draw.take(130, -0.3, 0.0)
        single = module.Since(1 - (least - module.MARGIN))
        for at in range(130):
            single.add(1 - other[:, at])
        for run in range(2):
            drift = Drift.begin(Rules(Terms(), Basis.NOISE), Stage.CANARY)
            drift = drift.after([replace(EMPTY, floor=float(x)) for x in floors[run]])
            drift = drift.after([replace(EMPTY, apart=float(1 - x)) for x in other[run]])
            assert drift.log_e == pytest.approx(math.log(single.e[run]), abs=1e-6)


def test_a_world_at_the_margin_is_at_the_margin():
    with bench("drift") as module:
        draw = module.Draw(np.random.default_rng(8), 100, 0.0)
        itself, other = draw.take(4_000, module.shift_for(0.15), 0.0)
        assert (itself - other).mean() == pytest.approx(0.15, abs=0.002)
