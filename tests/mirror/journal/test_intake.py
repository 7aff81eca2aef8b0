import json
import os

import pytest
from builders import accepted, replied
from row_locks import free_at_the_first_change
from sqlalchemy import select, update

from mirror.exchange import Leg, Outcome
from mirror.journal import events, exchanges, intake, queue, tables
from mirror.journal.frames import Damage, Lost
from mirror.journal.intake import Overtaken
from mirror.journal.segments import Entry
from mirror.journal.store import StoreError
from mirror.journal.together import Twice

NOW = 1_700_000_000_000_000


@pytest.fixture
def taking(store, sealer):
    """Takes records of a folder as the drainer does: apart where the store has one of them already."""

    def take(*records, folder="proxy-1"):
        try:
            with store.write() as conn:
                intake.take(conn, folder, [Entry(record, 0) for record in records], sealer, NOW)
        except Twice:
            for record in records:
                take(record, folder=folder)

    return take


def gaps(store):
    with store.read() as conn:
        bodies = [json.loads(event.body) for event in events.read(conn, "")]
    return [(body["type"], body["reason"], body["details"]) for body in bodies]


def ledger(store):
    with store.read() as conn:
        return exchanges.ledger(conn)["clinic", "chat"]


def test_a_position_moves_only_from_where_it_was_read(store):
    with store.write() as conn:
        assert intake.position(conn, "a/1") == 0
        intake.advance(conn, "a/1", 0, 10)
        intake.advance(conn, "a/1", 10, 20)
        assert intake.position(conn, "a/1") == 20
    for stale in (0, 10):
        with pytest.raises(Overtaken), store.write() as conn:
            intake.advance(conn, "a/1", stale, 30)


def test_a_forgotten_folder_leaves_its_neighbours(store):
    with store.write() as conn:
        for segment in ("a_b", "a_b/1", "a_b/2", "axb/1"):
            intake.advance(conn, segment, 0, 5)
        intake.forget(conn, "a_b/1")
        assert [intake.position(conn, s) for s in ("a_b/1", "a_b/2")] == [0, 5]
        intake.forget(conn, "a_b")
        assert [intake.position(conn, s) for s in ("a_b", "a_b/2", "axb/1")] == [0, 0, 5]


def test_what_a_gone_process_left_unfinished_has_failed_once(store, taking):
    taking(accepted(1), accepted(2, outcome=Outcome.UNSAMPLED), accepted(3), replied(3))
    taking(accepted(4), folder="proxy-2")
    for _ in range(2):
        with store.write() as conn:
            intake.bury(conn, "proxy-1", in_order=False, now_us=NOW)
    found = ledger(store)
    assert found.reasons == {"failed: process_killed": 1}
    assert (found.seen, found.pending, found.unsampled) == (4, 2, 1)
    assert gaps(store) == [("process.crash_recovered", "", {"unfinished": 2})]
    with store.read() as conn:
        assert queue.backlog(conn, "shadow") == 2


@pytest.mark.parametrize("store_on", ["postgresql"], indirect=True)
def test_who_buries_a_process_has_all_it_left_before_it_changes_one(store, taking):
    taking(accepted(3), accepted(1), accepted(2), replied(2))
    with free_at_the_first_change(store) as free, store.write() as conn:
        intake.bury(conn, "proxy-1", in_order=False, now_us=NOW)
    assert free == ["e000002"]


def test_an_end_in_good_order_is_no_crash(store, taking):
    taking(accepted(1), replied(1))
    with store.write() as conn:
        intake.bury(conn, "proxy-1", in_order=True, now_us=NOW)
    assert gaps(store) == []


def test_damage_is_a_gap_on_the_deployments_own_record(store, taking):
    taking(Damage(16, 116, "a torn end"))
    assert gaps(store) == [("audit.gap", "a torn end", {"at": 16, "bytes": 100})]


def test_a_reply_without_its_accept_is_a_gap(store, taking):
    taking(replied(1))
    assert gaps(store) == [("audit.gap", "a reply without its accept", {"exchange": "e000001"})]


def test_what_a_full_spool_refused_is_a_gap_and_no_exchange_stays_pending(store, taking):
    taking(accepted(1), accepted(2), replied(2), Lost(5, ("e000001", "e000099")))
    assert gaps(store) == [
        ("audit.gap", "the spool was full", {"accepts": 5, "replies": 2, "egress": 0})
    ]
    assert ledger(store).reasons == {"failed: spool_full": 1}
    with store.write() as conn:
        intake.bury(conn, "proxy-1", in_order=True, now_us=NOW)
    assert ledger(store).reasons == {"failed: spool_full": 1}


def test_only_the_served_leg_ends_an_exchange_for_its_proxy(store, taking):
    taking(accepted(1), replied(1, Leg.SHADOW))
    with store.write() as conn:
        intake.bury(conn, "proxy-1", in_order=False, now_us=NOW)
    assert ledger(store).reasons == {"failed: process_killed": 1}


BEGINNINGS = [accepted(1), accepted(2), accepted(3)]
ENDS = [replied(2), Lost(0, ("e000003", "e000099"))]


@pytest.mark.parametrize("batch", [1, 2, 3, 4, 5])
def test_what_is_under_way_is_the_same_however_the_records_were_moved(store, taking, batch):
    records = [*BEGINNINGS, *ENDS]
    for at in range(0, len(records), batch):
        taking(*records[at : at + batch])
    assert under_way(store) == [("e000001", "proxy-1")]


def test_a_record_that_is_moved_again_begins_nothing_again(store, taking):
    taking(accepted(1), replied(1), accepted(1))
    taking(accepted(1), replied(1))
    assert under_way(store) == []


def test_who_brings_replies_has_their_exchanges_before_the_first_event(
    store, taking, monkeypatch
):
    """Else who has one of them and waits for the log, and who has the log and waits for it, would wait for ever."""
    if not store.shared:
        pytest.skip("SQLite has one writer at a time")
    taking(accepted(1), accepted(2), accepted(3))
    taken, append = [], events.append

    def looking(conn, **said):
        taken.append([is_taken(store, of) for of in ("e000001", "e000002", "e000003")])
        return append(conn, **said)

    monkeypatch.setattr(events, "append", looking)
    taking(replied(2), Lost(0, ("e000001",)))
    assert taken[0] == [True, True, False]


def is_taken(store, exchange_id):
    row = select(tables.exchange.c.id).where(tables.exchange.c.id == exchange_id)
    try:
        with store.write() as other:
            other.execute(row.with_for_update(nowait=True))
    except StoreError:
        return True
    return False


def under_way(store):
    with store.read() as conn:
        return [tuple(row) for row in conn.execute(select(tables.in_flight))]


def test_a_long_answer_of_what_was_erased_is_deleted_by_who_commits(store, sealer, home):
    file = home.path / "e000001.served"
    large, handle = sealer.write(file, [b"late words"], "e000001/served")
    os.close(handle)
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1), sealer)
        conn.execute(update(tables.exchange).values(purged_us=NOW))
        sealer.adopt(file, large)
        entry = Entry(replied(1, body=b"", large=large), 0)
        assert intake.take(conn, "proxy-1", [entry], sealer, NOW) == (large,)
        assert sealer.file_of(sealer.pointer(large).column).exists()
