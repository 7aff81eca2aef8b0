"""Samples of a rollout's noise, as the comparison worker leaves them."""

from rollouts import KEY, insert_exchange

from compare import calibrations
from compare.noise import Cell, Sample

CELL = Cell("all-MiniLM-L6-v2/fp32", "en", "short")
NAMES = ("overlap", "token_sort_ratio", "f1", "recall")


def measured(world, count, *, floor=0.9, null=0.2, cell=CELL):
    """As many exchanges that the primary answered twice."""
    for _ in range(count):
        world.clock.pass_s(1)
        world.count += 1
        id = insert_exchange(world)
        sample = Sample(cell, dict.fromkeys(NAMES, floor), dict.fromkeys(NAMES, null))
        with world.store.write() as conn:
            calibrations.add(conn, id, KEY, sample)
        world.controller.tick()
