"""Fixtures for all tests: a data folder, and a store on both engines.

PostgreSQL is real, and started once a session.
"""

import contextlib
import itertools
import shutil

import pytest
from hypothesis import HealthCheck, settings

from bench.times.postgres import admin, postgresql, url_of
from mirror.journal.home import Home
from mirror.journal.store import Store

_numbers = itertools.count(1)

# Timings never decide a test: on a busy machine examples are slow to draw and to run.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@pytest.fixture
def home(tmp_path):
    """A fresh data folder."""
    return Home.open(tmp_path / "data")


@pytest.fixture(params=["sqlite", "postgresql"])
def store_on(request):
    """Which engine a store is on: each in turn."""
    return request.param


@pytest.fixture
def new_store_url(store_on, home, request):
    """The URL of a store that nobody has opened yet, on each engine."""
    if store_on == "sqlite":
        yield home.store_url
        return
    with _database(request.getfixturevalue("postgresql_folder")) as url:
        yield url


@pytest.fixture
def store_url(store_on, home, request):
    """The URL of an empty store, on each engine: a copy, as every migration takes ten times as long."""
    if store_on == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_model"), home.path / "store.db")
        yield home.store_url
        return
    folder, model = request.getfixturevalue("postgresql_model")
    with _database(folder, model) as url:
        yield url


@contextlib.contextmanager
def _database(folder, model="template1"):
    """The URL of a database that is a copy of another, and is dropped at the end."""
    name = f"test_{next(_numbers)}"
    with admin(folder) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {model}")
    yield url_of(folder, name)
    with admin(folder) as conn:
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(store_url):
    """An open store, on each engine."""
    store = Store.open(store_url)
    yield store
    store.close()


@pytest.fixture(scope="session")
def postgresql_folder():
    """The folder with the socket of a running PostgreSQL."""
    with postgresql() as folder:
        yield folder


@pytest.fixture(scope="session")
def sqlite_model(tmp_path_factory):
    """The file of an empty store."""
    home = Home.open(tmp_path_factory.mktemp("model") / "data")
    Store.open(home.store_url).close()
    return home.path / "store.db"


@pytest.fixture(scope="session")
def postgresql_model(postgresql_folder):
    """The folder of the PostgreSQL that runs, and the name of a database in it that is an empty store."""
    with admin(postgresql_folder) as conn:
        conn.execute("CREATE DATABASE model")
    Store.open(url_of(postgresql_folder, "model")).close()
    return postgresql_folder, "model"
