"""Insertions of rows of which the store may have some already: exactly once, whoever tells of them again."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert, ReturningInsert

from mirror.journal import straight

type _Rows = Sequence[Mapping[str, object]]


def insert_new(conn: Connection, table: Table, values: Mapping[str, object]) -> bool:
    """Insert a row, all its columns given, unless its key is there already; whether it was inserted."""
    return straight.first(conn, _insert_new(table, conn.dialect.name), values) is not None


def insert_all_new(conn: Connection, table: Table, rows: _Rows) -> None:
    """Insert rows, all their columns given, but for those whose key is there already."""
    conn.execute(_insert_all_new(table, conn.dialect.name), rows)


def insert_together(
    conn: Connection, table: Table, rows: Sequence[Mapping[str, object]]
) -> int:
    """The same of rows whose values a driver takes as they are; how many were inserted."""
    if rows and conn.dialect.name == "sqlite":
        return straight.many(conn, _insert_all_new(table, "sqlite"), rows)
    return len(conn.execute(_insert_new(table, conn.dialect.name), rows).all()) if rows else 0


@functools.cache
def _insert_all_new(table: Table, dialect: str) -> Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()


@functools.cache  # a statement that is made once is compiled once
def _insert_new(table: Table, dialect: str) -> ReturningInsert[Any]:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing().returning(*table.primary_key)
