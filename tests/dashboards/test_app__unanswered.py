"""A control API that is slow or away while somebody presses: in Debian's Chromium, at the times people know."""

from __future__ import annotations

import re
import threading

import browsing
import pytest
from browsing import a_browser
from fake_control import PASSWORD, FakeControl

pytestmark = [pytest.mark.deep, pytest.mark.needs("chromium"), pytest.mark.timeout(600)]

ROLLOUT = "/rollout?tenant=klinik-ipoh&route=chat"
WAITS = "about 330 more sessions"
REASON = ".st-key-roll-back-reason input"
DONE = "Rolled back. The primary answers everybody."


@pytest.fixture
def window(tmp_path):
    with a_browser(tmp_path) as browser:
        yield browser.window()


def opened(window, url, name="farid"):
    window.goto(url)
    browsing.sign_in(window, name, PASSWORD)


def press_roll_back(window):
    window.get_by_text("Roll back", exact=True).click()
    window.locator(REASON).fill("The doses read wrong")
    window.get_by_role("button", name="Roll back now").click()


def test_the_way_back_is_seen_without_scrolling_and_is_gone_by_the_keyboard_alone(
    window, served, control
):
    control.rollouts[1]["proposal"] = control.rollouts[0]["proposal"] | {"id": "p-8"}
    window.set_viewport_size({"width": 1280, "height": 900})
    opened(window, served + ROLLOUT)
    way = window.locator("summary").filter(has_text="Roll back")
    way.wait_for()
    seen = way.bounding_box()
    assert seen["y"] + seen["height"] < 300, seen
    assert window.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
    way.focus()
    window.keyboard.press("Enter")
    window.get_by_text("Every session goes back to the primary at once").wait_for()
    window.keyboard.press("Tab")
    window.locator(f"{REASON}:focus").wait_for()
    window.keyboard.type("The doses read wrong")
    window.keyboard.press("Tab")
    window.keyboard.press("Enter")
    window.get_by_text(DONE).wait_for()
    assert control.posted("rollbacks")[0][1]["reason"] == "The doses read wrong"


def test_who_rolls_back_while_nothing_is_answered_reads_at_once_that_it_is_asked(
    window, served, control
):
    opened(window, served + ROLLOUT)
    window.get_by_text(WAITS).first.wait_for()
    answering = control.late["rollbacks"] = threading.Event()
    press_roll_back(window)
    window.get_by_text("Asking the controller for your rollback").wait_for()
    answering.set()
    window.get_by_text(DONE).wait_for()


def test_a_rollback_that_a_slow_api_did_not_answer_is_told_and_done_once(
    window, served, control
):
    opened(window, served + ROLLOUT)
    window.get_by_text(WAITS).first.wait_for()
    answering = control.late["rollbacks"] = threading.Event()
    press_roll_back(window)
    window.get_by_text(
        "Your rollback of klinik-ipoh / chat may or may not have arrived"
    ).wait_for()
    assert control.rollout("klinik-ipoh", "chat")["stage"] == "rolled_back"
    answering.set()
    window.get_by_role("button", name="Try again").click()
    window.get_by_text(f"It had arrived the first time. {DONE}").wait_for()
    assert len(control.posted("rollbacks")) == 1
    assert len(set(control.keys)) == 1


def test_a_page_whose_api_is_slow_throughout_stays_and_comes_back_by_itself(
    window, served, control
):
    opened(window, served + ROLLOUT)
    window.get_by_text(WAITS).first.wait_for()
    over = threading.Event()
    control.instead = lambda: (over.wait(300), (503, {"detail": "busy"}))[1]
    press_roll_back(window)
    window.get_by_text("may or may not have arrived").wait_for()
    window.get_by_text(WAITS).first.wait_for()
    window.get_by_text("What follows was so at").wait_for()
    control.instead = None
    over.set()
    found = control.rollout("klinik-ipoh", "chat")
    found["waits_for"] = "about 12 more sessions until equivalence can be shown"
    window.get_by_text("about 12 more sessions").first.wait_for()
    window.get_by_text("What follows was so at").wait_for(state="detached")
    window.get_by_role("button", name="Try again").click()
    window.get_by_text(DONE).wait_for()
    assert found["stage"] == "rolled_back"
    assert len(set(control.keys)) == 1, "it was tried twice, by one key"


def test_a_rollout_that_is_deleted_while_it_is_viewed_offers_nothing_any_more(
    window, served, control
):
    opened(window, served + ROLLOUT)
    window.get_by_text("Roll back", exact=True).wait_for()
    control.rollouts[:] = [one for one in control.rollouts if one["tenant"] != "klinik-ipoh"]
    window.get_by_text("there is no such rollout").wait_for()
    window.get_by_text("Roll back", exact=True).wait_for(state="detached")
    window.get_by_role("link", name="Back to the board").wait_for()


@pytest.mark.parametrize("page", ["approvals", "comparisons", "incidents"])
def test_a_page_that_was_opened_while_the_api_was_away_comes_back_by_itself(
    window, served, control, page
):
    opened(window, f"{served}/board", "aisyah")
    control.stop()
    browsing.go(window, page.capitalize())
    window.get_by_text(re.compile("^Nothing answers at")).first.wait_for()
    with FakeControl(port=control.port):
        window.get_by_text(re.compile("^Nothing answers at")).first.wait_for(state="detached")
        shown = {
            "approvals": "Evidence when it was proposed",
            "comparisons": "#60",
            "incidents": "Report an answer",
        }
        window.get_by_text(shown[page]).first.wait_for()


def test_all_comparisons_takes_the_number_out_of_the_address_and_keeps_the_search(
    window, served
):
    opened(window, f"{served}/comparisons?flag=DOSE_CONFLICT", "mei")
    window.get_by_role("link", name="#60").click()
    window.get_by_text("Open this", exact=True).or_(
        window.get_by_text("850 mg").first
    ).first.wait_for()
    window.wait_for_url("**number=60**")
    window.get_by_role("button", name="All comparisons").click()
    window.get_by_role("link", name="#60").wait_for()
    assert "number=" not in window.url
    assert "flag=DOSE_CONFLICT" in window.url
    assert window.get_by_role("link", name="#59").count() == 0
    window.reload()
    browsing.sign_in(window, "mei", PASSWORD)
    window.get_by_role("link", name="#60").wait_for()
