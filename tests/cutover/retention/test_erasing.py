import threading
from dataclasses import replace

import pytest
from builders import accepted, replied
from deployed import until
from rollouts import ANNA
from sqlalchemy import select

from cutover.people import Deed
from cutover.retention import erasing
from mirror.exchange import Leg
from mirror.journal import exchanges, tables
from mirror.journal.keys.ring import KeyDestroyed, Ring
from mirror.journal.keys.tables import payload_key

DEED = Deed(ANNA.actor, 77, "asked for")


def test_an_exchange_that_was_erased_keeps_its_row_and_its_score(world, seen):
    erased, other = world.exchange(bad=True), world.exchange()
    with world.store.write() as conn:
        erasing.erase(conn, world.sealer, [erased], 99)
    assert (seen.kept(erased), seen.kept(other)) == (False, True)
    with world.store.read() as conn:
        row = conn.execute(select(tables.exchange).where(tables.exchange.c.id == erased)).one()
        found = exchanges.load(conn, erased, None)
    assert (row.purged_us, row.outcome, row.headers) == (99, "compared", "{}")
    assert found.replies[Leg.SERVED].status == 200


def test_an_answer_that_comes_late_leaves_nothing(store, home, world):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1), world.sealer)
        erasing.erase(conn, world.sealer, ["e000001"], 99)
        exchanges.record_reply(conn, replied(1, body=b"late words"), world.sealer)
        assert conn.scalar(select(tables.reply.c.body)) == b""


def test_a_months_key_stays_for_a_day_after_its_end(world, store):
    erased, end_us = world.exchange(), 1_701_388_800_000_000  # December 2023
    with store.write() as conn:
        erasing.erase(conn, world.sealer, [erased], 99)
        day_us = erasing.GRACE_US
        assert erasing.destroy_months(conn, "clinic", end_us + day_us - 1, DEED) == []
        assert erasing.destroy_months(conn, "clinic", end_us + day_us, DEED) == [202311]


def test_months_of_which_something_is_kept_keep_their_key(world, store):
    first = world.exchange()
    world.clock.pass_s(40 * 86_400)
    world.exchange()
    now_us = world.clock() + 62 * 86_400_000_000
    with store.write() as conn:
        assert erasing.destroy_months(conn, "clinic", now_us, DEED) == []
        erasing.erase(conn, world.sealer, [first], 99)
        assert erasing.destroy_months(conn, "clinic", now_us, DEED) == [202311]
        assert erasing.destroy_months(conn, "clinic", now_us, DEED) == []
        left = conn.execute(select(payload_key).order_by(payload_key.c.month)).all()
    assert [(row.month, row.wrapped == b"", row.destroyed_us) for row in left] == [
        (202311, True, 77),
        (202312, False, None),
    ]


def ended_month(world):
    """A month of which nothing is kept any more, two months ago; a transaction may destroy its key."""
    erased, now_us = world.exchange(), world.clock() + 62 * 86_400_000_000
    with world.store.write() as conn:
        erasing.erase(conn, world.sealer, [erased], 99)
    return now_us


def test_a_month_whose_key_was_destroyed_never_gets_another(world, store):
    now_us = ended_month(world)
    with store.write() as conn:
        assert erasing.destroy_months(conn, "clinic", now_us, DEED) == [202311]
    for ring in (world.sealer.ring, Ring(world.sealer.ring.keys)):  # at work, and begun later
        with store.write() as conn, pytest.raises(KeyDestroyed):
            exchanges.record_accept(conn, accepted(7), replace(world.sealer, ring=ring))
    with store.read() as conn:
        assert conn.scalars(select(payload_key.c.month)).all() == [202311]


def test_what_comes_into_the_store_just_then_keeps_its_months_key(world, store):
    if not store.shared:
        pytest.skip("SQLite has one writer at a time")
    now_us, destroyed = ended_month(world), []

    def destroy():
        with store.write() as conn:
            destroyed.append(erasing.destroy_months(conn, "clinic", now_us, DEED))

    thread = threading.Thread(target=destroy)
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(7), world.sealer)
        thread.start()
        until(lambda: waits_for_a_lock(store))
    thread.join()
    assert destroyed == [[]]
    with store.read() as conn:
        assert exchanges.load(conn, "e000007", world.sealer).accept.body


def waits_for_a_lock(store):
    with store.read() as conn:
        return conn.exec_driver_sql("SELECT 1 FROM pg_locks WHERE NOT granted").first()
