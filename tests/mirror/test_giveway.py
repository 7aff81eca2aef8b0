import os

import pytest

from mirror.board import SharedBoard
from mirror.capacity import Load, Rank
from mirror.giveway import GiveWay
from mirror.slots import Slots
from policies.capacity import Capacity

PEOPLE, BATCH, COPY = Rank


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def sides(tmp_path):
    """What gives way, its clock, and the clients' slots in another process."""
    with SharedBoard(tmp_path) as here, SharedBoard(tmp_path) as there:
        caps = {"gpu": Capacity(in_flight=4, copies=3), "cloud": Capacity()}
        clock = Clock()
        yield GiveWay(Slots(caps, here), clock), clock, Slots(caps, there)


def copies(giveway, number):
    assert all(giveway.slots.take("gpu", COPY) for _ in range(number))


def test_while_no_client_is_short_of_a_place_copies_take_what_is_left(sides):
    giveway, _, clients = sides
    assert (giveway.room("gpu"), giveway.room("cloud"), giveway.look()) == (3, 64, {})
    assert clients.take("gpu", PEOPLE) and clients.take("gpu", PEOPLE)
    assert (giveway.room("gpu"), giveway.look()) == (2, {})


@pytest.mark.parametrize("rank", [PEOPLE, BATCH])
def test_for_each_client_that_waits_one_copy_is_taken_back_and_no_other_goes(sides, rank):
    giveway, clock, clients = sides
    copies(giveway, 3)
    assert clients.take("gpu", PEOPLE)
    for _ in range(2):
        clients.queue("gpu", rank, 1)
    assert giveway.look() == {"gpu": 2}
    clients.queue("gpu", rank, -2)
    assert giveway.room("gpu") == 0
    giveway.slots.give("gpu", COPY)
    assert giveway.room("gpu") == 0  # still in the pause
    clock.now += 1
    assert (giveway.look(), giveway.room("gpu")) == ({}, 1)


def test_for_each_client_that_was_turned_away_since_the_last_look_too(sides):
    giveway, _, clients = sides
    clients.turn_away("gpu")
    assert giveway.look() == {} and giveway.room("gpu") == 3  # that was before our time
    copies(giveway, 3)
    assert clients.take("gpu", PEOPLE)
    clients.turn_away("gpu")
    assert giveway.look() == {"gpu": 1}
    assert giveway.look() == {}


def test_no_copy_is_taken_back_where_it_would_help_nobody(sides):
    giveway, _, clients = sides
    copies(giveway, 1)
    clients.queue("gpu", BATCH, 1)  # another cap than that of all binds it
    assert giveway.look() == {} and giveway.room("gpu") == 0
    clients.queue("cloud", PEOPLE, 1)
    assert giveway.look() == {} and giveway.room("cloud") == 0


def test_one_who_waits_in_a_process_that_died_is_forgotten(sides):
    giveway, _, clients = sides
    copies(giveway, 3)
    clients.take("gpu", PEOPLE)
    clients.queue("gpu", PEOPLE, 1)
    dead = clients.board
    os.close(dead._lock)  # as the system does when it kills a process
    assert giveway.look() == {}
    assert giveway.slots.load("gpu") == Load((0, 0, 3))
    dead._lock = os.open("/dev/null", os.O_RDONLY)


def test_a_429_pauses_copies_longer_each_time(sides):
    giveway, clock, _ = sides
    for wait_s in (1, 2, 4):
        giveway.busy("gpu")
        assert giveway.room("gpu") == 0 and giveway.room("cloud") == 64
        clock.now += wait_s - 0.01
        assert giveway.room("gpu") == 0
        clock.now += 0.02
        assert giveway.room("gpu") == 3
