"""The Audit page in a browser: a link to one event survives a reload, and a bundle is brought, verified and let go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from browsing import a_browser, sign_in
from bundles import bundle, busy
from fake_control import PASSWORD
from fake_exports import BUNDLE
from fake_rollouts import NOW_US
from playwright.sync_api import expect

pytestmark = [pytest.mark.deep, pytest.mark.needs("chromium"), pytest.mark.timeout(600)]


@pytest.fixture(params=["light", "dark"])
def window(request, tmp_path, served):
    with a_browser(tmp_path) as browser:
        page = browser.window(theme=request.param)
        page.theme = request.param
        yield page


def keep(window, name):
    """A picture, where somebody wants to look at it."""
    if folder := os.environ.get("CROSSFADE_SCREENSHOTS"):
        window.screenshot(
            path=Path(folder) / f"audit-{name}-{window.theme}.png", full_page=True
        )


def test_one_event_is_found_sent_as_a_link_and_shown_again_after_a_reload(window, served):
    window.goto(f"{served}/audit")
    sign_in(window, "aisyah", PASSWORD)
    window.get_by_text("aisyah held klinik-penang/chat where it is").first.wait_for()
    window.get_by_text("what people did").click()
    window.wait_for_url("**deeds=what+people+did**")
    keep(window, "events")
    window.get_by_role("button", name="Link to it").nth(2).click()
    window.wait_for_url("**event=klinik-penang**")
    window.reload()
    sign_in(window, "aisyah", PASSWORD)
    window.get_by_text("crossfade prove klinik-penang/118").wait_for()
    assert "event=klinik-penang%2F118" in window.url
    keep(window, "event")
    window.get_by_role("button", name="To all events").click()
    window.get_by_text("klinik-penang #120", exact=False).first.wait_for()


def test_a_bundle_is_brought_and_each_check_is_told(window, served, tmp_path):
    log = busy()
    whole = bundle(log)
    at = whole.index(b'"type":"state.transition"')
    changed = whole[:at] + whole[at:].replace(b"state", b"stale", 1)
    for name, content in (("whole", whole), ("changed", changed)):
        (tmp_path / f"{name}.tar").write_bytes(content)
    window.goto(f"{served}/audit")
    sign_in(window, "mei", PASSWORD)
    window.get_by_text("Verify a bundle").first.click()
    for name, said in (
        ("whole", "Valid: nothing was changed"),
        ("changed", "Tampered: this is not what"),
    ):
        brought = window.locator("input[type=file]")
        expect(brought).to_have_count(
            1, timeout=60_000
        )  # the one before has gone with what it held
        brought.set_input_files(tmp_path / f"{name}.tar")
        window.get_by_role("button", name=f"{name}.tar").or_(
            window.get_by_text(f"{name}.tar")
        ).first.wait_for()
        window.get_by_role("button", name="Verify", exact=True).click()
        window.get_by_text(said).wait_for()
        window.get_by_text("12. Times").wait_for()
        keep(window, f"verified-{name}")
        held = window.get_by_test_id("stFileUploaderFile")
        expect(held, "what was brought is let go").to_have_count(0, timeout=60_000)


def test_exports_are_told_and_one_is_saved_by_the_browser(window, served, control, tmp_path):
    window.goto(f"{served}/audit?view=Exports")
    sign_in(window, "cora", PASSWORD)
    window.get_by_text("You asked for it, so somebody else has to approve it.").wait_for()
    window.get_by_role("button", name="Fetch the bundle").click()
    keep(window, "exports")
    with window.expect_download() as saved:
        window.get_by_role("button", name="Save export-").click()
    saved.value.save_as(tmp_path / "bundle.tar")
    assert (tmp_path / "bundle.tar").read_bytes() == BUNDLE
    window.get_by_role("button", name="Fetch the bundle").wait_for()
    control.exports[0] |= {"state": "failed", "reason": "the disk is full", "ended_us": NOW_US}
    window.get_by_text("the disk is full").wait_for()


def test_a_second_person_approves_an_export(window, served, control):
    window.goto(f"{served}/audit?view=Exports")
    sign_in(window, "dewi", PASSWORD)
    window.get_by_label("Reason", exact=True).first.fill("Read it")
    window.get_by_label("Your password, or a code of your app").fill(PASSWORD)
    keep(window, "approve")
    window.get_by_role("button", name="Approve the export").click()
    window.get_by_text("Approved: the export of klinik-penang.").wait_for()
