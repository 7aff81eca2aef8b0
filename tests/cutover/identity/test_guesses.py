"""Guesses at a password, as the store counts them."""

import threading

import pytest
from rollouts import ROOT, a_password
from sqlalchemy import event, func, select

from cutover import people
from cutover.identity import guesses, lockout
from cutover.identity.guesses import Place
from cutover.identity.tables import guess as table
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


HOME, AWAY = "10.0.0.1", "10.0.0.2"


def guess_from(conn, address, later_us=0):
    return guesses.begin(conn, "anna", Place.SIGN_IN, at(later_us), address)


def test_who_guesses_without_end_at_one_address_keeps_nobody_out_at_another(store_of_anna):
    with store_of_anna.write() as conn:
        for minute in range(600):
            guess_from(conn, AWAY, minute * 60 * SECOND)
            if minute % 60 == 0:
                assert guess_from(conn, HOME, minute * 60 * SECOND) == 0
                guesses.end(conn, "anna", Place.SIGN_IN, HOME)
        assert guess_from(conn, AWAY, 600 * 60 * SECOND) > 0


def test_a_right_one_at_one_address_ends_the_wait_of_no_other(store_of_anna):
    with store_of_anna.write() as conn:
        waits = [guess_from(conn, AWAY) for _ in range(6)]
        guesses.end(conn, "anna", Place.SIGN_IN, HOME)
        assert (waits[-1], guess_from(conn, AWAY)) == (2, 2)


def test_all_addresses_together_have_a_bound_and_one_more_each_minute(store_of_anna):
    with store_of_anna.write() as conn:
        free = [guess_from(conn, f"10.1.0.{number}") for number in range(lockout.MANY)]
        assert set(free) == {0}
        assert [guess_from(conn, HOME, s * SECOND) for s in (0, 59, 60, 61)] == [60, 1, 0, 59]


def test_what_an_address_guessed_is_forgotten_after_a_day(store_of_anna):
    with store_of_anna.write() as conn:
        for number in range(9):
            guess_from(conn, f"10.1.0.{number}")
        guess_from(conn, HOME, guesses.FORGOTTEN_US + 1)
        assert conn.execute(select(func.count()).select_from(table)).scalar_one() == 2
