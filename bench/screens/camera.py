"""Pictures of the dashboard's pages, as Debian's Chromium draws them, small enough to keep."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
THEMES = ("light", "dark")
WIDTH, HEIGHT = 1280, 1000
PATIENCE_MS = 120_000
COLOURS = 192

SETTLED = """title => {
    const app = document.querySelector('[data-testid=stApp]')
    const busy = app.dataset.testScriptState !== 'notRunning'
    const text = app.innerText
    const drawing = document.querySelector('[data-testid=stSkeleton]')
    const still = text === window.before && window.before_at === location.href
    window.before = text
    window.before_at = location.href
    const there = document.querySelector('h1')?.innerText === title
    return there && still && !busy && !drawing
}"""
"""Whether the page of that title is there, its script has ended, nothing is still being drawn, and the words are those of the last look."""


@dataclass
class Camera:
    """A window of each theme, of one person."""

    windows: dict[str, Any]
    folder: Path

    def go(self, address: str, title: str) -> None:
        """Goes to a page by its link on top, or by one with those words, and waits until it is whole."""
        for window in self.windows.values():
            window.get_by_role("link", name=address, exact=True).first.click()
            self.wait(window, title)

    def wait(self, window: Any, title: str) -> None:
        """Waits until the page of that title is whole."""
        window.get_by_role("button", name="Sign out").wait_for()
        window.wait_for_function(SETTLED, arg=title, polling=300)

    def take(self, name: str) -> None:
        """A picture of each theme."""
        for theme, window in self.windows.items():
            window.mouse.move(0, 0)
            keep(window.screenshot(), self.folder / f"{name}-{theme}.png")


def keep(png: bytes, path: Path) -> None:
    """Writes a picture with few colours, which a page of text and lines has anyhow."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    few = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


@contextmanager
def camera(url: str, folder: Path, name: str, password: str) -> Iterator[Camera]:
    """A person who signed in twice, in a light and a dark window."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - a tool of developers

    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        raise SystemExit("no browser: apt-get install -y chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=SWITCHES)
        size = {"width": WIDTH, "height": HEIGHT}
        windows = {}
        for theme in THEMES:
            windows[theme] = window = browser.new_page(viewport=size, color_scheme=theme)
            window.set_default_timeout(PATIENCE_MS)
            window.goto(url)
            window.get_by_label("Your name", exact=True).fill(name)
            window.get_by_label("Your password", exact=True).fill(password)
            window.keyboard.press("Enter")
            window.get_by_role("button", name="Sign out").wait_for()
        yield Camera(windows, folder)
        browser.close()
