"""Evidence computed again from the ledger, against what was recorded."""

import json

import pytest
from rollouts import KEY, World
from sqlalchemy import delete, update

from compare import ledger
from cutover import tables
from cutover.evidence import dossier, observed
from cutover.evidence.again import Outcome
from cutover.evidence.replay import outcome, replay
from mirror.journal.store import Store


@pytest.fixture
def world(home):
    """Through mirror into canary, with conversations and an open session at the moves, and rolled back."""
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    for number in range(3):
        world.exchange(session="talk")
        world.good(number)
    world.to_canary()
    world.good(3)
    world.exchange(session="slow", pending=True)  # all that follow stand in the tail
    world.until("rolled_back", bad=True)
    yield world
    store.close()


def again(world, known=True, wanted=None):
    def rules_of(sha256):
        fits = sha256 in ("", world.controller.cabinet.policy_sha256)
        rules = dossier.rules_of(world.policy, world.policy.rollouts[0])
        return rules if fits and known else None

    with world.store.read() as conn:
        return list(replay(conn, KEY, rules_of, wanted))


def change(world, statement):
    with world.store.write() as conn:
        conn.execute(statement)


def test_all_that_was_recorded_comes_out_again_number_for_number(world):
    found = again(world)
    assert [(one.attempt, one.standing.stage.value) for one in found] == [
        (1, "mirror"),
        (1, "canary"),
    ]
    assert [one.moved.transition.signal.value for one in found] == ["enter_canary", "roll_back"]
    assert [(one.evidence.outcome, one.verdict.outcome) for one in found] == [
        (Outcome.EQUAL, Outcome.EQUAL)
    ] * 2
    assert outcome(found) is Outcome.EQUAL


def test_a_comparison_that_was_changed_is_found_and_its_session_named(world):
    table = ledger.comparisons
    change(world, update(table).where(table.c.session == "s8").values(equivalence=0.5))
    mirror, canary = again(world)
    assert mirror.evidence.outcome is Outcome.DIFFERS
    assert "(s8): apart recorded 0.05" in mirror.evidence.why
    assert "badness recorded {'equivalence': 0.5" in mirror.evidence.why
    assert canary.evidence.outcome is Outcome.EQUAL
    assert outcome([mirror, canary]) is Outcome.DIFFERS


def test_a_comparison_that_is_gone_is_a_gap(world):
    table = ledger.comparisons
    change(world, delete(table).where(table.c.session == "s8"))
    mirror, _ = found = again(world)
    assert mirror.evidence.outcome is Outcome.GAP
    assert "(s8): its one exchange is gone" in mirror.evidence.why
    assert outcome(found) is Outcome.GAP


def test_a_recorded_session_that_was_changed_changes_the_verdict_too(world):
    table = tables.observation
    with world.store.read() as conn:
        row = conn.execute(table.select().where(table.c.session == "s8")).one()
    values = json.loads(row.values)
    values["badness"]["equivalence"] = 0.1
    where = (table.c.epoch == row.epoch, table.c.number == row.number)
    change(world, update(table).where(*where).values(values=json.dumps(values)))
    mirror, _ = again(world)
    assert mirror.evidence.outcome is Outcome.DIFFERS
    assert mirror.verdict.outcome is Outcome.DIFFERS
    assert "evidence recorded" in mirror.verdict.why


def test_a_recorded_session_that_is_gone_is_a_gap_in_both(world):
    table = tables.observation
    change(world, delete(table).where(table.c.session == "s8"))
    mirror, _ = again(world)
    assert mirror.evidence.outcome is Outcome.GAP
    assert "session 6 is missing: the next is 7" in mirror.evidence.why
    assert mirror.verdict.outcome is Outcome.GAP


def test_a_move_with_another_verdict_than_its_evidence_gives_is_found(world):
    table = tables.transition
    with world.store.read() as conn:
        row = conn.execute(table.select().where(table.c.signal == "roll_back")).one()
    forged = row.evidence.replace("shown to be worse", "shown to be better")
    assert forged != row.evidence
    change(world, update(table).where(table.c.id == row.id).values(evidence=forged))
    _, canary = again(world)
    assert canary.verdict.outcome is Outcome.DIFFERS
    assert canary.evidence.outcome is Outcome.EQUAL


def test_without_the_policy_of_the_time_there_is_nothing_to_compute_with(world):
    (mirror,) = again(world, known=False)
    assert mirror.evidence.outcome is Outcome.GAP
    assert "policy" in mirror.evidence.why


def test_what_a_person_moved_before_any_look_has_no_verdict_behind_it(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.good(2)
    world.clock.pass_s(1)
    (mirror,) = again(world)
    assert (mirror.moved, mirror.verdict.outcome) == (None, Outcome.NOTHING)
    assert (mirror.evidence.outcome, mirror.sessions) == (Outcome.EQUAL, 2)
    store.close()


def test_behind_a_wanted_move_the_same_comes_out_as_of_all_and_of_no_other(world, monkeypatch):
    canary = again(world)[1]
    entered, rolled_back = [one.moved.transition.epoch for one in again(world)]
    read = []
    exchanges = observed.exchanges

    def told(conn, key, standing, yardstick):
        read.append(standing.stage.value)
        return exchanges(conn, key, standing, yardstick)

    monkeypatch.setattr(observed, "exchanges", told)
    assert again(world, wanted={rolled_back}) == [canary]
    assert read == ["canary"]
    assert [one.standing.stage.value for one in again(world, wanted={entered})] == ["mirror"]
    assert again(world, wanted={99}) == []
    assert read == ["canary", "mirror"]
