"""Whose mirrors are read, and how much of them."""

import pytest
from rollouts import ANNA, KEY, World
from sqlalchemy import update

from cutover import tables
from cutover.evidence.dossier import rules_of
from cutover.pooling import mirrors
from cutover.pooling.mirrors import Alike
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
