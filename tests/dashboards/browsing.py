"""Debian's browser for tests: windows of people who share nothing, and what they type and read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

CHROMIUM = ["chromium", "chromium-browser", "google-chrome"]
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
HOSTS = {"127.0.0.1", "localhost"}
PATIENCE_MS = 60_000
"""How long something may take to be seen; a busy machine is slow, and nothing is waited for longer than it takes."""


@dataclass
class Browser:
    """A browser that runs. Each person has a window of their own, without the others' cookies."""

    running: Any
    foreign: list[str] = field(default_factory=list)

    def window(self, url: str = "", *, width: int = 1280, theme: str = "light") -> Any:
        """A window with nothing of anybody else's, at an address where one is given."""
        person = self.running.new_context(
            viewport={"width": width, "height": 1000}, color_scheme=theme
        )
        person.set_default_timeout(PATIENCE_MS)
        person.route(lambda address: urlsplit(address).hostname not in HOSTS, self._refuse)
        window = person.new_page()
        if url:
            window.goto(url)
        return window

    def keep(self, folder: Path) -> None:
        """Pictures of every window."""
        windows = [window for person in self.running.contexts for window in person.pages]
        for number, window in enumerate(windows):
            window.screenshot(path=folder / f"window-{number}.png")

    def _refuse(self, route: Any) -> None:
        self.foreign.append(route.request.url)
        route.abort()


@contextmanager
def a_browser(folder: Path, *, may_ask: tuple[str, ...] = ()) -> Iterator[Browser]:
    """Chromium. Nothing but loopback is reached; who asks for more fails the test, but for hosts that `may_ask`.

    What each window showed at the end is in `folder`, for who looks why a test failed.
    """
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.fail("this test needs a browser: apt-get install -y chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=SWITCHES)
        browser = Browser(running)
        yield browser
        browser.keep(folder)
        running.close()
    assert {urlsplit(url).hostname for url in browser.foreign} <= set(may_ask)


def sign_in(window: Any, name: str, password: str) -> None:
    """Types who one is into the form, and waits until the page knows."""
    window.get_by_label("Your name", exact=True).fill(name)
    window.get_by_label("Your password", exact=True).fill(password)
    window.keyboard.press("Enter")
    window.get_by_role("button", name="Sign out").wait_for()


def go(window: Any, page: str) -> None:
    """Goes to a page by the frame's own way, without loading anything again."""
    window.get_by_role("link", name=page, exact=True).first.click()
    window.get_by_role("heading", name=page, exact=True).first.wait_for()
