"""The rows of the board, and what people look for."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from fake_control import FakeControl
from fake_rollouts import NOW_US, rollouts

from dashboards.questions import board
from dashboards.questions.board import Search
from dashboards.wire import Board, Proposal, RolledBack, Rollout, read

BOARD = read(Board, json.dumps(FakeControl().board()).encode())
BANGSAR, IPOH, JOHOR, PENANG = (read(Rollout, json.dumps(each).encode()) for each in rollouts())


def test_each_row_says_why_a_person_should_look():
    assert [row.needs for row in board.rows(BOARD, NOW_US)] == [
        "approval, 0 of 1 given", "", "harm was shown: the controller rolled it back", "somebody to lift the hold",
    ]  # fmt: skip


def test_a_row_says_since_when_and_who_holds():
    penang = board.rows(BOARD, NOW_US)[3]
    assert (penang.since, penang.sessions, penang.share) == ("12 d 12 h", "1,900", 100.0)
    assert penang.held == "‖ held by farid"


def test_what_is_looked_for_is_asked_of_the_api():
    asked = Search(" qwen ", "live", "hold").asked()
    assert asked == {"q": "qwen", "stage": "live", "verdict": "hold"}


def test_the_summary_counts_stages_holds_and_approvals():
    assert board.summary(BOARD) == [
        ("Rollouts", 4), ("In mirror", 1), ("In canary", 1), ("Live", 1), ("Rolled back", 1),
        ("Held", 1), ("Need approval", 1),
    ]  # fmt: skip


def test_a_rehearsal_policy_is_announced_and_a_production_one_is_not():
    assert "not for production" in board.banner(BOARD)
    assert board.banner(replace(BOARD, production=True)) == ""


def test_harm_is_told_as_past_once_it_is_rolled_back():
    assert board.needs(replace(BANGSAR, verdict="roll_back")) == "harm is shown"
    assert board.needs(JOHOR) == "harm was shown: the controller rolled it back"


def test_what_a_person_rolled_back_says_who_and_why_and_nothing_of_harm():
    back = RolledBack("anna", "the doses read wrong", NOW_US, for_harm=False)
    by_anna = replace(
        JOHOR, rolled_back=back, reasons=("rolled back by anna: the doses read wrong",)
    )
    (row,) = board.rows(replace(BOARD, rollouts=(by_anna,)), NOW_US)
    assert row.needs == "anna rolled it back"
    assert row.why == "Rolled back by anna: the doses read wrong."
    assert "harm" not in f"{row}"


def test_what_harm_rolled_back_says_by_what_it_was_shown():
    (row,) = board.rows(replace(BOARD, rollouts=(JOHOR,)), NOW_US)
    assert row.why.startswith(
        "Rolled back by the controller, because harm was shown: equivalence"
    )


@pytest.mark.parametrize(
    ("needs", "says"), [("sign_off", "pairs of answers"), ("fault", "log"), ("start", ""), (None, "")]
)  # fmt: skip
def test_what_the_api_says_is_needed_is_told(needs, says):
    told = board.needs(replace(IPOH, needs=needs))
    assert says in told and bool(told) is bool(says)


def test_what_rests_on_the_pool_is_labelled_so():
    proposal = Proposal("p", "enter_canary", 0, 1, "controller", 0, 9, "a" * 64, (), 1)
    pooled = replace(proposal, pooled={"a": 30})
    said = board.needs(replace(BANGSAR, proposal=pooled))
    assert said == "approval, 0 of 1 given, pooled evidence"


def test_a_page_says_which_of_all_it_shows():
    assert board.place(25, 25, 10_000) == "26 to 50 of 10,000 rollouts"
    assert board.place(3, 0, 3) == "3 rollouts"


@pytest.mark.parametrize(
    "kept", [{"frozen": "nothing is widened until the emergency all is over: smoke"}, {"plan": "its turn"}]
)  # fmt: skip
def test_what_may_not_go_on_now_needs_no_approval_and_says_what_stands_in_the_way(kept):
    (row,) = board.rows(replace(BOARD, rollouts=(replace(BANGSAR, **kept),)), NOW_US)
    [why] = kept.values()
    assert row.needs == ""
    assert row.why.startswith(f"Not now: {why}.")
    assert row.not_now == why
    assert "Ready" not in f"{row}"


def test_what_is_held_and_proposed_needs_somebody_to_lift_the_hold():
    held = replace(BANGSAR, held_by="mei", hold_reason="audit", needs="hold")
    assert board.needs(held) == "somebody to lift the hold"
