"""The fleet's plan, in rows."""

from __future__ import annotations

import json

from fake_plan import entry, plan, planned

from dashboards.clock import Clock
from dashboards.questions import plan as questions
from dashboards.questions.plan import Plan
from dashboards.wire import read


def told(**changes):
    return read(Plan, json.dumps(plan() | changes).encode())


def test_what_is_done_comes_last_and_all_else_in_the_plans_order():
    entries = [
        entry("a", done=True, begins_us=0, reached=2),
        entry("c"),
        entry("b", waits="waits for `a`: x"),
    ]
    rows = questions.rows(told(entries=entries), Clock())
    assert [row.name for row in rows] == ["c", "b", "a"]
    states = ["○ its day has not come", "○ waits for `a`: x", "✓ done"]
    assert [row.state for row in rows] == states


def test_an_entry_says_what_it_waits_for_and_what_follows_it():
    row = questions.rows(told(), Clock())[0]
    assert (row.state, row.begins, row.reached, row.of) == (
        "▶ may go on",
        "begins at once",
        1,
        2,
    )
    assert row.notes == ("Who waits for it also waits for a rollback drill of its rollouts.",)


def test_of_many_rollouts_three_are_named_and_none_where_none_may_be_seen():
    many = entry("a", rollouts=[f"k{n}/chat" for n in range(5)])
    rows = questions.rows(told(entries=[many, entry("b", rollouts=[])]), Clock())
    assert rows[0].rollouts == "k0 / chat, k1 / chat, k2 / chat and 2 more"
    assert rows[1].rollouts == "none that you may see"


def test_a_rollout_waits_for_its_entry_or_for_evidence_and_others_are_left_out():
    rollouts = [
        planned("a", "chat"), planned("b", "chat", waits="", shown=None), planned("c", "chat", waits="", needed=None),
    ]  # fmt: skip
    found = told(rollouts=rollouts)
    rows = questions.waiting(found, "")
    assert [row["rollout"] for row in rows] == ["a / chat", "b / chat"]
    assert rows[0]["evidence"] == "16 to 1; asked 79 to 1"
    assert rows[1]["waits for"] == "the evidence that the plan asks for"
    assert rows[1]["evidence"] == "none yet; asked 79 to 1"
    assert questions.waiting(found, "B chat")[0]["rollout"] == "b / chat"
