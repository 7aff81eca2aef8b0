"""The dashboard as `crossfade dashboard` serves it, and other processes that a test starts and ends."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

HOST = "127.0.0.1"


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def a_dashboard(control_url: str, port: int = 0) -> Iterator[str]:
    """The address of a dashboard in front of a control API. What it wrote must hold no error and no token."""
    port = port or free_port()
    given = ("--control", control_url, "--listen", f"{HOST}:{port}")
    url = f"http://{HOST}:{port}"
    with running(("dashboard", *given), f"{url}/_stcore/health") as said:
        yield url
    assert b"Traceback" not in said, said.decode()
    assert b"token-" not in said


@contextmanager
def running(
    arguments: tuple[str, ...],
    url: str,
    ready: Callable[[httpx.Response], bool] = lambda answer: answer.is_success,
) -> Iterator[bytearray]:
    """A command of crossfade, once it answers at `url`; what it wrote is there when it has ended."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cutover.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said = bytearray()
    try:
        wait_until_ready(url, process, ready)
        yield said
    finally:
        process.terminate()
        said += process.communicate(timeout=120)[0]


def wait_until_ready(
    url: str,
    process: subprocess.Popen[bytes],
    ready: Callable[[httpx.Response], bool],
    seconds: float = 240.0,
) -> None:
    """Returns once the process answers as it should; fails when it ended or took too long."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if ready(httpx.get(url, trust_env=False)):
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    process.kill()
    said = process.communicate()[0].decode()
    pytest.fail(f"nothing answers at {url}; exit code {process.returncode}: {said}")
