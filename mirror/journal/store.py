"""The store: one set of tables on SQLite (a single box) or PostgreSQL (to scale), by SQLAlchemy Core.

Every write is one transaction. On SQLite it takes the write lock at its start (BEGIN IMMEDIATE), so
that what it read cannot change before it writes; on PostgreSQL callers lock the rows they decide on.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
)

from mirror.journal import schema
from mirror.journal.inserts import insert_all_new, insert_new, insert_together
from mirror.journal.schema import StoreError

__all__ = ["Store", "StoreError", "insert_all_new", "insert_new", "insert_together"]

BUSY_S = 30.0  # how long a writer waits for its turn
_RETRY_S = 0.002
_LOST_SOON = {  # a network that was cut says nothing, and without these a read waits for hours
    "connect_timeout": "10",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
_OURS = (IntegrityError, ProgrammingError, DataError, NotSupportedError)  # faults of the code
_ADVICE = (
    ("lock timeout", "another process holds it; try again, or look for one that hangs"),
    ("deadlock", "nothing was written; it is tried again"),  # its text has "blocked" in it
    (
        "locked",
        "another process has held it for too long; look for a hanging crossfade process",
    ),
    ("full", "free some space, or move the data folder to a larger disk"),
    ("readonly", "give this user the right to write the file and its folder"),
    ("read-only", "give this user the right to write the file and its folder"),
    ("unable to open", "make sure that its folder exists and this user may write there"),
    ("not a database", "the file is something else; name another store or restore a backup"),
    ("malformed", "the file is damaged; restore a backup"),
)


@dataclass(frozen=True, slots=True)
class Store:
    """An open store. Connections are pooled; an instance may be used from any thread."""

    name: str  # for messages: the URL without its password
    _writing: Engine = field(repr=False)
    _reading: Engine = field(repr=False)

    @classmethod
    def open(cls, url: str) -> Store:
        """Open a store and bring its schema up to date.

        `url` is a SQLAlchemy URL, such as sqlite:////var/lib/crossfade/store.db or
        postgresql://user@host/crossfade.

        Raises:
            StoreError: it cannot be reached or written, or a newer crossfade has changed its schema.
        """
        store = cls._made(url, BUSY_S)
        try:
            with store.write() as conn:
                schema.migrate(conn, store.name)
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def open_to_ask(cls, url: str, within_s: float) -> Store:
        """Open a store for who only reads, and waits no longer than so many seconds for others that hold it.

        Nothing is written, unless its schema has to be brought up to date first. Raises StoreError as `open`.
        """
        store = cls._made(url, within_s)
        try:
            with store.read() as conn:
                current = schema.is_current(conn)
            if not current:
                with store.write() as conn:
                    schema.migrate(conn, store.name)
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def _made(cls, url: str, within_s: float) -> Store:
        try:
            parsed = make_url(url)
            remote = parsed.get_backend_name() != "sqlite"
            engine = create_engine(
                parsed,
                pool_pre_ping=remote,
                connect_args=_lost_soon(parsed, within_s) if remote else {},
            )
        except (ArgumentError, ImportError) as error:
            raise StoreError(
                f"not the URL of a store: {error}; use sqlite:/// or postgresql://"
            ) from error
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(engine, within_s)
        elif within_s < BUSY_S:
            _wait_no_longer(engine, within_s)
        writing = engine.execution_options(crossfade_writes=True)
        return cls(parsed.render_as_string(hide_password=True), writing, engine)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write: committed at the end, rolled back by any exception.

        Raises:
            StoreError: the store failed; nothing of the transaction was kept, or its commit's
                answer was lost.
        """
        with self._told(), self._writing.begin() as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, on one snapshot (SQLite) or one a statement (PostgreSQL)."""
        with self._told(), self._reading.connect() as conn:
            yield conn

    @contextmanager
    def listening(self, channel: str) -> Iterator[Callable[[float], None]]:
        """While entered, PostgreSQL tells this process what is notified on a channel.

        Gives a function that returns once something was, or after so many seconds.

        Raises:
            StoreError: the store failed, also while waiting.
        """
        with self._told(), self._reading.connect() as conn:
            raw: Any = conn.connection.driver_connection
            conn.detach()  # closed at the end: no other shall have what is still told on it
            raw.autocommit = True
            raw.execute(f"LISTEN {channel}")

            def wait(seconds: float) -> None:
                with self._told():
                    for _ in raw.notifies(timeout=seconds, stop_after=1):
                        pass

            yield wait

    @property
    def shared(self) -> bool:
        """Whether other machines may have it open."""
        return self._reading.dialect.name != "sqlite"

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """On PostgreSQL: whether nobody else holds this name; until the end, or until this process dies, nobody gets it.

        Raises:
            StoreError: the store failed.
        """
        with self._told(), self._reading.connect() as conn:
            raw: Any = conn.connection.driver_connection
            conn.detach()  # closed at the end, which lets go of the name
            raw.autocommit = True
            asked = "SELECT pg_try_advisory_lock(hashtext(current_schema()), hashtext(%s))"
            yield bool(raw.execute(asked, (name,)).fetchone()[0])

    def close(self) -> None:
        """Close the pooled connections."""
        self._reading.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except _OURS:
            raise
        except (DBAPIError, sqlite3.DatabaseError, psycopg.OperationalError) as error:
            raise StoreError(_message(self.name, error), away=_is_away(error)) from error


def _lost_soon(url: URL, within_s: float) -> dict[str, str]:
    """What makes a lost network an error within seconds, where the URL does not say otherwise."""
    connect_s = min(int(_LOST_SOON["connect_timeout"]), max(2, round(within_s)))
    given = _LOST_SOON | {"connect_timeout": str(connect_s)}
    return {name: value for name, value in given.items() if name not in url.query}


def _wait_no_longer(engine: Engine, within_s: float) -> None:
    """On PostgreSQL: a statement that waits for somebody's lock fails after so many seconds."""

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql(f"SET LOCAL lock_timeout = {int(within_s * 1000)}")


def _is_away(error: Exception) -> bool:
    """Whether PostgreSQL cannot be reached: no connection (no SQLSTATE, or class 08), or it goes or comes up (57P)."""
    raw = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(raw, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    return raw.sqlstate is None or raw.sqlstate.startswith(("08", "57P"))


def _message(
    name: str, error: DBAPIError | sqlite3.DatabaseError | psycopg.OperationalError
) -> str:
    cause = " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split())
    advice = next(
        (advice for word, advice in _ADVICE if word in cause.lower()),
        "make sure that it is running and reachable with this URL",
    )
    return f"store {name}: {cause}; {advice}"


def _prepare_sqlite(engine: Engine, within_s: float) -> None:
    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver starts no transactions; `_begin` does
        for pragma in (
            f"busy_timeout={int(within_s * 1000)}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",  # in every process: who changes a row frees the place where it was
            "trusted_schema=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        raw: Any = conn.connection.dbapi_connection
        if conn.get_execution_options().get("crossfade_writes"):
            _begin_immediate(raw, within_s)
        else:
            raw.execute("BEGIN")


def _begin_immediate(connection: sqlite3.Connection, within_s: float) -> None:
    """Take the write lock, asking every 2 ms.

    SQLite's own waiting backs off to 100 ms, so that a process that writes batch after batch (the
    drainer) would starve the others.
    """
    give_up = time.monotonic() + within_s
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() > give_up:
                    raise
            time.sleep(_RETRY_S)
    finally:
        connection.execute(f"PRAGMA busy_timeout={int(within_s * 1000)}")
