"""The route table in the store: for the proxies of other machines, whose data folders nobody else writes.

One row, and a notification with each change of it, so that who follows need not ask. A table that is
older than the row's is not written: the fence in its version says whose is newer.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select, update

from mirror.journal.store import insert_new
from mirror.journal.tables import route_table

CHANNEL = "crossfade_routes"
_NAME = "routes"
_row = route_table.c


def put(conn: Connection, version: int, body: str) -> bool:
    """Writes a table and tells those who listen; False where the store has a later one."""
    first = insert_new(conn, route_table, {"name": _NAME, "version": version, "body": body})
    if not first:
        older = (_row.name == _NAME, _row.version < version)
        changed = update(route_table).where(*older).values(version=version, body=body)
        if not conn.execute(changed).rowcount:
            return False
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_notify(CHANNEL, str(version))))
    return True


def version(conn: Connection) -> int:
    """The version of the table in the store; 0 where there is none yet."""
    return conn.execute(select(_row.version).where(_row.name == _NAME)).scalar() or 0


def body(conn: Connection) -> str | None:
    """The text of the table in the store; None where there is none yet."""
    return conn.execute(select(_row.body).where(_row.name == _NAME)).scalar()
