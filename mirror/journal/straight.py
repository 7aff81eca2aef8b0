"""Statements that are said for every request: on SQLite straight to the driver, which takes a sixth of the time.

They are made and compiled once, and take their values by name. On PostgreSQL, where a statement is a journey over the
network, they go the common way.
"""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Executable
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import ClauseElement

_SQLITE = sqlite.dialect(paramstyle="named")
_SQLITE_PLACED = sqlite.dialect(paramstyle="qmark")


def first(conn: Connection, statement: Executable, values: Mapping[str, Any]) -> Any:
    """What a statement gives first, as a row whose values stand in its order; None for nothing.

    Raises:
        IntegrityError: the store refused a value, as it does on the common way.
    """
    raw: Any = conn.connection.dbapi_connection if conn.in_transaction() else None
    if not isinstance(raw, sqlite3.Connection):
        return conn.execute(statement, values).first()
    words = _words(statement, tuple(values))
    try:
        cursor = raw.execute(words, values)
        try:
            return cursor.fetchone()
        finally:
            cursor.close()  # what was not read to its end would hold up the commit
    except sqlite3.IntegrityError as error:
        raise IntegrityError(words, None, error) from error


def many(conn: Connection, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> int:
    """Tells a statement of each of these values, all of the same names; how many rows it changed. It gives nothing back.

    Only the driver of SQLite says how many; elsewhere this is told the common way, and of several is -1. Raises as `first`.
    """
    raw: Any = conn.connection.dbapi_connection if conn.in_transaction() else None
    if not isinstance(raw, sqlite3.Connection):
        told = conn.execute(statement, rows if len(rows) > 1 else rows[0])
        return told.rowcount if len(rows) == 1 else -1
    words, in_order = _placed(statement, tuple(rows[0]))
    try:
        cursor = raw.executemany(words, map(in_order, rows))
    except sqlite3.IntegrityError as error:
        raise IntegrityError(words, None, error) from error
    changed: int = cursor.rowcount
    cursor.close()
    return changed


@functools.cache
def _words(statement: Executable, names: tuple[str, ...]) -> str:
    """How SQLite is told it; an insertion is of the columns with these names alone."""
    assert isinstance(statement, ClauseElement), "it is made of tables"
    return str(statement.compile(dialect=_SQLITE, column_keys=names))


@functools.cache
def _placed(
    statement: Executable, names: tuple[str, ...]
) -> tuple[str, Callable[[Mapping[str, Any]], tuple[Any, ...]]]:
    """The same with values by their place, which a driver takes faster, and what puts them in their places."""
    assert isinstance(statement, ClauseElement), "it is made of tables"
    compiled = statement.compile(dialect=_SQLITE_PLACED, column_keys=names)
    order: list[str] = getattr(compiled, "positiontup", [])
    first, *rest = order
    if rest:
        return str(compiled), itemgetter(*order)
    return str(compiled), lambda row: (row[first],)
