import sqlite3
from contextlib import suppress

import pytest
from builders import accepted, replied
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from mirror.journal import events, exchanges
from mirror.journal.keys.files import FileKeys
from mirror.journal.keys.port import KeyLost
from mirror.journal.keys.ring import AGAIN_S, KeyDestroyed, KeyUnknown, Ring, month_of
from mirror.journal.keys.tables import payload_key
from mirror.journal.seal import Erased, SealBroken, Sealer
from mirror.journal.store import StoreError

NOVEMBER = 1_795_000_000_000_000  # 2026-11
DECEMBER = NOVEMBER + 30 * 86_400_000_000


class Counting:
    """Keys that count how often they are asked to unwrap."""

    def __init__(self, keys):
        self.keys, self.unwrapped = keys, 0

    def unwrap(self, *given):
        self.unwrapped += 1
        return self.keys.unwrap(*given)

    def __getattr__(self, name):
        return getattr(self.keys, name)


@pytest.fixture
def keys(home):
    return Counting(FileKeys(home.keys / "tenants"))


class Steady:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def steady():
    return Steady()


@pytest.fixture
def ring(keys, steady):
    return Ring(keys, steady)


def rows(store):
    with store.read() as conn:
        return conn.execute(select(payload_key).order_by(payload_key.c.tenant)).all()


def test_a_month_is_that_of_the_clock_of_utc():
    assert month_of(1_793_491_199_999_999) == 202610
    assert month_of(1_793_491_200_000_000) == 202611


def test_each_tenant_and_month_has_a_key_of_its_own(store, ring):
    with store.write() as conn:
        given = {
            ring.sealing(conn, tenant, at).id
            for tenant in ("clinic-a", "clinic-b")
            for at in (NOVEMBER, NOVEMBER + 1, DECEMBER)
        }
    assert len(given) == 4 == len(rows(store))


def test_no_key_stands_in_the_store_in_clear(store, ring, keys):
    with store.write() as conn:
        ring.sealing(conn, "clinic-a", NOVEMBER)
    (row,) = rows(store)
    folder = keys.folder / "clinic-a"
    assert row.kek in {p.stem for p in folder.iterdir()}
    assert len(row.wrapped) == 12 + 32 + 16
    for file in folder.iterdir():
        assert file.read_bytes() not in row.wrapped


def test_a_key_whose_transaction_failed_is_never_used(store, ring):
    with suppress(ZeroDivisionError), store.write() as conn:
        lost = ring.sealing(conn, "clinic-a", NOVEMBER)
        raise ZeroDivisionError
    assert rows(store) == []
    with store.write() as conn:
        given = ring.sealing(conn, "clinic-a", NOVEMBER)
        assert ring.sealing(conn, "clinic-a", NOVEMBER).id == given.id != lost.id
    with store.read() as conn, pytest.raises(KeyUnknown):
        ring.opening(conn, lost.id)


def test_a_key_whose_commit_failed_is_never_used(store, ring, keys, monkeypatch):
    dialect = store._writing.dialect
    with monkeypatch.context() as patched:

        def full(raw):
            raw.rollback()
            raise sqlite3.OperationalError("database or disk is full")

        patched.setattr(dialect, "do_commit", full)
        with pytest.raises(StoreError), store.write() as conn:
            lost = ring.sealing(conn, "clinic-a", NOVEMBER)
    with store.write() as conn:
        given = ring.sealing(conn, "clinic-a", NOVEMBER)
    assert given.id != lost.id and [row.id for row in rows(store)] == [given.id.hex()]
    with store.read() as conn:
        assert Ring(keys).opening(conn, given.id).id == given.id


def test_a_key_is_read_once_and_looked_at_again_after_a_minute(store, ring, keys, steady):
    with store.write() as conn:
        ring.sealing(conn, "clinic-a", NOVEMBER)
    other = Ring(keys, steady)
    with store.write() as conn:
        for _ in range(100):
            other.opening(conn, other.sealing(conn, "clinic-a", NOVEMBER).id)
    assert keys.unwrapped == 1
    with store.write() as conn:
        (row,) = conn.execute(select(payload_key)).all()
        conn.execute(update(payload_key).values(destroyed_us=1, wrapped=b""))
    with store.write() as conn:
        other.opening(conn, bytes.fromhex(row.id))  # still in hand
        steady.now = AGAIN_S
        with pytest.raises(KeyDestroyed, match="clinic-a"):
            other.opening(conn, bytes.fromhex(row.id))


def destroy(store):
    with store.write() as conn:
        conn.execute(update(payload_key).values(destroyed_us=1, wrapped=b""))


@pytest.mark.parametrize("again_s", [0, AGAIN_S])
def test_a_month_whose_key_was_destroyed_gets_no_other_also_where_the_key_is_still_in_hand(
    store, ring, steady, again_s
):
    with store.write() as conn:
        gone = ring.accepting(conn, "clinic-a", NOVEMBER)
    destroy(store)
    steady.now = again_s
    with store.write() as conn:
        for way in (ring.accepting, ring.sealing):
            with pytest.raises(KeyDestroyed, match="clinic-a for the month 202611"):
                way(conn, "clinic-a", NOVEMBER)
        for tenant, at_us in (("clinic-a", DECEMBER), ("clinic-b", NOVEMBER)):
            assert ring.accepting(conn, tenant, at_us).id != gone.id
        with pytest.raises(KeyDestroyed):  # it is in no memory
            ring.opening(conn, gone.id)
    assert len(rows(store)) == 3


def test_a_month_whose_key_was_destroyed_gets_no_other_where_the_tenants_key_is_gone(
    store, keys, steady
):
    with store.write() as conn:
        Ring(keys, steady).accepting(conn, "clinic-a", NOVEMBER)
    for file in (keys.folder / "clinic-a").iterdir():
        file.unlink()
    ring = Ring(keys, steady)
    with store.write() as conn:
        assert ring.accepting(conn, "clinic-a", NOVEMBER) is None
    destroy(store)
    with store.write() as conn, pytest.raises(KeyDestroyed):
        ring.accepting(conn, "clinic-a", NOVEMBER)


def test_a_months_key_is_looked_for_once_in_each_transaction(store, ring, monkeypatch):
    looked, row = [], Ring._row
    monkeypatch.setattr(Ring, "_row", lambda *given: looked.append(given) or row(*given))
    with store.write() as conn:
        ring.accepting(conn, "clinic-a", NOVEMBER)
    with store.write() as conn:  # what was drawn is read back once
        ring.accepting(conn, "clinic-a", NOVEMBER)
    looked.clear()
    for _ in range(2):
        with store.write() as conn:
            for _ in range(50):
                ring.accepting(conn, "clinic-a", NOVEMBER)
    assert len(looked) == 2


def test_who_destroys_a_key_waits_for_what_it_seals_just_now(store, ring):
    if not store.shared:
        pytest.skip("SQLite has one writer at a time")
    with store.write() as conn:
        ring.accepting(conn, "clinic-a", NOVEMBER)
    with store.write() as conn:
        ring.accepting(conn, "clinic-a", NOVEMBER)
        with store.write() as other, pytest.raises(OperationalError, match="could not obtain"):
            other.execute(select(payload_key).with_for_update(nowait=True))


def test_while_a_key_file_is_gone_payloads_are_kept_under_the_deployments_key_and_an_event_says_so(
    store, home, keys
):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1, body=b"before"), Sealer.open(home))
    (file,) = (keys.folder / "clinic").iterdir()
    away = file.rename(file.parent / "away")
    sealer = Sealer.open(home)  # a process that starts now
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(2, body=b"meanwhile"), sealer)
        exchanges.record_reply(conn, replied(2, body=b"too"), sealer)
        (told,) = events.read(conn, "")
    assert told.type == "key.missing" and '"id":"clinic"' in told.body
    with store.read() as conn:
        assert exchanges.load(conn, "e000002", sealer).accept.body == b"meanwhile"
        with pytest.raises(KeyLost, match=f"key {file.stem} of clinic is gone|{file}"):
            exchanges.load(conn, "e000001", sealer)
    away.rename(file)
    with store.read() as conn:
        assert exchanges.load(conn, "e000001", Sealer.open(home)).accept.body == b"before"


def test_a_key_file_that_vanishes_under_a_process_at_work_stops_nothing(store, home, steady):
    sealer = Sealer.open(home)
    sealer.ring._steady_s = steady
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1, body=b"before"), sealer)
    for file in (home.keys / "tenants" / "clinic").iterdir():
        file.unlink()
    steady.now = AGAIN_S * 3
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(2, body=b"after"), sealer)
        assert exchanges.load(conn, "e000001", sealer).accept.body == b"before"
        assert exchanges.load(conn, "e000002", sealer).accept.body == b"after"
        assert events.read(conn, "") == []


def test_what_an_older_store_has_stays_readable(store, home):
    sealer = Sealer.open(home)
    old = sealer.keep(b"of old", "e1/request")
    with store.read() as conn:
        assert sealer.reveal(old.column, "e1/request", conn) == b"of old"


def test_a_payload_is_bound_to_its_place_and_its_key(store, home, ring):
    sealer = Sealer.open(home)
    with store.write() as conn:
        one = sealer.ring.sealing(conn, "clinic-a", NOVEMBER)
        two = sealer.ring.sealing(conn, "clinic-b", NOVEMBER)
        kept = sealer.keep(b"mine", "e1/request", one)
        assert sealer.reveal(kept.column, "e1/request", conn) == b"mine"
        with pytest.raises(SealBroken):
            sealer.reveal(kept.column, "e2/request", conn)
        with pytest.raises(SealBroken):
            sealer.reveal(kept.column.replace(one.id, two.id), "e1/request", conn)
        for at in range(len(kept.column)):
            changed = bytearray(kept.column)
            changed[at] ^= 1
            with pytest.raises(SealBroken):
                sealer.reveal(bytes(changed), "e1/request", conn)


def test_what_a_destroyed_key_sealed_is_told_as_erased(store, home):
    with store.write() as conn:
        exchanges.record_accept(conn, accepted(1), Sealer.open(home))
        conn.execute(update(payload_key).values(destroyed_us=1, wrapped=b""))
        with pytest.raises(Erased, match="e000001/headers"):
            exchanges.load(conn, "e000001", Sealer.open(home))
