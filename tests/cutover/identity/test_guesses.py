"""Guesses at a password, as the store counts them."""

import threading

import pytest
from rollouts import ROOT, a_password
from sqlalchemy import event

from cutover import people
from cutover.identity import guesses
from cutover.identity.guesses import Place
from cutover.people import Role

NOW = 1_000_000_000_000
SECOND = 1_000_000


def at(later_us=0):
    return lambda: NOW + later_us


@pytest.fixture
def store_of_anna(store):
    with store.write() as conn:
        people.add(conn, "anna", [Role.LEAD], by=ROOT, at_us=NOW)
        a_password(conn, "anna")
    return store


def test_guesses_count_until_a_right_one_and_those_that_come_too_early_do_not(store_of_anna):
    with store_of_anna.write() as conn:
        waits = [guesses.begin(conn, "anna", Place.SIGN_IN, at()) for _ in range(8)]
        assert waits == [0] * 5 + [2] * 3
        assert guesses.begin(conn, "anna", Place.SIGN_IN, at(2 * SECOND)) == 0
        assert guesses.begin(conn, "anna", Place.SIGN_IN, at(2 * SECOND)) == 4
        guesses.end(conn, "anna", Place.SIGN_IN)
        assert guesses.begin(conn, "anna", Place.SIGN_IN, at(2 * SECOND)) == 0


def test_each_place_counts_its_own(store_of_anna):
    with store_of_anna.write() as conn:
        for _ in range(6):
            guesses.begin(conn, "anna", Place.SIGN_IN, at())
        assert guesses.begin(conn, "anna", Place.CONFIRM, at()) == 0
        guesses.end(conn, "anna", Place.CONFIRM)
        assert guesses.begin(conn, "anna", Place.SIGN_IN, at()) == 2
        guesses.end(conn, "anna")
        assert guesses.begin(conn, "anna", Place.SIGN_IN, at()) == 0


def test_guesses_that_come_at_once_are_counted_each(store_of_anna):
    waits, together = [], threading.Barrier(8)

    def guess():
        together.wait()
        with store_of_anna.write() as conn:
            waits.append(guesses.begin(conn, "anna", Place.SIGN_IN, at()))

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(waits) == [0] * 5 + [2] * 3


def test_the_clock_is_read_when_it_is_the_turn_of_a_guess(store_of_anna):
    asked, before = [], []
    with store_of_anna.write() as conn:
        event.listen(conn, "before_cursor_execute", lambda *given: asked.append(given[2]))
        guesses.begin(conn, "anna", Place.SIGN_IN, lambda: before.extend(asked) or NOW)
    assert ["credential" in one for one in before] == [True]


def test_a_clock_that_was_set_back_keeps_nobody_waiting(store_of_anna):
    with store_of_anna.write() as conn:
        for _ in range(5):
            guesses.begin(conn, "anna", Place.SIGN_IN, at(86_400 * SECOND))
        waits = [guesses.begin(conn, "anna", Place.SIGN_IN, at()) for _ in range(2)]
        assert waits == [0, 4]
