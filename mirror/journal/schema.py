"""The schema's versions: Alembic migrations from mirror/journal/migrations, run when a store is opened."""

from __future__ import annotations

import functools
import threading

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

_MIGRATIONS = "mirror.journal:migrations"  # package:path, found by importlib.resources
_LOCK = 0x63726F73  # "cros": PostgreSQL advisory lock of whoever migrates
_ONE_AT_A_TIME = threading.Lock()  # Alembic's environment is one a process


class StoreError(Exception):
    """The store cannot be used; the message says which, why and what to do. Never a payload.

    `away`: it cannot be reached at all, whoever asks.
    """

    mendable = True

    def __init__(self, message: str = "", *, away: bool = False) -> None:
        super().__init__(message)
        self.away = away


def is_current(conn: Connection) -> bool:
    """Whether the schema is of this code's version; only reads."""
    return (
        MigrationContext.configure(conn).get_current_revision() == _scripts().get_current_head()
    )


def migrate(conn: Connection, name: str) -> None:
    """Bring the schema to this code's version, in the caller's transaction. `name` is for messages.

    Raises:
        StoreError: a newer crossfade has written this store.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    scripts = _scripts()
    head = scripts.get_current_head()
    found = MigrationContext.configure(conn).get_current_revision()
    if found == head:
        return
    if found is not None and found not in {
        script.revision for script in scripts.walk_revisions()
    }:
        raise StoreError(
            f"store {name}: its schema is version {found}, this crossfade knows up to {head}; "
            "install the newer crossfade that wrote it, or restore the backup from before"
        )
    config = _config()
    config.attributes["connection"] = conn
    with _ONE_AT_A_TIME:
        command.upgrade(config, "head")


@functools.cache
def _scripts() -> ScriptDirectory:
    """This code's migrations: dozens of files, read once a process however often it opens a store."""
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", _MIGRATIONS)
    return config
