"""A walk through every page in a browser, light and dark, at both widths: each is drawn whole, and looked at.

`CROSSFADE_SCREENSHOTS=docs/screens` keeps what was drawn.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from test_app__served import CHROMIUM, SWITCHES, sign_in

import dashboards

APP = Path(dashboards.__file__).with_name("app.py")
PAGES = re.findall(r'^    "(\w+)": ":material', APP.read_text(), re.MULTILINE)
WIDTHS = {"light": 1280, "dark": 1920}
QUERY = {"rollout": "?tenant=klinik-bangsar&route=chat"}

SETTLED = """() => {
    const app = document.querySelector('[data-testid=stApp]')
    const busy = app.dataset.testScriptState !== 'notRunning'
    const text = app.innerText
    const still = text === window.before && !busy
    window.before = text
    return still
}"""
"""Whether the script has ended and the words were the same at the last look."""


@pytest.mark.deep
@pytest.mark.needs("chromium")
@pytest.mark.parametrize("theme", WIDTHS)
def test_every_page_is_drawn_whole_in_both_themes_and_widths(served, tmp_path, theme):
    folder = Path(os.environ.get("CROSSFADE_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, CHROMIUM)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=SWITCHES)
        window = browser.new_page(
            viewport={"width": WIDTHS[theme], "height": 1000}, color_scheme=theme
        )
        window.set_default_timeout(30_000)
        for name in PAGES:
            draw(window, f"{served}/{name}{QUERY.get(name, '')}", name)
            window.screenshot(path=folder / f"{name}-{theme}.png")
        browser.close()


def draw(window, address, name):
    """Opens a page and waits until it is whole. Fails where it broke or is wider than the window."""
    window.goto(address)
    sign_in(window)
    window.get_by_role("button", name="Sign out").wait_for()
    window.wait_for_function(SETTLED)
    assert window.get_by_test_id("stException").count() == 0, name
    wide = window.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{name} is {wide} pixels wider than the window"
