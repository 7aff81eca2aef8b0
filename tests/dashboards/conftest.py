"""A control API with four clinics, and the app in front of it as a person opens it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fake_control import FakeControl
from looking import sign_in
from streamlit.testing.v1 import AppTest

import dashboards

APP = Path(dashboards.__file__).with_name("app.py")
Open = Callable[..., AppTest]


@pytest.fixture
def control() -> Iterator[FakeControl]:
    with FakeControl() as running:
        yield running


@pytest.fixture
def opened(control: FakeControl, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a screen; with a token, as the person whose token it is."""
    monkeypatch.setenv("CROSSFADE_CONTROL_URL", control.url)

    def open_screen(screen: str = "board", token: str = "", **query: str) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=120).run()
        app.switch_page(f"screens/{screen}.py")
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        return sign_in(app, token) if token else app

    return open_screen


@pytest.fixture
def served(control: FakeControl) -> Iterator[str]:
    """The address of the dashboard as `crossfade dashboard` serves it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "cutover.cli", "dashboard"]
    process = subprocess.Popen(
        [*command, "--control", control.url, "--listen", listen],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        wait_until_healthy(f"http://{listen}/_stcore/health", process)
        yield f"http://{listen}"
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=120)
    assert b"Traceback" not in said, said.decode()
    assert b"token-" not in said


def wait_until_healthy(
    url: str, process: subprocess.Popen[bytes], seconds: float = 60.0
) -> None:
    """Returns once the dashboard answers; fails when it ended or took too long."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(url, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    process.kill()
    said = process.communicate()[0].decode()
    pytest.fail(
        f"the dashboard does not answer at {url}; exit code {process.returncode}: {said}"
    )
