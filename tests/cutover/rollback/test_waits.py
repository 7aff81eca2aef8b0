"""Waits of a rollback are told and remembered by the event log, each of its own standing."""

from dataclasses import replace

from builders import rollout

from cutover.people import CONTROLLER, Deed
from cutover.rollback import waits
from cutover.rollback.waits import Cause, Wait
from cutover.stages import Stage

AT = 1_700_000_000_000_000
DEED = Deed(CONTROLLER, AT + 5_000_000, "because")


def known(store, at):
    with store.read() as conn:
        return waits.begun(conn, at)


def test_a_wait_is_remembered_until_it_is_over_and_then_as_over(store):
    at = rollout(Stage.CANARY)
    with store.write() as conn:
        waits.begin(conn, at, Cause.BLAME, Wait(AT, AT + 9), DEED)
        waits.begin(conn, at, Cause.PRIMARY, Wait(AT, answers=True), DEED)
    assert known(store, at) == {
        Cause.BLAME: Wait(AT, AT + 9),
        Cause.PRIMARY: Wait(AT, answers=True),
    }
    with store.write() as conn:
        waits.end(conn, at, Cause.BLAME, Wait(AT), DEED)
    assert known(store, at)[Cause.BLAME] == Wait(AT, AT + 9, over=True)


def test_another_standing_and_another_rollout_know_nothing_of_it(store):
    at = rollout(Stage.CANARY)
    with store.write() as conn:
        waits.begin(conn, at, Cause.BLAME, Wait(AT), DEED)
        waits.alarm(conn, at, DEED)
    assert known(store, at.after("roll_back", AT)) == {}
    assert known(store, replace(at, route="audio")) == {}
