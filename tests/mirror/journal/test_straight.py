"""Statements told straight to the driver say what they say on the common way, on both engines."""

import sqlite3

import pytest
from builders import accepted
from sqlalchemy import Connection, bindparam, func, insert, select
from sqlalchemy.exc import IntegrityError

from mirror.exchange import Side
from mirror.journal import straight, tables
from mirror.journal.rows import accept_row

POSITION = tables.spool_position
ADD = insert(POSITION).returning(POSITION.c.segment)
FIND = (
    select(POSITION.c.segment, POSITION.c.offset)
    .where(POSITION.c.offset >= bindparam("least"))
    .order_by(POSITION.c.offset)
)


def test_the_first_row_is_given_and_none_where_there_is_none(store):
    with store.write() as conn:
        assert straight.first(conn, FIND, {"least": 0}) is None
        for segment, offset in (("a", 7), (Side.PRIMARY, 5), ("a' OR 1 --", 9)):
            row = {"segment": segment, "offset": offset}
            assert tuple(straight.first(conn, ADD, row)) == (segment,)
        assert tuple(straight.first(conn, FIND, {"least": 0})) == ("primary", 5)
        assert tuple(straight.first(conn, FIND, {"least": 8})) == ("a' OR 1 --", 9)


def test_many_are_told_at_once_and_how_many_rows_they_changed(store):
    rows = [{"segment": name, "offset": 1} for name in "abc"]
    with store.write() as conn:
        told = straight.many(conn, insert(POSITION), rows)
        assert told == (-1 if store.shared else 3)
    with pytest.raises(IntegrityError), store.write() as conn:
        straight.many(conn, insert(POSITION), [{"segment": "d", "offset": 1}, *rows])
    with store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(POSITION)) == 3


def test_what_the_store_refuses_is_told_as_on_the_common_way(store):
    with store.write() as conn:
        straight.first(conn, ADD, {"segment": "a", "offset": 1})
    with pytest.raises(IntegrityError), store.write() as conn:
        straight.first(conn, ADD, {"segment": "a", "offset": 2})
    with store.read() as conn:
        assert tuple(straight.first(conn, FIND, {"least": 0})) == ("a", 1)


def test_what_was_told_straight_is_undone_with_its_transaction(store):
    with pytest.raises(RuntimeError), store.write() as conn:
        straight.first(conn, ADD, {"segment": "a", "offset": 1})
        raise RuntimeError
    with store.read() as conn:
        assert straight.first(conn, FIND, {"least": 0}) is None


def test_a_row_that_others_may_be_behind_holds_up_no_commit(store):
    with store.write() as conn:
        for offset in (1, 2, 3):
            straight.first(conn, ADD, {"segment": f"{offset}", "offset": offset})
    with store.write() as conn:
        straight.first(conn, FIND, {"least": 0})
    with store.write() as conn:
        straight.first(conn, ADD, {"segment": "4", "offset": 4})


def test_columns_that_are_not_given_take_what_the_store_has_for_them(store):
    row = accept_row(accepted(1)) | {"headers": "", "body": b"\0sealed"}
    del row["subject"]
    exchange = tables.exchange
    with store.write() as conn:
        straight.first(conn, insert(exchange).returning(exchange.c.id), row)
        found = select(exchange.c.purged_us, exchange.c.subject, exchange.c.body)
        assert tuple(straight.first(conn, found, {})) == (None, "", b"\0sealed")


def test_sqlite_is_told_straight_only_within_a_transaction(store, monkeypatch):
    told = []
    monkeypatch.setattr(Connection, "execute", _telling(told))
    with store.write() as conn:
        straight.first(conn, FIND, {"least": 0})
        assert not told or not isinstance(conn.connection.dbapi_connection, sqlite3.Connection)
        told.clear()
    with store.read() as conn:
        straight.first(conn, FIND, {"least": 0})
        assert told, "nobody has begun here yet"


def _telling(told):
    execute = Connection.execute

    def telling(self, statement, *given, **more):
        told.append(statement)
        return execute(self, statement, *given, **more)

    return telling
