"""Guesses at a password, as the store counts them."""

import threading

import pytest
from rollouts import ROOT, a_password

from cutover import people
from cutover.identity import guesses
from cutover.identity.guesses import Place
from cutover.people import Role

NOW = 1_000_000_000_000
SECOND = 1_000_000


@pytest.fixture
def store_of_anna(store):
    with store.write() as conn:
        people.add(conn, "anna", [Role.LEAD], by=ROOT, at_us=NOW)
        a_password(conn, "anna")
    return store


def test_guesses_count_until_a_right_one_and_those_that_come_too_early_do_not(store_of_anna):
    with store_of_anna.write() as conn:
        waits = [guesses.begin(conn, "anna", Place.SIGN_IN, NOW) for _ in range(8)]
        assert waits == [0] * 5 + [2] * 3
        assert guesses.begin(conn, "anna", Place.SIGN_IN, NOW + 2 * SECOND) == 0
        assert guesses.begin(conn, "anna", Place.SIGN_IN, NOW + 2 * SECOND) == 4
        guesses.end(conn, "anna", Place.SIGN_IN)
        assert guesses.begin(conn, "anna", Place.SIGN_IN, NOW + 2 * SECOND) == 0


def test_each_place_counts_its_own(store_of_anna):
    with store_of_anna.write() as conn:
        for _ in range(6):
            guesses.begin(conn, "anna", Place.SIGN_IN, NOW)
        assert guesses.begin(conn, "anna", Place.CONFIRM, NOW) == 0
        guesses.end(conn, "anna", Place.CONFIRM)
        assert guesses.begin(conn, "anna", Place.SIGN_IN, NOW) == 2
        guesses.end(conn, "anna")
        assert guesses.begin(conn, "anna", Place.SIGN_IN, NOW) == 0


def test_guesses_that_come_at_once_are_counted_each(store_of_anna):
    waits, together = [], threading.Barrier(8)

    def guess():
        together.wait()
        with store_of_anna.write() as conn:
            waits.append(guesses.begin(conn, "anna", Place.SIGN_IN, NOW))

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(waits) == [0] * 5 + [2] * 3
