import json

import pytest
from builders import accepted, replied
from sqlalchemy import select

from mirror.journal import events, exchanges, tables
from mirror.journal.keys import rotation
from mirror.journal.keys.files import FileKeys
from mirror.journal.seal import Sealer

BY = {"kind": "human", "name": "siti"}


@pytest.fixture
def keys(home):
    return FileKeys(home.keys / "tenants")


def recorded(store, home, number, **changes):
    with store.write() as conn:
        sealer = Sealer.open(home)
        exchanges.record_accept(conn, accepted(number, **changes), sealer)
        exchanges.record_reply(conn, replied(number), sealer)


def rotated(store, keys, tenant="clinic"):
    with store.write() as conn:
        return rotation.rotate(conn, keys, tenant, BY, "yearly", 9)


def bodies(store):
    with store.read() as conn:
        return conn.execute(select(tables.exchange.c.id, tables.exchange.c.body)).all()


def test_a_new_key_wraps_the_months_and_no_payload_is_written_again(store, home, keys):
    recorded(store, home, 1)
    recorded(store, home, 2, accepted_us=1)  # of another month
    before = bodies(store)
    done = rotated(store, keys)
    assert (done.wrapped, done.unread) == (2, ())
    assert bodies(store) == before
    for old in done.before:
        keys.destroy("clinic", old)
    with store.read() as conn:
        assert exchanges.load(conn, "e000001", Sealer.open(home)).accept == accepted(1)
        (event,) = [e for e in events.read(conn, "clinic") if e.type == "key.rotated"]
    told = json.loads(event.body)
    assert told["details"] == {
        "from": list(done.before),
        "to": done.key,
        "wrapped": 2,
        "unread": 0,
    }
    assert (told["actor"], told["reason"]) == (BY, "yearly")


def test_only_keys_that_wrap_nothing_may_go(store, home, keys):
    recorded(store, home, 1)
    done = rotated(store, keys)
    with store.read() as conn:
        assert rotation.unused(conn, keys, "clinic") == list(done.before)
        assert rotation.unused(conn, keys, "other") == []


def test_what_a_lost_key_wraps_waits_for_it(store, home, keys):
    recorded(store, home, 1)
    (old,) = keys.ids("clinic")
    file = keys.folder / "clinic" / f"{old}.key"
    away = file.rename(file.parent / "away")
    done = rotated(store, keys)
    assert (done.wrapped, len(done.unread)) == (0, 1)
    with store.read() as conn:
        gone, new = rotation.held(conn, keys)
    assert (gone.key, gone.there, gone.data_keys) == (old, False, 1)
    assert (new.key, new.there, new.data_keys) == (done.key, True, 0)
    away.rename(file)
    assert rotated(store, keys).wrapped == 1
    with store.read() as conn:
        assert exchanges.load(conn, "e000001", Sealer.open(home)).accept == accepted(1)


def test_it_is_rolled_back_as_one(store, home, keys):
    recorded(store, home, 1)
    with pytest.raises(ZeroDivisionError), store.write() as conn:
        rotation.rotate(conn, keys, "clinic", BY, "yearly", 9)
        raise ZeroDivisionError
    with store.read() as conn:
        assert exchanges.load(conn, "e000001", Sealer.open(home)).accept == accepted(1)


def test_destroying_is_on_record_before_it_is_done(store, keys):
    with store.write() as conn:
        rotation.report_destroyed(conn, "clinic", "0001-aa", BY, "rotated", 9)
        (event,) = events.read(conn, "clinic")
    assert (event.type, json.loads(event.body)["object"]["id"]) == ("key.destroyed", "0001-aa")


def test_that_a_key_is_destroyed_is_said_once_also_after_a_kill_between_word_and_deed(store):
    with store.write() as conn:
        said = [
            rotation.report_destroyed(conn, tenant, key, BY, "rotated", 9)
            for tenant, key in (("clinic", "0001-a"), ("clinic", "0002-b"), ("other", "0001-a"))
            for _ in range(2)
        ]
    assert said == [True, False] * 3
    with store.read() as conn:
        assert len(events.read(conn, "clinic")) == 2
