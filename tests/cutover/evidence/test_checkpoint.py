"""A rollout's evidence as of a recorded session: what whoever takes over begins with."""

from dataclasses import replace

import pytest
from builders import REHEARSAL_RULES
from rollouts import KEY, World

from cutover.evidence import checkpoint
from cutover.evidence.checkpoint import Checkpoint
from cutover.evidence.dossier import Dossier
from cutover.evidence.standing import Standing
from cutover.evidence.tally import Account
from cutover.stages import Stage
from mirror.journal.store import Store

EVERY = 7


@pytest.fixture
def world(home, monkeypatch):
    monkeypatch.setattr(checkpoint, "EVERY", EVERY)
    world = World(Store.open(home.store_url), home)
    world.tick()
    yield world
    world.store.close()


def kept(world):
    with world.store.read() as conn:
        return checkpoint.newest(conn, KEY)


def test_one_is_kept_of_every_so_many_sessions_with_the_sessions_themselves(world):
    world.good(EVERY - 1)
    assert kept(world) is None
    world.good(4)
    one = kept(world)
    assert (one.epoch, one.number) == (1, EVERY)
    world.good(EVERY)
    assert kept(world).number == 2 * EVERY


def test_one_takes_the_place_of_the_one_before_on_both_engines(store):
    one = Checkpoint("clinic", "chat", 1, 5, 9, "b" * 64, "p" * 64, "{}", 1)
    other = replace(one, tenant="other")
    with store.write() as conn:
        checkpoint.write(conn, [one, other])
        checkpoint.write(conn, [replace(one, epoch=2, number=7)])
        checkpoint.write(conn, [])
    with store.read() as conn:
        assert checkpoint.newest(conn, KEY) == replace(one, epoch=2, number=7)
        assert checkpoint.newest(conn, ("other", "chat")) == other
        assert checkpoint.newest(conn, ("none", "chat")) is None


@pytest.mark.parametrize(
    ("recorded", "new", "due"),
    [(5_000, 499, False), (5_000, 500, True), (20_000, 999, False), (20_000, 1_000, True)],
)
def test_of_many_sessions_one_is_kept_whenever_a_twentieth_of_them_is_new(recorded, new, due):
    account = Account.begin(REHEARSAL_RULES, Stage.MIRROR)
    dossier = Dossier(Standing(1, Stage.MIRROR, 0), account, recorded, checked=recorded - new)
    assert (dossier.checkpoint(KEY, 0) is not None) is due
    assert (dossier.checked == recorded) is due
