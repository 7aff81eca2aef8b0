"""A walk through every page in a browser, light and dark, at both widths: each is drawn whole, and looked at.

`CROSSFADE_SCREENSHOTS=docs/screens` keeps what was drawn.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from browsing import a_browser, go, sign_in
from fake_control import PASSWORD
from fake_sizes import SIZES

import dashboards

APP = Path(dashboards.__file__).with_name("app.py")
PAGES = re.findall(r'^    "(\w+)": ":material', APP.read_text(), re.MULTILINE)
TITLES = {"rollout": "klinik-bangsar / chat"}
WIDTHS = {"light": 1280, "dark": 1920}

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


CUT = """() => [...document.querySelectorAll('[data-testid=stMain] *')].filter(each => {
    const style = getComputedStyle(each)
    const hides = ['hidden', 'clip'].includes(style.overflowX) || style.textOverflow === 'ellipsis'
    return hides && each.innerText?.trim() && each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0
}).map(each => each.innerText.trim().slice(0, 80))"""
"""The words that do not fit into what holds them, and are cut."""


@pytest.mark.deep
@pytest.mark.needs("chromium")
@pytest.mark.parametrize(
    ("size", "theme"), [("small", "light"), ("small", "dark"), ("empty", "light"), ("large", "light"), ("large", "dark")]
)  # fmt: skip
def test_every_page_is_drawn_whole_in_both_themes_and_widths(
    control, served, tmp_path, size, theme
):
    SIZES[size](control)
    folder = Path(os.environ.get("CROSSFADE_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    named = theme if size == "small" else f"{size}-{theme}"
    with a_browser(tmp_path) as browser:
        window = browser.window(served, width=WIDTHS[theme], theme=theme)
        sign_in(window, "aisyah", PASSWORD)
        for name in PAGES:
            go(window, name.capitalize())
            if name == "rollout" and size != "empty":
                settled(window, "Rollout")  # the page before it has links of these names too
                window.get_by_role("link", name="klinik-bangsar / chat", exact=True).click()
            settled(window, name if size != "empty" else name.capitalize())
            window.screenshot(path=folder / f"{name}-{named}.png", full_page=True)


def settled(window, name):
    """Waits until a page is whole. Fails where it broke or is wider than the window."""
    window.get_by_role("button", name="Sign out").wait_for()
    window.wait_for_function(SETTLED, arg=TITLES.get(name, name.capitalize()), polling=300)
    assert window.get_by_test_id("stException").count() == 0, name
    wide = window.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{name} is {wide} pixels wider than the window"
    assert window.evaluate(CUT) == [], name
