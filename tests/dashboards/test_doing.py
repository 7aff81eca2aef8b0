"""A deed is done once, and told beside its button."""

from __future__ import annotations

import threading

import httpx
import pytest
from fake_control import FakeControl
from looking import press, words_on

from dashboards import calls

BANGSAR = {"tenant": "klinik-bangsar", "route": "chat"}
IPOH = {"tenant": "klinik-ipoh", "route": "chat"}
DONE = "Rolled back. The primary answers everybody."


@pytest.fixture
def engineer(opened):
    return opened("rollout", "token-farid", **IPOH)


@pytest.fixture
def late(control, monkeypatch):
    """The rollback is done at once; it is answered when this is set, later than anybody waits."""
    monkeypatch.setattr(calls, "TIMEOUT", httpx.Timeout(3.0))
    event = control.late["rollbacks"] = threading.Event()
    yield event
    event.set()


def roll_back(app, reason="odd answers"):
    app.text_input(key="roll-back-reason").set_value(reason)
    return press(app, "Roll back now")


def offered(app):
    return {button.label for button in app.button}


def test_what_was_sent_and_not_answered_is_told_and_tried_again_as_the_same_request(
    engineer, control, late
):
    text = words_on(roll_back(engineer))
    assert "Your rollback of klinik-ipoh / chat may or may not have arrived" in text
    assert "Pressing again is safe" in text
    assert "Nothing was done" not in text
    assert "klinik-ipoh / chat" in text, "the page stays"
    late.set()
    text = words_on(press(engineer, "Try again"))
    assert f"It had arrived the first time. {DONE}" in text
    assert len(control.posted("rollbacks")) == 1
    assert len(control.keys) == 2
    assert len(set(control.keys)) == 1
    assert "Try again" not in offered(engineer)


def test_while_the_api_is_down_nothing_is_sent_the_page_stays_and_it_may_be_tried_again(
    engineer, control
):
    words_on(engineer)
    control.stop()
    text = words_on(roll_back(engineer))
    assert "Your rollback of klinik-ipoh / chat was not sent. Nothing answers at" in text
    assert "about 330 more sessions" in text, "what was read last stays"
    assert "What follows was so at" in text
    assert {"Try again", "Roll back now", "Hold"} <= offered(engineer)
    with FakeControl(port=control.port, rollouts=control.rollouts) as back:
        assert DONE in words_on(press(engineer, "Try again"))
        assert len(back.posted("rollbacks")) == 1
    assert "It had arrived the first time" not in words_on(engineer)


@pytest.mark.parametrize(
    ("field", "button", "action"),
    [("roll-back", "Roll back now", "rollbacks"), ("hold", "Hold", "holds")],
)
def test_what_cannot_wait_is_sent_before_the_page_asks_anything(
    engineer, control, *, field, button, action
):
    engineer.text_input(key=f"{field}-reason").set_value("odd answers")
    before = len(control.calls)
    words_on(press(engineer, button))
    method, path, *_ = control.calls[before]
    assert (method, path.rpartition("/")[2]) == ("POST", action)


def test_after_a_deed_that_was_waited_for_in_vain_its_words_wait_for_nothing_more(
    engineer, control, late
):
    engineer.text_input(key="roll-back-reason").set_value("odd answers")
    before = len(control.calls)
    text = words_on(press(engineer, "Roll back now"))
    assert "may or may not have arrived" in text
    assert "What follows was so at" in text
    assert [method for method, *_ in control.calls[before:]] == ["POST"]


def test_each_deed_has_a_key_of_its_own(engineer, control):
    for _ in range(2):
        engineer.text_input(key="hold-reason").set_value("driver")
        press(engineer, "Hold")
        engineer.text_input(key="resume-reason").set_value("done")
        press(engineer, "Resume")
    assert len(control.keys) == len(set(control.keys)) == 4


def places(app):
    """What is in the column of decisions, from top to bottom: texts of outcomes, and labels of buttons."""
    found = []

    def walk(node):
        for child in getattr(node, "children", {}).values():
            if child.type in ("error", "success"):
                found.append(child.value.replace("\\", ""))
            elif child.type == "button":
                found.append(child.label)
            walk(child)

    walk(app.main)
    return found


def test_an_outcome_stands_right_below_the_button_that_was_pressed(engineer):
    found = places(roll_back(engineer, "  "))
    at = found.index("Roll back now")
    assert "Write a reason" in found[at + 1]
    assert [one for one in found if "Write a reason" in one] == [found[at + 1]]


def test_an_outcome_whose_form_is_gone_stands_where_the_decisions_are(engineer):
    found = places(roll_back(engineer))
    assert "Roll back now" not in found
    assert found.count(DONE) == 1


def test_who_has_scrolled_down_is_led_once_to_an_outcome_that_stands_elsewhere(engineer):
    roll_back(engineer)
    (led,) = engineer.toast
    assert "What came of your rollback of klinik-ipoh / chat stands above" in led.value.replace(
        "\\", ""
    )
    assert not engineer.run().toast


def test_an_outcome_beside_its_button_needs_no_leading_to(engineer):
    assert not roll_back(engineer, "x" * 600).toast


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("wrong\u200bdoses", "(U+200B) after “wrong”"),
        ("x" * 600, "The reason has 600 characters"),
    ],
)
def test_a_reason_that_does_not_fit_is_said_beside_its_button_and_not_sent(
    engineer, control, reason, says
):
    found = places(roll_back(engineer, reason))
    assert says in found[found.index("Roll back now") + 1]
    assert control.posted("rollbacks") == []


def test_a_reason_that_was_copied_has_plain_spaces(engineer, control):
    roll_back(engineer, " wrong\u00a0doses\t seen\n")
    assert control.posted("rollbacks")[0][1]["reason"] == "wrong doses seen"


def test_a_refusal_is_told_by_its_kind_beside_the_button(opened, control):
    app = opened("rollout", "token-aisyah", **BANGSAR)
    control.refuse["approvals"] = (
        403,
        "this is neither your password nor a code",
        "/problems/not-proven",
    )
    app.text_input(key="approve-reason").set_value("read")
    app.text_input(key="approve-proof").set_value("another's")
    found = places(press(app, "Approve canary 5 % → canary 25 %"))
    told = found[found.index("Approve canary 5 % → canary 25 %") + 1]
    assert "Type your password, or a code that your app shows now" in told
    assert "role" not in told


def test_a_rollout_that_is_gone_offers_no_deed_and_still_tells_what_came_of_one(
    engineer, control
):
    words_on(engineer)
    control.refuse["rollbacks"] = (404, "there is no such rollout")
    control.rollouts[:] = []
    text = words_on(roll_back(engineer))
    assert "there is no such rollout. It may have left the policy" in text
    assert offered(engineer) <= {"Sign out"}
