"""A controller's time as the one that acts, on two clocks of which only one counts."""

import pytest
from rollouts import Clock

from cutover.lease import LeaseLost
from cutover.refusals import StandsBy
from cutover.tables import lease as table
from cutover.tenure import Led, Tenure


@pytest.fixture
def made(store):
    def make(owner, *, wall=0):
        steady = Clock(now_us=wall)
        return Tenure(store, owner, Clock(now_us=10**15 + wall), steady), steady

    return make


def test_it_is_taken_once_and_kept_by_renewing(made):
    mine, steady = made("a")
    assert mine.ask() is Led.TAKEN
    for _ in range(20):
        steady.pass_s(1)
        assert mine.ask() is Led.KEPT
        assert mine.lease.fence == 1


def test_it_is_not_renewed_at_every_question(made, store):
    mine, steady = made("a")
    mine.ask()
    until = mine.lease.until_us
    steady.pass_s(0.9)
    mine.ask()
    assert mine.lease.until_us == until


def test_it_stops_acting_by_itself_where_it_cannot_renew(made):
    mine, steady = made("a")
    mine.ask()
    steady.pass_s(3)
    with pytest.raises(StandsBy):
        _ = mine.lease
    assert mine.ask() is Led.KEPT  # nobody took it meanwhile


def test_a_standby_whose_clock_is_an_hour_ahead_waits_for_silence(made):
    mine, steady = made("a")
    other, later = made("b", wall=3_600_000_000)
    mine.ask()
    for _ in range(30):
        steady.pass_s(1)
        later.pass_s(1)
        mine.ask()
        assert other.ask() is Led.ANOTHERS
    later.pass_s(2.9)
    assert other.ask() is Led.ANOTHERS
    later.pass_s(0.1)
    assert other.ask() is Led.TAKEN


def test_one_that_was_paused_past_its_lease_writes_nothing_and_stands_by(made):
    mine, _ = made("a")
    other, later = made("b")
    mine.ask()
    other.ask()
    later.pass_s(3)
    assert other.ask() is Led.TAKEN
    # Its own clock stood still with it, so only the store knows.
    with pytest.raises(LeaseLost), mine.writing():
        pass
    assert mine.ask() is Led.KEPT  # not time to renew yet
    mine.end()
    assert mine.ask() is Led.ANOTHERS


def test_what_fails_in_its_transaction_is_not_kept(made, store):
    mine, _ = made("a")
    mine.ask()
    with pytest.raises(ZeroDivisionError), mine.writing() as conn:
        conn.execute(table.update().values(owner="somebody"))
        raise ZeroDivisionError
    with mine.writing():  # the owner in the store is still this one
        pass


def test_given_back_it_is_anothers_at_once(made):
    mine, _ = made("a")
    other, _ = made("b")
    mine.ask()
    mine.release()
    assert other.ask() is Led.TAKEN
    mine.release()  # has nothing to give back
    assert other.lease.fence == 2


def test_after_having_stopped_it_begins_anew(made):
    mine, _ = made("a")
    mine.ask()
    mine.end()
    assert mine.ask() is Led.TAKEN
    assert mine.lease.fence == 1
