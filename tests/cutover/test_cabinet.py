"""The files of the controller that acts: never ahead of the store, gone with the lease."""

import pytest
from rollouts import ANNA, KEY, World, a_policy
from sqlalchemy.exc import IntegrityError

from cutover import history
from cutover.evidence import course
from cutover.people import CONTROLLER, Deed
from cutover.refusals import StandsBy, UnknownRollout
from cutover.stages import Signal
from mirror.journal.store import Store, StoreError


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    yield world
    store.close()


def test_a_failed_change_is_forgotten_and_read_again(world):
    cabinet = world.controller.cabinet
    file = cabinet.file(KEY)
    deed = Deed(CONTROLLER, world.clock(), "for the test")
    with pytest.raises(ZeroDivisionError), cabinet.changing(file) as conn:
        cabinet.move(conn, file, Signal.ROLL_BACK, deed)
        raise ZeroDivisionError
    assert file.rollout.stage == "rolled_back"  # the dropped file was ahead of the store
    assert cabinet.file(KEY).rollout.stage == "mirror"
    assert world.view().stage == "mirror"


def test_who_rolled_back_is_told_until_it_is_resumed_and_of_what_a_restart_reads_again(world):
    def moved(cabinet, signal, by):
        with cabinet.changing(cabinet.file(KEY)) as conn:
            cabinet.move(
                conn, cabinet.file(KEY), signal, Deed(by, world.clock(), "it reads ill")
            )

    def told(cabinet):
        back = cabinet.file(KEY).rolled_back
        return back and (back.by, back.reason)

    cabinet = world.controller.cabinet
    moved(cabinet, Signal.ROLL_BACK, ANNA.actor)
    assert told(cabinet) == ("anna", "it reads ill")
    cabinet.release()
    other = world.another("other")
    other.tick()
    assert told(other.cabinet) == ("anna", "it reads ill")
    moved(other.cabinet, Signal.RETRY, ANNA.actor)
    assert other.cabinet.file(KEY).rollout.stage == "mirror"
    assert told(other.cabinet) is None


def test_a_change_by_somebody_else_is_seen_after_one_refusal(world):
    cabinet = world.controller.cabinet
    with world.store.write() as conn:
        history.record_hold(
            conn, history.rollouts(conn)[KEY], Deed(CONTROLLER, 1, "from elsewhere")
        )
    file = cabinet.file(KEY)
    with pytest.raises(history.StaleRollout), cabinet.changing(file) as conn:
        cabinet.move(conn, file, Signal.STOP, Deed(CONTROLLER, 2, "x"))
    assert cabinet.file(KEY).rollout.hold_reason == "from elsewhere"


def test_a_lease_that_ended_is_no_lease(world):
    world.clock.pass_s(60)
    with pytest.raises(StandsBy):
        world.controller.cabinet.file(KEY)
    world.controller.tick()
    assert world.controller.cabinet.file(KEY)


def test_a_released_lease_lets_the_next_one_act_at_once(world):
    world.controller.cabinet.release()
    other = world.another("other")
    other.tick()
    assert other.acting
    assert not world.controller.acting


def test_only_rollouts_of_the_policy_have_a_file_to_give(world):
    with pytest.raises(UnknownRollout, match="no rollout other/chat in the policy"):
        world.controller.cabinet.file(("other", "chat"))


def test_terms_and_candidate_are_those_of_the_policy(world):
    cabinet = world.controller.cabinet
    file = cabinet.file(KEY)
    assert cabinet.terms(file) == a_policy().terms
    assert cabinet.bound(file).candidate == file.rollout.candidate
    file.declared = None
    assert cabinet.terms(file) == a_policy().terms


def recorded(world):
    with world.store.read() as conn:
        return course.sessions(conn, KEY, 1)


def test_evidence_that_the_store_did_not_take_is_written_by_the_next_tick_and_nothing_is_read_again(
    world, monkeypatch
):
    world.good(2)
    cabinet = world.controller.cabinet
    file, dossier = cabinet.file(KEY), cabinet.file(KEY).dossier

    def away(*_):
        raise StoreError("away")

    monkeypatch.setattr(course, "write", away)
    world.good(1)
    assert (recorded(world), bool(file.unwritten)) == (2, True)
    monkeypatch.undo()
    world.good(1)
    assert recorded(world) == 4
    assert cabinet.file(KEY).dossier is dossier


def test_evidence_that_another_wrote_is_read_again(world, monkeypatch):
    world.good(2)
    dossier, write = world.controller.cabinet.file(KEY).dossier, course.write

    def twice(conn, evidence):
        some = list(evidence)
        write(conn, some)
        write(conn, some)

    monkeypatch.setattr(course, "write", twice)
    with pytest.raises(IntegrityError):
        world.good(1)
    monkeypatch.undo()
    world.good(1)
    assert recorded(world) == 4
    assert world.controller.cabinet.file(KEY).dossier is not dossier
