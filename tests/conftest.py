"""Fixtures for all tests: a data folder, and a store on both engines.

PostgreSQL is real, and started once a session.
"""

import itertools

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
def store_url(request, home):
    """The URL of an empty store, on each engine."""
    if request.param == "sqlite":
        yield home.store_url
        return
    folder = request.getfixturevalue("postgresql_folder")
    name = f"test_{next(_numbers)}"
    with admin(folder) as conn:
        conn.execute(
            f"CREATE SCHEMA {name}"
        )  # as good as a database, and made ten times faster
    yield f"{url_of(folder)}&options=-csearch_path%3D{name}"


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
