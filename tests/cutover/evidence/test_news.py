"""One read of the store a tick, and the same decisions as when each rollout is asked after."""

import random
from dataclasses import replace

import pytest
from builders import REHEARSAL
from rollouts import ANNA, World, a_policy

from cutover import history
from cutover.desk import Yes
from cutover.evidence import course
from cutover.evidence.dossier import REFRESH_US, Dossier
from cutover.evidence.news import News, any_after, deferred, gather
from mirror.exchange import Outcome
from mirror.journal import exchanges
from mirror.journal.home import Home
from mirror.journal.store import Store
from policies.policy import Sessions, Step

TERMS = REHEARSAL.model_copy(
    update={
        "sessions": Sessions(exchanges=2, open_s=20),
        "steps": (
            Step(percent=20, min_served=5, soak_s=7),
            Step(percent=50, min_served=5, soak_s=0, latency_evidence=True),
        ),
    }
)


def test_what_was_compared_and_what_waits_is_told_by_standing(store, home):
    world = World(store, home)
    world.tick()
    with store.read() as conn:
        first = gather(conn, None)
    assert first == News(0, {}, {})
    world.exchange(session="a")
    world.exchange(session="b", pending=True)
    with store.read() as conn:
        news = gather(conn, first.upto)
        again = gather(conn, news.upto)
        anew = gather(conn, None)
    place = ("clinic", "chat", 1)
    assert [row.session for row in news.rows[place]] == ["a"]
    assert [session for session, _ in news.waiting[place]] == ["b"]
    assert again == anew == News(news.upto, {}, news.waiting)


def test_a_transaction_is_begun_when_it_is_asked_for_and_once():
    class Counting:
        begun = 0

        def read(self):
            self.begun += 1
            return open("/dev/null")

    store = Counting()
    with deferred(store):
        pass
    assert store.begun == 0
    with deferred(store) as conn:
        assert conn() is conn()
    assert (store.begun, conn().closed) == (1, True)


def _world(folder):
    home = Home.open(folder)
    world = World(Store.open(home.store_url), home, a_policy(terms=TERMS))
    world.tick()
    return world


def _second(world, chance, open_ones):
    """A second in which anything may come: answers good and bad, late comparisons, losses."""
    for _ in range(chance.randint(0, 3)):
        session = f"s{chance.randint(0, 12)}-{world.count // 15}"
        pending = chance.random() < 0.3
        bad = chance.random() < (0.5 if world.count > 150 else 0.02)
        made = world.exchange(session=session, pending=pending, bad=bad)
        if pending:
            open_ones.append(made)
    if open_ones and chance.random() < 0.4:
        lost = open_ones.pop(chance.randrange(len(open_ones)))
        with world.store.write() as conn:
            exchanges.settle(conn, lost, Outcome.FAILED, "shadow_lost")


def _told(world):
    """All that follows from evidence: the moves with their numbers, and the recorded sessions."""
    with world.store.read() as conn:
        moves = history.moves(conn, world.key)
        epochs = [one.transition.epoch for one in moves]
        sessions = [course.observations(conn, world.key, epoch) for epoch in epochs]
        points = course.points(conn, world.key)
    view = world.view()
    return moves, sessions, points, replace(view, proposal=None, reasons=(), waits_for="")


def _lived(world, seed):
    """What came of each second of one life, and how often somebody looked."""
    chance, open_ones, told = random.Random(seed), [], []
    for _ in range(130):
        world.clock.pass_s(1)
        _second(world, chance, open_ones)
        world.controller.tick()
        if world.view().proposal and chance.random() < 0.5:
            world.desk.approve(ANNA, world.key, world.view().proposal["id"], Yes("fine"))
        told.append(_told(world))
    return told


@pytest.mark.parametrize("seed", [1, 2])
def test_decisions_and_evidence_are_those_of_asking_after_each_rollout(
    tmp_path, monkeypatch, seed
):
    looks = []
    seen = Dossier._seen
    monkeypatch.setattr(Dossier, "_seen", lambda *given: looks.append(1) or seen(*given))
    batched = _lived(_world(tmp_path / "batched"), seed)
    quick = len(looks)
    monkeypatch.setattr(Dossier, "follows", lambda *_: False)
    monkeypatch.setattr(Dossier, "quiet", lambda *_: False)
    plain = _lived(_world(tmp_path / "plain"), seed)
    assert quick < len(looks) - quick
    for one, other in zip(batched, plain, strict=True):
        assert one[:3] == other[:3]
        assert one[3].stage == other[3].stage
    assert len({view.stage for *_, view in plain}) > 1, "nothing moved: the test shows nothing"


def test_a_rollout_without_news_is_left_alone_for_half_a_minute(home, monkeypatch):
    world = World(Store.open(home.store_url), home)
    world.tick()
    world.good(3)
    looks = []
    seen = Dossier._seen
    monkeypatch.setattr(Dossier, "_seen", lambda *given: looks.append(1) or seen(*given))
    world.tick(REFRESH_US // 1_000_000 - 1)
    assert looks == []
    world.tick(2)
    assert len(looks) == 1
    world.good(1)
    assert len(looks) == 2


def test_a_clock_that_was_set_back_keeps_nobody_quiet(home, monkeypatch):
    world = World(Store.open(home.store_url), home)
    world.tick()
    world.good(3)
    looks = []
    seen = Dossier._seen
    monkeypatch.setattr(Dossier, "_seen", lambda *given: looks.append(1) or seen(*given))
    steady = world.clock.now_us
    world.controller.cabinet.now_us = lambda: steady - 86_400_000_000
    world.controller.tick()
    assert len(looks) == 1


def test_what_joined_is_written_at_the_ticks_end_in_one_transaction(home):
    world = World(Store.open(home.store_url), home)
    world.tick()
    world.good(5)
    for _ in range(4):
        world.exchange()
    writes = []
    write = world.store.write
    cabinet = world.controller.cabinet
    cabinet.tenure._store = type(
        "Counted",
        (),
        {"write": lambda _: writes.append(1) or write(), "read": world.store.read},
    )()
    world.controller.tick()
    assert len(writes) <= 2  # the lease, where it was time to renew it, and the evidence
    with world.store.read() as conn:
        assert len(course.observations(conn, world.key, 1)) == 9


def test_whether_something_was_compared_since_a_number_is_told(store, home):
    world = World(store, home)
    world.tick()
    with store.read() as conn:
        assert not any_after(conn, 0)
    world.exchange()
    with store.read() as conn:
        assert any_after(conn, 0)
        assert not any_after(conn, gather(conn, None).upto)
