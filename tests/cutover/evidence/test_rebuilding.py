"""A rollout's dossier as the store tells it: with a checkpoint and without, it is the same."""

import json

import pytest
from rollouts import KEY, World
from sqlalchemy import update

from cutover.evidence import checkpoint, course, dossier, rebuilding
from cutover.evidence.dossier import rules_of
from cutover.evidence.rebuilding import Rebuilding, rebuild
from mirror.exchange import Side
from mirror.journal.store import Store

EVERY = 7
DAY_US = 86_400_000_000


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


def taken_over(world, name, monkeypatch):
    """Another controller after its first look, and the numbers after which it read sessions."""
    read, real = [], course.observations

    def observations(conn, key, epoch, after=0, limit=None):
        found = real(conn, key, epoch, after, limit)
        read.append((epoch, after, len(found)))
        return found

    world.controller.cabinet.release()
    another = world.another(name)
    with monkeypatch.context() as patch:
        patch.setattr(course, "observations", observations)
        world.clock.pass_s(1)
        another.tick()
    return another, read


def of(controller):
    """What a controller knows of the rollout's evidence, and how far it has read for it."""
    dossier = controller.cabinet.file(KEY).dossier
    book = dossier.account.book
    rows = {row.exchange_id for one in book.running.values() for row in one.rows}
    sums = (
        dossier.account.closed,
        dict(dossier.account.carried),
        book.counted,
        book.joined(),
        rows,
    )
    return sums, (dossier.recorded, dossier.after_number, dossier.yardstick, dossier.bound)


def without(world):
    """The same, when all sessions are added up once more."""
    with world.store.write() as conn:
        conn.execute(checkpoint.checkpoint.delete())
    world.controller.cabinet.files.clear()
    world.controller.cabinet._whole = False
    world.controller.tick()
    return of(world.controller)


@pytest.mark.parametrize("sessions", [EVERY, EVERY + 3])
def test_who_takes_over_reads_only_what_came_after_it_and_comes_to_the_same(
    world, monkeypatch, sessions
):
    for number in range(sessions):
        world.good(1, **({"bad": True} if number == 3 else {}))
    world.exchange(pending=True)
    before = of(world.controller)
    world.controller, read = taken_over(world, "second", monkeypatch)
    assert read == [(1, EVERY, sessions - EVERY)]
    found = of(world.controller)
    assert found[0] == before[0] and found[1][0] == before[1][0]
    verdict = world.controller.cabinet.file(KEY).told
    assert without(world)[0] == found[0]
    assert world.controller.cabinet.file(KEY).told == verdict


def test_through_all_stages_each_who_takes_over_comes_to_what_all_sessions_say(
    world, monkeypatch
):
    world.until_proposed()
    world.controller, _ = taken_over(world, "second", monkeypatch)
    assert world.approve().applied
    for stage in ("canary", "live"):
        for _ in range(400):
            world.good(1, serving=Side.CANDIDATE)
            if world.view().proposal:
                world.approve()
            if world.view().stage == stage:
                break
        world.good(3, serving=Side.CANDIDATE)
        world.controller, read = taken_over(world, stage, monkeypatch)
        assert all(many <= 2 * EVERY for _, _, many in read)
        found = of(world.controller)
        assert without(world)[0] == found[0]
        assert found[0][1], "what mirror showed is carried"


def test_after_a_session_of_a_wrong_clock_who_takes_over_hears_all_that_others_stamp(
    world, monkeypatch
):
    world.good(1, ahead_us=30 * DAY_US)
    world.good(EVERY)
    before = of(world.controller)
    world.controller, read = taken_over(world, "second", monkeypatch)
    assert read == [(1, EVERY, 1)]
    assert of(world.controller)[0] == before[0]
    world.good(5)
    assert world.controller.cabinet.file(KEY).dossier.recorded == EVERY + 6
    found = of(world.controller)
    assert without(world)[0] == found[0]


def test_one_that_the_rules_of_today_would_not_have_come_to_is_not_taken_back(
    world, monkeypatch
):
    world.good(EVERY + 1)
    with world.store.write() as conn:
        conn.execute(update(checkpoint.checkpoint).values(basis="0" * 64))
    before = of(world.controller)
    world.controller, read = taken_over(world, "second", monkeypatch)
    assert read == [(1, 0, EVERY + 1)]
    assert of(world.controller)[0] == before[0]


def test_one_of_another_attempt_or_shape_is_not_taken_back(world, monkeypatch):
    world.good(EVERY)
    for values in (
        {"epoch": 9},
        {"body": json.dumps(json.loads(kept(world).body) | {"tally": {"is": "Pace"}})},
    ):
        with world.store.write() as conn:
            conn.execute(update(checkpoint.checkpoint).values(**values))
        world.controller, read = taken_over(world, str(values)[:20], monkeypatch)
        assert read == [(1, 0, EVERY)]
        with world.store.write() as conn:
            conn.execute(update(checkpoint.checkpoint).values(epoch=1))


def in_slices(world, rules, stop=lambda step: None):
    """The dossier as steps of one transaction each make it, and what it told on the way."""
    file = world.controller.cabinet.file(KEY)
    with world.store.read() as conn:
        on_its_way = Rebuilding.begin(conn, rules, file.rollout)
    told, made = [], None
    while made is None:
        told.append(on_its_way.sentence)
        stop(len(told))
        with world.store.read() as conn:
            made = on_its_way.step(conn)
    return made, told


def seen(world, made):
    """What a look at it finds, and what it is made of."""
    file = world.controller.cabinet.file(KEY)
    with world.store.read() as conn:
        views, late = made.look(conn, file.rollout, world.clock())
    book = made.account.book
    parts = (made.account.closed, made.account.carried, book.counted, book.joined())
    return views, late, parts, (made.recorded, made.after_number, made.taken, made.yardstick)


@pytest.mark.parametrize("slice_of", [1, 3, 7])
def test_what_is_added_up_in_slices_is_what_one_go_adds_up(world, monkeypatch, slice_of):
    for number in range(3 * EVERY + 2):
        world.good(1, **({"bad": True} if number % 5 == 3 else {}))
    world.exchange(pending=True)
    rules = rules_of(world.policy, world.policy.rollouts[0])
    for place in ("with a checkpoint", "without"):
        if place == "without":
            with world.store.write() as conn:
                conn.execute(checkpoint.checkpoint.delete())
        with world.store.read() as conn:
            at_once = rebuild(conn, rules, world.controller.cabinet.file(KEY).rollout)
        with monkeypatch.context() as patch:
            patch.setattr(rebuilding, "SLICE", slice_of)
            patch.setattr(dossier, "BATCH", slice_of)
            made, told = in_slices(world, rules)
        assert len(told) >= 2, place
        assert seen(world, made) == seen(world, at_once), place


def test_what_is_compared_while_it_is_added_up_is_part_of_it(world, monkeypatch):
    for _ in range(2 * EVERY):
        world.good(1)
    with world.store.write() as conn:
        conn.execute(checkpoint.checkpoint.delete())
    rules = rules_of(world.policy, world.policy.rollouts[0])
    monkeypatch.setattr(rebuilding, "SLICE", 5)
    monkeypatch.setattr(dossier, "BATCH", 5)

    def meanwhile(step):
        if step in (2, 5):
            world.exchange()

    made, told = in_slices(world, rules, meanwhile)
    assert told[1] == "its evidence is added up anew: 5 of 14 sessions so far"
    with world.store.read() as conn:
        at_once = rebuild(conn, rules, world.controller.cabinet.file(KEY).rollout)
    assert seen(world, made) == seen(world, at_once)
    assert made.taken == 16
