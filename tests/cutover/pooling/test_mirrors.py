"""Whose mirrors are read, and how much of them."""

from dataclasses import replace

import pytest
from rollouts import ANNA, KEY, World
from sqlalchemy import delete, update

from cutover import tables
from cutover.evidence import stretches
from cutover.evidence.dossier import rules_of
from cutover.evidence.gates import Basis
from cutover.evidence.measure import Stretch, measure_of
from cutover.evidence.stretches import Begun
from cutover.pooling import mirrors
from cutover.pooling.mirrors import Alike
from cutover.pooling.pooled import together
from mirror.candidate import candidate_fingerprint
from mirror.journal.store import Store


@pytest.fixture
def world(home):
    store = Store.open(home.store_url)
    world = World(store, home)
    world.tick()
    world.good(6)
    yield world
    store.close()


def read(world, known=(), tenants=("clinic",), candidate=None):
    declared = world.policy.rollouts[0]
    mine = candidate or candidate_fingerprint(world.policy, declared)
    alike = Alike("chat", mine, ("cloud", "big"), "")
    with world.store.read() as conn:
        return mirrors.found(conn, alike, tenants, rules_of(world.policy, declared), known)


def test_a_mirror_is_read_with_its_sessions_and_what_they_were_compared_with(world):
    (one,) = read(world)
    assert (one.tenant, one.epoch, one.read) == ("clinic", 1, 6)
    assert (one.undone, one.comparators) == (False, "test")
    assert one.shown["errors"].n == 6
    assert one.shown["first_token"].n == 0


def test_what_is_known_is_gone_on_with(world):
    known = read(world)
    world.good(2)
    (one,) = read(world, known)
    assert one is known[0]
    assert one.read == one.shown["errors"].n == 8
    assert one.shown == read(world)[0].shown


def test_other_tenants_and_other_candidates_are_left_out(world):
    assert read(world, tenants=()) == []
    assert read(world, candidate="c" * 64) == []


def test_of_a_mirror_without_a_recorded_candidate_that_of_the_present_attempt_is_known(world):
    with world.store.write() as conn:
        conn.execute(update(tables.transition).values(evidence=""))
    assert len(read(world)) == 1
    with world.store.write() as conn:
        conn.execute(update(tables.transition).values(attempt=7))
    assert read(world) == []


def undone(world):
    return [one.undone for one in read(world)]


def test_what_was_rolled_back_stays_so_when_the_controller_tries_again(world):
    assert undone(world) == [False]
    world.good(20, bad=True)
    assert world.view().stage == "rolled_back"
    assert undone(world) == [True]
    world.clock.pass_s(3_600)
    world.tick()
    assert (world.view().stage, world.view().attempt) == ("mirror", 2)
    assert undone(world) == [True, False]


def test_until_a_person_lets_it_go_on(world):
    world.desk.roll_back(ANNA, KEY, "wrong doses")
    assert undone(world) == [True]
    world.clock.pass_s(3_600)
    world.tick()
    world.desk.resume(ANNA, KEY, "it was a wrong index")
    world.tick()
    assert (world.view().stage, undone(world)) == ("mirror", [False, False])


def test_or_approves_what_it_showed_afterwards(world):
    world.good(20, bad=True)
    world.clock.pass_s(3_600)
    world.tick()
    world.to_canary()
    assert undone(world) == [False, False]


def test_no_more_than_so_many_tenants_are_read_and_one_for_who_asks(world, monkeypatch):
    monkeypatch.setattr(mirrors, "MOST_TENANTS", -1)
    assert read(world) == []
    monkeypatch.setattr(mirrors, "MOST_TENANTS", 0)
    assert len(read(world)) == 1


def test_the_first_sessions_are_folded_once_and_again_where_fewer_count(world):
    rules = rules_of(world.policy, world.policy.rollouts[0])
    (one,) = read(world)
    assert one.first(rules, 4).sessions == 4
    whole = one.first(rules, 6)
    assert whole.gates[1].shown == one.shown["errors"]
    assert one.first(rules, 2).sessions == 2
    assert one.first(rules, 6) == whole


def test_sessions_of_another_measure_are_left_out_and_again_where_a_pool_is_computed_again(
    world,
):
    """Six by the rules of before, and the mirror went on; as after an upgrade, in one mirror."""
    rules = rules_of(world.policy, world.policy.rollouts[0])
    bar = measure_of(replace(rules, basis=Basis.BAR))
    world.good(3, equivalence=0.85)
    with world.store.write() as conn:
        conn.execute(delete(stretches.measure))
        begun = [
            Begun(world.controller.cabinet.file(KEY).rollout, Stretch(1, after, measure), 0)
            for after, measure in ((0, bar), (6, measure_of(rules)))
        ]
        stretches.write(conn, begun)
    (one,) = read(world)
    assert (one.read, one.upto, one.shown["errors"].n) == (3, 9, 3)
    world.good(2, equivalence=0.85)
    read(world, [one])
    assert (one.read, one.upto) == (5, 11)
    pooled = together({("clinic", 1): one.first(rules, 4)}, 1, "")
    with world.store.read() as conn:
        assert mirrors.again(conn, "chat", rules, pooled) == pooled
        before = mirrors.again(conn, "chat", rules, pooled, measured=False)
    assert before.units == pooled.units and before != pooled
