"""Whether a checkpoint says what its sessions say."""

import json

import pytest
from rollouts import KEY, World
from sqlalchemy import update

from cutover.evidence import checkpoint
from cutover.evidence.again import Outcome
from cutover.evidence.dossier import rules_of
from cutover.evidence.replay import outcome, replay
from cutover.moves import policy_digest
from mirror.journal.store import Store

EVERY = 7
DAY_US = 86_400_000_000


@pytest.fixture
def world(home, monkeypatch):
    monkeypatch.setattr(checkpoint, "EVERY", EVERY)
    world = World(Store.open(home.store_url), home)
    world.tick()
    world.good(EVERY + 2)
    yield world
    world.store.close()


def replayed(world):
    rules = rules_of(world.policy, world.policy.rollouts[0])
    known = {policy_digest(world.policy): rules, "": rules}
    with world.store.read() as conn:
        return list(replay(conn, KEY, known.get))


def tampered(world, change):
    with world.store.write() as conn:
        body = json.loads(checkpoint.newest(conn, KEY).body)
        change(body)
        conn.execute(update(checkpoint.checkpoint).values(body=json.dumps(body)))


def test_one_that_agrees_with_its_sessions_is_equal(world):
    assert checkpoint_of(world).number == EVERY
    (found,) = replayed(world)
    assert found.evidence.outcome is Outcome.EQUAL


def checkpoint_of(world):
    with world.store.read() as conn:
        return checkpoint.newest(conn, KEY)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda body: body["tally"].update(served=3), "served"),
        (lambda body: body["tally"]["gates"][1].update(total=0.5), "gates"),
        (lambda body: body["carried"].update(errors=99.0), "carried"),
        (lambda body: body["days"].update({"0": []}), "days"),
        (lambda body: body["done"].update(nobody=1), "done"),
        (lambda body: body["astray"].update(nobody=[1]), "astray"),
        (lambda body: body.update(newest_us=1 << 60), "newest_us"),
    ],
)
def test_one_that_says_otherwise_differs_and_what_is_named(world, change, named):
    tampered(world, change)
    found = replayed(world)
    assert outcome(found) is Outcome.DIFFERS
    assert (
        found[0].evidence.why
        == f"the checkpoint of {EVERY} sessions: {named} recorded otherwise"
    )


def test_one_of_more_sessions_than_there_are_is_a_gap(world):
    with world.store.write() as conn:
        conn.execute(update(checkpoint.checkpoint).values(number=99))
    found = replayed(world)
    assert outcome(found) is Outcome.GAP
    assert "9 of its sessions are there" in found[0].evidence.why


def test_one_of_rules_that_nobody_has_is_taken_back_by_nobody_and_says_nothing(world):
    tampered(world, lambda body: body["tally"].update(served=3))
    with world.store.write() as conn:
        conn.execute(update(checkpoint.checkpoint).values(basis="0" * 64))
    assert outcome(replayed(world)) is Outcome.EQUAL


def test_one_of_before_wrong_clocks_were_told_is_taken_back_by_nobody_and_says_nothing(world):
    tampered(world, lambda body: [body.pop(name) for name in ("newest_us", "astray")])
    assert outcome(replayed(world)) is Outcome.EQUAL
    world.controller.cabinet.release()
    world.controller = world.another("second")
    world.tick()
    assert world.controller.cabinet.file(KEY).dossier.recorded == EVERY + 2


def test_one_with_a_session_that_a_wrong_clock_stamped_is_equal(world):
    world.good(1, ahead_us=30 * DAY_US)
    world.good(EVERY)
    assert checkpoint_of(world).number == 2 * EVERY
    assert json.loads(checkpoint_of(world).body)["astray"]
    assert outcome(replayed(world)) is Outcome.EQUAL
