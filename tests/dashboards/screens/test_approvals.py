"""The page of moves that wait for people."""

from __future__ import annotations

import threading

import httpx
import pytest
from fake_rollouts import HOUR_US, rollouts
from looking import press, words_on

from dashboards import calls

APPROVE = "Approve canary 5 % → canary 25 %"


def proposed(tenant, number):
    """A rollout with a proposal that ends later the higher its number."""
    one = rollouts()[0]
    ends = one["proposal"]["expires_us"] + number * HOUR_US
    return one | {
        "tenant": tenant,
        "proposal": one["proposal"] | {"id": f"q-{number}", "expires_us": ends},
    }


def test_a_lead_reads_why_and_approves_on_one_page(opened, control):
    app = opened("approvals", "token-aisyah")
    text = words_on(app)
    assert not app.exception
    for word in (
        "klinik-bangsar / chat", "5 % → 25 % of sessions", "Ready to go on: every gate has shown",
        "Evidence when it was proposed, and now", "The verdict is still promote",
        "The candidate failed 2 of 820 sessions", "Proposal: canary 5 % → canary 25 %",
    ):  # fmt: skip
        assert word in text, word
    text = approve(app)
    assert control.posted("approvals")[0][1]["proposal"] == "p-7"
    assert "No move waits for an approval" in text
    assert "Approved and done: canary 5 % → canary 25 %" in text
    assert "Approved and done" in words_on(app.run()), (
        "the page may be drawn anew at any moment"
    )
    app.query_params.clear()
    assert "Approved and done" not in words_on(app.run())


def test_what_is_being_read_stays_when_another_begins_to_wait_that_ends_sooner(opened, control):
    app = opened("approvals", "token-aisyah")
    app.text_input(key="approve-reason").set_value("Read this one")
    control.rollouts.append(proposed("klinik-baru", -3))
    text = words_on(app.run())
    assert "klinik-baru / chat" in text
    assert "klinik-bangsar / chat: canary 5 % → canary 25 %" in text
    assert app.query_params["tenant"] in ("klinik-bangsar", ["klinik-bangsar"])


def test_what_changed_since_the_proposal_is_told(opened, control):
    opened("approvals", "token-mei")  # the fake freezes at the first look
    control.rollouts[0] |= {"sessions": 900, "verdict": "hold", "reasons": ["latency is slow"]}
    text = words_on(opened("approvals", "token-mei"))
    assert "The verdict is hold now: latency is slow" in text
    assert "80 sessions more, 900 sessions now" in text


def test_who_decides_can_open_the_flagged_answers_without_leaving_the_page(opened, control):
    app = opened("approvals", "token-mei")
    assert "metformin" not in words_on(app)
    text = words_on(press(app, "Open the newest"))
    assert "⚑1 ⚑2</sup>" in text
    assert "Bold under a line, after ⚑1 ⚑2: the words that this flag is about" in text


def approve(app):
    app.text_input(key="approve-reason").set_value("Read it")
    app.text_input(key="approve-proof").set_value("correct horse battery")
    return words_on(press(app, APPROVE))


def test_an_approval_that_loses_to_a_rollback_is_told_with_the_next_step(opened, control):
    app = opened("approvals", "token-aisyah", tenant="klinik-bangsar", route="chat")
    control.refuse["approvals"] = (409, "this proposal is void: the rollout has moved since")
    text = approve(app)
    assert "the rollout has moved since. Nothing was done by this" in text


def test_an_approval_of_what_ended_meanwhile_is_not_sent_and_that_is_told(opened, control):
    app = opened("approvals", "token-aisyah", tenant="klinik-bangsar", route="chat")
    control.rollouts[0] |= {"stage": "rolled_back", "proposal": None, "epoch": 9}
    text = approve(app)
    assert "It ended before your answer was sent" in text
    assert "Nothing waits for an approval here any more" in text
    assert control.posted("approvals") == []
    assert APPROVE not in {button.label for button in app.button}


def test_a_yes_that_ended_the_proposal_is_not_told_as_one_that_waits(
    opened, control, monkeypatch
):
    app = opened("approvals", "token-aisyah", tenant="klinik-bangsar", route="chat")
    why = "void: the verdict is no longer promote: latency is slow"
    answer = {"approval": {}, "applied": False, "why": why, "transition": None}
    monkeypatch.setattr(control, "act", lambda *_: (201, answer))
    text = approve(app)
    assert (
        "Nothing was moved: this proposal ended with your yes, the verdict is no longer" in text
    )
    assert "Not done yet" not in text


def test_a_yes_that_was_not_answered_is_told_though_nothing_waits_any_more_and_tried_again(
    opened, control, monkeypatch
):
    monkeypatch.setattr(calls, "TIMEOUT", httpx.Timeout(3.0))
    answering = control.late["approvals"] = threading.Event()
    app = opened("approvals", "token-aisyah", tenant="klinik-bangsar", route="chat")
    text = approve(app)
    assert "Your approval of klinik-bangsar / chat may or may not have arrived" in text
    assert "It ended before your answer was sent" not in text
    assert "correct horse" not in text + repr(app.session_state["told"])
    answering.set()
    text = words_on(press(app, "Try again"))
    assert "It had arrived the first time. Approved and done" in text
    assert len(control.posted("approvals")) == 1


def test_while_the_api_is_down_what_waits_stays_to_be_read(opened, control):
    app = opened("approvals", "token-aisyah", tenant="klinik-bangsar", route="chat")
    control.stop()
    text = approve(app)
    assert "Your approval of klinik-bangsar / chat was not sent" in text
    assert "The candidate failed 2 of 820 sessions" in text
    assert {APPROVE, "Try again"} <= {button.label for button in app.button}


def test_nothing_that_waits_says_what_brings_a_proposal(opened, control):
    control.rollouts[0]["proposal"] = None
    text = words_on(opened("approvals", "token-mei"))
    assert "No move waits for an approval" in text
    assert "To the board" in text


def test_of_many_those_that_end_first_come_first_in_pages(opened, control):
    control.rollouts[:] = [proposed(f"klinik-{n:03}", n) for n in range(200)]
    text = words_on(opened("approvals", "token-siti"))
    assert "klinik-011 / chat" in text
    assert "klinik-012 / chat" not in text
    assert "Approving needs the role lead" in text


@pytest.mark.parametrize("tenant", ["nobody", "<b>x</b>"])
def test_a_link_to_what_is_gone_says_so(opened, tenant):
    app = opened("approvals", "token-mei", tenant=tenant, route="chat")
    assert not app.exception
    assert "there is no such rollout" in words_on(app)


def test_a_rejection_stands_with_its_reason(opened):
    app = opened("approvals", "token-aisyah")
    app.text_input(key="reject-reason").set_value("the flags first")
    text = words_on(press(app, "Reject"))
    assert "Rejected" in text
    assert "the flags first" in text


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        ({"frozen": "frozen until the freeze is lifted: audit"}, "frozen until the freeze is lifted: audit"),
        ({"plan": "its turn in the plan"}, "its turn in the plan"),
        ({"held_by": "mei", "hold_reason": "audit"}, "mei holds it: audit"),
    ],
)  # fmt: skip
def test_where_the_api_would_refuse_a_yes_the_page_says_why_and_offers_none(
    opened, control, kept, says
):
    app = opened("approvals", "token-aisyah")
    assert not yes_of(app).disabled
    control.rollouts[0] |= kept
    app.run()
    assert yes_of(app).disabled
    text = words_on(app)
    assert f"Not now: {says}. An approval is refused while that is so." in text
    assert f"Not now: {says}. Its evidence promotes it" in text
    assert "Ready to go on" not in text
    control.rollouts[0] |= {"frozen": "", "plan": "", "held_by": "", "hold_reason": ""}
    assert not yes_of(app.run()).disabled


def yes_of(app):
    return next(button for button in app.button if button.label == APPROVE)
