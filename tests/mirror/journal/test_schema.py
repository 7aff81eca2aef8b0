import importlib
import importlib.util
import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from mirror.journal import tables
from mirror.journal.store import Store, StoreError

ROOT = Path(__file__).parents[3]
DECLARED = r'= Table\(\s*"\w+",\s*(tables\.)?metadata'


def declaring_tables():
    """Every module of ours that declares tables: they are all of the same metadata."""
    for package in ("mirror", "compare", "cutover"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts and re.search(DECLARED, path.read_text()):
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts)


@pytest.fixture(autouse=True)
def _all_tables_declared():
    for name in declaring_tables():
        importlib.import_module(name)


def test_the_migrated_schema_is_the_declared_one(store):
    with store.read() as conn:
        assert compare_metadata(MigrationContext.configure(conn), tables.metadata) == []


def test_opening_again_changes_nothing(store, store_url):
    with store.write() as conn:
        conn.execute(text("INSERT INTO spool_position VALUES ('a', 7)"))
    again = Store.open(store_url)
    with again.read() as conn:
        assert conn.execute(text("SELECT * FROM spool_position")).all() == [("a", 7)]
    again.close()


def test_a_store_of_a_newer_schema_is_refused_with_what_to_do(store, store_url):
    with store.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(
        StoreError, match=r"schema is version 9999.*install the newer crossfade"
    ):
        Store.open(store_url)
