"""Whether a log still begins with what was signed; the signer's tests have the rest."""

import pytest
from signed_logs import root
from sqlalchemy import delete

from mirror.journal import tables
from mirror.journal.signed.extending import Refused, Rereading, extended
from mirror.journal.signed.folder import Signed


def test_a_log_is_extended_from_what_is_remembered(logs):
    logs.append(count=7)
    with logs.store.read() as conn:
        first = extended(conn, "clinic", Signed(), 3).growing
        leaves = logs.leaves()
        hashes = tuple(one.hex() for one in first.hashes)
        before = Signed(3, hashes, leaves[2].hex())
        found = extended(conn, "clinic", before, 7)
    assert found.growing.range().root() == root(leaves)
    assert found.leaf == leaves[-1].hex()


def test_missing_events_are_named(logs):
    logs.append(count=7)
    with logs.store.write() as conn:
        with pytest.raises(Refused, match="event 8 is missing"):
            extended(conn, "clinic", Signed(), 9)
        conn.execute(delete(tables.event).where(tables.event.c.seq == 4))
        with pytest.raises(Refused, match="event 4 is missing"):
            extended(conn, "clinic", Signed(), 7)


def test_logs_are_read_again_in_turn_and_refused_ones_passed_over(logs):
    for tenant in ("a", "b", "c"):
        logs.append(tenant, 5)
    logs.step()
    signed = logs.signer.state.logs
    some = {
        "a": signed["a"],
        "b": Signed(signed["b"].size, signed["b"].hashes, refused="why"),
        "c": signed["c"],
    }
    reading = Rereading(piece=3)
    with logs.store.read() as conn:
        assert [reading.go_on(conn, some) for _ in range(6)] == [
            None,
            "a",
            None,
            "c",
            None,
            "a",
        ]
        assert Rereading().go_on(conn, {}) is None


def test_a_log_that_lost_an_event_in_the_middle_is_found_when_it_is_read_again(logs):
    logs.append("a", 9)
    logs.step()
    reading, signed = Rereading(), {"a": logs.signer.state.logs["a"]}
    with logs.store.write() as conn:
        conn.execute(delete(tables.event).where(tables.event.c.seq == 4))
        with pytest.raises(Refused, match="event 4 is missing"):
            reading.go_on(conn, signed)
        assert reading.tenant == "a"
