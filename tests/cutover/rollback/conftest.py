"""Fleets of three clinics."""

import pytest
from crowd import Fleet, three
from rollouts import ANNA

from mirror.journal.store import Store


@pytest.fixture
def make(home):
    made = []

    def begun(**changes):
        fleet = Fleet(Store.open(home.store_url), home, three(**changes))
        made.append(fleet)
        fleet.tick()
        fleet.clock.pass_s(3600)
        fleet.tick()
        fleet.desk.resume(ANNA, ("c", "chat"), "its turn")
        fleet.tick()
        return fleet

    yield begun
    for one in made:
        one.store.close()


@pytest.fixture
def fleet(make):
    return make()
