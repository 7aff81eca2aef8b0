"""What people do in a browser takes effect: the real dashboard, control API and store, and Debian's Chromium."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import groupby

import pytest
from browsing import a_browser, go, sign_in
from controlled import ANNA, BEN, ERIK, PASSWORD, RITA, VERA, controlled
from playwright.sync_api import TimeoutError as TooLate
from rollouts import KEY, a_policy

pytestmark = [pytest.mark.deep, pytest.mark.needs("chromium"), pytest.mark.timeout(600)]

MOVE = "mirror → canary 20 %"
NEVER_LOADED_AGAIN = "window.loaded_once === true"


@pytest.fixture
def running(home):
    with controlled(home) as running:
        yield running


@pytest.fixture
def browser(tmp_path):
    with a_browser(tmp_path) as browser:
        yield browser


def at(browser, running, person, page=""):
    """A window of a person who signed in."""
    window = browser.window(running.dashboard + page)
    sign_in(window, person.name, PASSWORD)
    window.evaluate("window.loaded_once = true")
    return window


def approve(window, reason="Read, and nothing speaks against it"):
    """Reads on, gives a reason and the password, and says yes."""
    window.get_by_label("Reason", exact=True).first.fill(reason)
    window.get_by_label("Your password, or a code of your app").fill(PASSWORD)
    window.get_by_role("button", name=f"Approve {MOVE}").click()


def roll_back(window, reason):
    """Opens the fold, gives a reason, and rolls back."""
    window.get_by_text("Roll back", exact=True).click()
    window.get_by_text("Every session goes back to the primary at once").wait_for()
    window.locator(".st-key-roll-back-reason input").fill(reason)
    window.get_by_role("button", name="Roll back now").click()


def counted(window, what):
    """Waits until the Board counts one rollout there."""
    window.get_by_test_id("stMetric").filter(has_text=re.compile(rf"{what}\s*1")).wait_for()


def rolled_back_on_board(window):
    counted(window, "Rolled back")
    window.get_by_text("0 % candidate", exact=True).wait_for()


def test_one_who_leads_reads_approves_sees_it_rolls_back_and_finds_it_in_the_log(
    browser, running
):
    vera = at(browser, running, VERA, "/board")
    vera.get_by_text("approval, 0 of 1 given").wait_for()
    anna = at(browser, running, ANNA)
    anna.get_by_text("Waiting for a person: 1 rollout").wait_for()

    go(anna, "Approvals")
    anna.get_by_role("heading", name=f"clinic / chat: {MOVE}").wait_for()
    anna.get_by_text("Ready to go on").wait_for()
    anna.get_by_text("When proposed", exact=True).wait_for()
    approve(anna)
    anna.get_by_text(f"Approved and done: {MOVE}").wait_for()
    (given,) = running.events("approval.given")
    assert (given["actor"]["kind"], given["actor"]["name"]) == ("human", "anna")
    assert given["details"]["confirmed_by"] == "password"

    go(anna, "Board")
    anna.get_by_text("20 % candidate").wait_for()
    vera.get_by_text("20 % candidate").wait_for()
    counted(vera, "In canary")

    anna.get_by_role("link", name="clinic / chat").click()
    anna.get_by_text("▶ canary 20 %").wait_for()
    roll_back(anna, "The doses read wrong")
    anna.get_by_text("Rolled back. The primary answers everybody.").wait_for()
    rolled_back_on_board(vera)
    assert all(window.evaluate(NEVER_LOADED_AGAIN) for window in (anna, vera))

    go(anna, "Audit")
    anna.get_by_text(re.compile("The doses read wrong")).first.wait_for()
    anna.get_by_text(re.compile("Read, and nothing speaks")).first.wait_for()  # drawn last
    log = anna.get_by_test_id("stMain").inner_text()
    for word in ("anna", "roll", "approve", "Read, and nothing speaks against it"):
        assert word in log, log


ENDED = "Nothing waits for an approval here any more"
LOST = re.compile("Nothing was done by (this|you)")


def ready(window, reason):
    """Everything typed that an approval needs; the button is left to press."""
    window.get_by_role("heading", name=f"clinic / chat: {MOVE}").wait_for()
    window.get_by_label("Reason", exact=True).first.fill(reason)
    window.get_by_label("Your password, or a code of your app").fill(PASSWORD)
    return window.get_by_role("button", name=f"Approve {MOVE}")


def test_who_only_looks_sees_that_somebody_else_approved(browser, running):
    ben = at(browser, running, BEN, "/approvals")
    ben.get_by_role("heading", name=f"clinic / chat: {MOVE}").wait_for()
    approve(at(browser, running, ANNA, "/approvals"))
    ben.get_by_text(ENDED).wait_for()
    assert ben.get_by_role("button", name=re.compile("^Approve")).count() == 0
    assert ben.evaluate(NEVER_LOADED_AGAIN)


def test_of_two_who_approve_at_once_one_does_and_the_other_is_told(browser, running):
    windows = [at(browser, running, person, "/approvals") for person in (ANNA, BEN)]
    for button in [ready(window, "Read it too") for window in windows]:
        button.click(no_wait_after=True)
    for window in windows:
        window.get_by_text(ENDED).wait_for()
    done = [window.get_by_text(f"Approved and done: {MOVE}").count() for window in windows]
    lost = [window.get_by_text(LOST).count() for window in windows]
    assert sorted(done) == [0, 1], (done, lost)
    assert lost == [1 - one for one in done]
    (given,) = running.events("approval.given")
    assert given["actor"]["name"] == ("anna" if done[0] else "ben")


def test_a_rollback_beats_an_approval_that_comes_at_the_same_moment(browser, running):
    erik = at(browser, running, ERIK, "/rollout?tenant=clinic&route=chat")
    anna = at(browser, running, ANNA, "/approvals")
    yes = ready(anna, "Read it")
    erik.get_by_text("Roll back", exact=True).click()
    erik.locator(".st-key-roll-back-reason input").fill("wrong doses")
    no = erik.get_by_role("button", name="Roll back now")
    yes.click(no_wait_after=True)
    no.click(no_wait_after=True)
    erik.get_by_text("Rolled back. The primary answers everybody.").wait_for()
    anna.get_by_text(ENDED).wait_for()
    approved = anna.get_by_text(f"Approved and done: {MOVE}").count()
    assert approved == len(running.events("approval.given"))
    assert approved or anna.get_by_text(LOST).count() == 1
    go(anna, "Board")
    rolled_back_on_board(anna)


def test_who_types_a_wrong_password_is_told_so_and_then_until_when_nothing_counts(
    browser, running
):
    anna = at(browser, running, ANNA, "/approvals")
    ready(anna, "Read it")
    proof = anna.get_by_label("Your password, or a code of your app")
    told = anna.get_by_role("alert").filter(
        has_text=re.compile("neither your password|too many")
    )
    for number in range(12):
        proof.fill(f"wrong {number}")
        anna.get_by_role("button", name=f"Approve {MOVE}").click()
        anna.get_by_test_id("stApp").and_(
            anna.locator("[data-test-script-state=notRunning]")
        ).wait_for()
        told.first.wait_for()
        said = told.first.inner_text().replace("\u2060", "")
        assert "role" not in said
        if "too many wrong ones" in said:
            break
    assert re.search(r"try again in \d+ \w+, at \d\d:\d\d:\d\d UTC", said), said
    assert "Holding and rolling back need no password" in said
    assert running.events("approval.given") == []


def pressed(window, key, outcome):
    """Presses a key until the page says so: one that comes while the page is drawn anew is nobody's."""
    for _ in range(6):
        window.keyboard.press(key)
        with suppress(TooLate):
            window.get_by_text(outcome).wait_for(timeout=10_000)
            return
    window.get_by_text(outcome).wait_for()


def test_a_reviewer_labels_with_one_key_and_typing_is_no_label(browser, running):
    rita = at(browser, running, RITA, "/comparisons")
    rita.get_by_role("link", name=re.compile(r"^#\d")).first.click()
    rita.get_by_text("answer of the candidate").first.wait_for()
    rita.keyboard.press("w")
    rita.get_by_text("Write what is worse in it first. Nothing was said.").wait_for()
    why = rita.get_by_label("Why", exact=True)
    why.press_sequentially(
        "bus: wrong ward"
    )  # every letter of it that is a key means nothing here
    rita.get_by_role("heading", name="clinic / chat").click()
    pressed(rita, "w", "You said: worse.")
    pressed(rita, "s", "You said: same.")
    said = [one["details"]["label"] for one in running.events("comparison.labelled")]
    assert [label for label, _ in groupby(said)] == ["worse", "same"]


def test_a_reviewer_reads_what_unsafe_does_says_it_and_is_led_to_the_incident(browser, running):
    rita = at(browser, running, RITA, "/comparisons")
    rita.get_by_role("link", name=re.compile(r"^#\d")).first.click()
    rita.get_by_text("is an incident at once").wait_for()
    rita.get_by_label("Why", exact=True).fill("ten times the dose")
    rita.get_by_role("button", name=re.compile("^Unsafe")).click()
    rita.get_by_text(re.compile("You said: unsafe. Incident 1 is open")).wait_for()
    rita.get_by_role("link", name="To the incident").click()
    rita.get_by_text("! open · 1").wait_for()
    rita.get_by_text("ten times the dose").wait_for()
    (reported,) = running.events("incident.reported")
    (said,) = running.events("comparison.labelled")
    assert reported["details"]["exchange"] == said["details"]["exchange"]
    assert reported["actor"]["name"] == "rita"


OTHER = ("other", "chat")


def two_clinics(*_):
    """The clinic, and another one with the same candidate."""
    first = a_policy()
    (rollout,) = first.rollouts
    tenants = {
        name: {"identify": {"header": name}, "cloud": "allowed", "reask": True}
        for name in ("clinic", "other")
    }
    other = rollout.model_dump(mode="json") | {"tenant": "other"}
    return a_policy(tenants=tenants, rollouts=[rollout.model_dump(mode="json"), other])


@pytest.fixture
def two(home):
    with controlled(home, two_clinics, keys=(KEY, OTHER)) as running:
        yield running


def stages(running):
    """Where each rollout stands, as the store has it."""
    moves = {
        tenant: running.events("state.transition", tenant) for tenant in ("clinic", "other")
    }
    return {tenant: made[-1]["details"]["to_stage"] for tenant, made in moves.items()}


def test_the_second_proposal_is_chosen_from_the_list_and_it_is_the_one_that_is_approved(
    browser, two
):
    anna = at(browser, two, ANNA, "/approvals")
    anna.get_by_role("heading", name=f"clinic / chat: {MOVE}").wait_for()
    anna.get_by_label("Reason", exact=True).first.fill("meant for the first one")
    anna.get_by_role("link", name="other / chat").click()
    anna.get_by_role("heading", name=f"other / chat: {MOVE}").wait_for()
    anna.wait_for_function("document.querySelectorAll('input[type=password]').length === 1")
    assert anna.get_by_label("Reason", exact=True).first.input_value() == ""
    anna.wait_for_url("**tenant=other**")
    approve(anna)
    anna.get_by_text(f"Approved and done: {MOVE}, of other / chat").wait_for()
    assert two.events("approval.given", "clinic") == []
    (given,) = two.events("approval.given", "other")
    assert given["actor"]["name"] == "anna"
    assert stages(two) == {"clinic": "mirror", "other": "canary"}


def test_a_rollout_is_chosen_by_its_name_and_it_is_the_one_that_is_rolled_back(browser, two):
    erik = at(browser, two, ERIK, "/rollout")
    erik.get_by_text("Choose a rollout.").wait_for()
    erik.get_by_role("link", name="other / chat").click()
    erik.get_by_role("heading", name="other / chat").wait_for()
    roll_back(erik, "The doses read wrong")
    erik.get_by_text("Rolled back. The primary answers everybody.").wait_for()
    assert "tenant=other" in erik.url
    assert stages(two) == {"clinic": "mirror", "other": "rolled_back"}
