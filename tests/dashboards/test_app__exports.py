"""An export in browsers, against the real control plane: one asks, another approves, it is saved, and it verifies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from browsing import a_browser, sign_in
from controlled import PASSWORD, controlled

from cutover import clocks
from cutover.people import Person, Role

pytestmark = [pytest.mark.deep, pytest.mark.needs("chromium"), pytest.mark.timeout(900)]

CORA = Person("cora", frozenset({Role.COMPLIANCE}))
DEWI = Person("dewi", frozenset({Role.COMPLIANCE}))
VIEW = "/audit?view=Exports"


@pytest.fixture
def running(home):
    with controlled(home) as running:
        running.world.add(CORA, DEWI)
        yield running


@pytest.fixture
def browser(tmp_path):
    with a_browser(tmp_path) as browser:
        yield browser


def at(browser, running, person, theme="light"):
    """A window of a person who signed in, on the exports."""
    window = browser.window(running.dashboard + VIEW, theme=theme)
    sign_in(window, person.name, PASSWORD)
    return window


def keep(window, name):
    """A picture, where somebody wants to look at it."""
    if folder := os.environ.get("CROSSFADE_SCREENSHOTS"):
        window.screenshot(path=Path(folder) / f"audit-exports-{name}.png", full_page=True)


def ask(window):
    """Asks for everything of the last three days, with the words in it."""
    today = datetime.fromtimestamp(clocks.now_us() / 1_000_000, UTC).date()
    window.get_by_label("Tenant", exact=True).fill("clinic")
    for label, day in (
        ("First day", today - timedelta(days=2)),
        ("Last day", today + timedelta(days=1)),
    ):
        window.get_by_role("group", name=label).get_by_role("spinbutton").first.click()
        window.keyboard.type(f"{day:%Y%m%d}")
        window.keyboard.press("Escape")  # the calendar, which would lie over what comes next
    window.get_by_text("full: with the words themselves").click()
    window.get_by_label("Purpose", exact=True).fill("Quarterly audit")
    window.get_by_role("button", name="Ask for it").click()
    window.get_by_text("Asked for: clinic, full. It waits for a second person.").wait_for()


def test_one_asks_a_second_person_approves_and_the_bundle_that_is_saved_verifies(
    browser, running, tmp_path
):
    cora = at(browser, running, CORA)
    ask(cora)
    cora.get_by_text("You asked for it, so somebody else has to approve it.").wait_for()
    assert cora.get_by_role("button", name="Approve the export").count() == 0
    keep(cora, "asked-light")

    dewi = at(browser, running, DEWI, theme="dark")
    dewi.get_by_label("Reason", exact=True).first.fill("The auditor is entitled to it")
    dewi.get_by_label("Your password, or a code of your app").fill(PASSWORD)
    keep(dewi, "approve-dark")
    dewi.get_by_role("button", name="Approve the export").click()
    dewi.get_by_text("Approved: the export of clinic.").wait_for()

    cora.get_by_role("button", name="Fetch the bundle").click(timeout=300_000)
    with cora.expect_download() as saved:
        cora.get_by_role("button", name="Save export-").click()
    keep(cora, "done-light")
    bundle = tmp_path / "bundle.tar"
    saved.value.save_as(bundle)
    said = subprocess.run(
        [sys.executable, "-m", "cutover.cli", "verify", "--json", str(bundle)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    report = json.loads(said.stdout)
    assert (report["outcome"], report["profile"], report["tenant"]) == (
        "valid",
        "full",
        "clinic",
    )

    (approved,) = running.events("export.approved")
    assert (approved["actor"]["name"], approved["reason"]) == (
        "dewi",
        "The auditor is entitled to it",
    )
    (taken,) = running.events("export.downloaded")
    assert taken["actor"]["name"] == "cora"

    dewi.get_by_text("Verify a bundle").first.click()
    dewi.locator("input[type=file]").set_input_files(bundle)
    dewi.get_by_role("button", name="Verify", exact=True).click()
    dewi.get_by_text("Valid: nothing was changed").wait_for()
    keep(dewi, "verified-dark")
