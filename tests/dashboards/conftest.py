"""A control API with four clinics, and the app in front of it as a person opens it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_control import FakeControl
from looking import sign_in
from serving import a_dashboard
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
    with a_dashboard(control.url) as url:
        yield url
