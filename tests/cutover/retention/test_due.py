from dataclasses import replace

from rollouts import ANNA, PROPOSAL
from sqlalchemy import event, select

from cutover.approving import approvals, sign_offs
from cutover.approving.draw import Drawn, Lots, Why
from cutover.people import Deed
from cutover.retention import due, erasing, holds
from cutover.retention.due import Scope
from mirror.journal import tables

ALL = Scope("clinic")
DEED = Deed(ANNA.actor, 1, "x")


def purgeable(world, scope=ALL, limit=100, *, settled=True, decided=True):
    with world.store.read() as conn:
        return due.purgeable(conn, scope, limit, settled=settled, decided=decided)


def test_the_oldest_come_first_and_at_most_so_many(world):
    ids = [world.exchange() for _ in range(3)]
    assert purgeable(world) == ids
    assert purgeable(world, limit=2) == ids[:2]
    assert purgeable(world, Scope("other")) == []
    assert purgeable(world, Scope("clinic", exchange_ids=(ids[1], "none"))) == [ids[1]]
    assert purgeable(world, Scope("clinic", subject="X")) == []


def hold(world, **scope):
    with world.store.write() as conn:
        return holds.place(conn, "clinic", DEED, **scope).id


def test_what_is_held_is_left_out_and_what_is_free_on_both_sides_of_it_comes_in_order(world):
    ids = []
    for _ in range(5):
        ids.append(world.exchange())
        world.clock.pass_s(10)
    with world.store.read() as conn:
        exchange = tables.exchange.c
        query = select(exchange.id, exchange.accepted_us)
        at_us = {id: accepted_us for id, accepted_us in conn.execute(query)}
    hold(world, from_us=at_us[ids[1]], until_us=at_us[ids[3]])
    assert purgeable(world) == [ids[0], ids[3], ids[4]]
    assert purgeable(world, limit=2) == [ids[0], ids[3]]
    hold(world, exchange_id=ids[3])
    assert purgeable(world) == [ids[0], ids[4]]


def test_of_a_tenant_whose_all_is_held_no_exchange_is_read_and_after_it_all_are(world):
    ids = [world.exchange() for _ in range(3)]
    number, asked = hold(world), []
    with world.store.read() as conn:
        event.listen(conn, "before_cursor_execute", lambda *said: asked.append(said[2]))
        assert due.purgeable(conn, ALL, 100, settled=True, decided=True) == []
    assert len(asked) == 1 and "FROM legal_hold" in asked[0]
    with world.store.write() as conn:
        holds.lift(conn, number, DEED)
    assert purgeable(world) == ids


def test_what_an_open_proposal_rests_on_is_kept_where_that_is_asked(world):
    id = world.exchange()
    epoch = world.standing().epoch
    with world.store.write() as conn:
        standing = replace(PROPOSAL, epoch=epoch)
        approvals.propose(conn, standing, world.controller.cabinet.files[world.key].rollout)
    assert purgeable(world) == []
    assert purgeable(world, decided=False) == [id]


def test_what_a_reviewer_is_still_to_read_is_kept_and_what_was_purged_is_not_drawn(world):
    drawn, other = world.exchange(), world.exchange()
    rollout = world.controller.cabinet.files[world.key].rollout
    with world.store.write() as conn:
        lots = Lots("seed", 2, (Drawn(drawn, Why.RANDOM),))
        pair = sign_offs.begin(conn, rollout, lots, DEED).pairs[0]
    assert purgeable(world) == [other]
    assert purgeable(world, decided=False) == [drawn, other]
    with world.store.write() as conn:
        erasing.erase(conn, world.sealer, [other], 99)
        assert [one.exchange_id for one in sign_offs.candidates(conn, world.key)] == [drawn]
        given = sign_offs.Given("rosa", sign_offs.Label.ACCEPTABLE, "", 5)
        sign_offs.give(conn, rollout, pair, given, DEED)
    assert purgeable(world) == [drawn]


def test_what_is_under_way_is_kept_where_that_is_asked(world):
    id = world.exchange(pending=True)
    assert purgeable(world) == []
    assert purgeable(world, settled=False) == [id]


def test_an_erasure_is_counted_before_it_is_done(world):
    held, free, waits = world.exchange(), world.exchange(), world.exchange(pending=True)
    world.clock.pass_s(10)
    lawful = world.clock() - 5_000_000
    young = world.exchange()
    with world.store.write() as conn:
        holds.place(conn, "clinic", Deed(ANNA.actor, 1, "x"), exchange_id=held)
    with world.store.read() as conn:
        found = due.count(conn, ALL, lawful)
        assert due.erasable(conn, ALL, lawful, 100) == [free]
    assert (found.free, found.held, found.by_law, found.under_way) == (1, 1, 1, 1)
    assert young and waits


def test_the_first_that_is_kept_is_told(world):
    with world.store.read() as conn:
        assert due.first_kept_us(conn, "clinic") is None
    world.exchange()
    with world.store.read() as conn:
        assert due.first_kept_us(conn, "clinic") == world.clock() - 500_000
