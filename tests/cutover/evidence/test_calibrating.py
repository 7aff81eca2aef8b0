"""Scales from a rollout's own traffic: what is told, who does it, and when it is refused."""

import pytest
from noisy import measured
from rollouts import ERIK, KEY, World

from compare import calibrations
from compare.noise import Cell
from cutover.evidence.calibrating import FEWEST, Calibrating
from cutover.refusals import Conflict, UnknownRollout
from mirror.journal.store import Store


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    yield world
    store.close()


@pytest.fixture
def calibrating(world):
    return Calibrating(world.controller)


def in_force(world):
    with world.store.read() as conn:
        return calibrations.in_force(conn)


def test_what_a_calibration_would_come_to_is_told_without_making_it(world, calibrating):
    measured(world, 3)
    found = calibrating.look(KEY)
    assert found.short.startswith("the primary's second answer was compared 3 times")
    (cell,) = found.told()["cells"]
    assert (cell["language"], cell["floors"], cell["nulls"]) == ("en", 3, 3)
    assert cell["signals"]["f1"]["dropped"] == "" and in_force(world) == {}


def test_a_person_puts_it_in_force_and_it_is_an_event(world, calibrating):
    measured(world, FEWEST)
    found = calibrating.calibrate(ERIK, KEY, "our own traffic")
    assert in_force(world) == {KEY: found.now}
    (event,) = world.events("noise.calibrated")
    assert (event["actor"]["name"], event["reason"]) == ("erik", "our own traffic")
    assert event["details"]["calibration"] == found.now.id
    assert event["details"]["second_answers"] == FEWEST
    with pytest.raises(Conflict, match="nothing new"):
        calibrating.calibrate(ERIK, KEY, "again")


def test_too_few_second_answers_are_refused_with_how_many_are_needed(world, calibrating):
    measured(world, FEWEST - 1)
    with pytest.raises(Conflict, match=f"49 times; {FEWEST} are needed"):
        calibrating.calibrate(ERIK, KEY, "now")
    assert in_force(world) == {} and world.events("noise.calibrated") == []


def test_where_people_are_served_the_scales_stay(world, calibrating):
    measured(world, FEWEST)
    world.to_canary()
    with pytest.raises(Conflict, match="calibrate while it mirrors"):
        calibrating.calibrate(ERIK, KEY, "now")


def test_an_encoder_that_was_never_measured_is_told_with_what_is_missing(world, calibrating):
    measured(world, 2, cell=Cell("bge-m3", "en", "short"))
    (cell,) = calibrating.look(KEY).told()["cells"]
    assert cell["signals"]["f1"]["dropped"].startswith("2 floors and 2 nulls")


def test_an_unknown_rollout_is_refused(calibrating):
    with pytest.raises(UnknownRollout):
        calibrating.look(("clinic", "talk"))
