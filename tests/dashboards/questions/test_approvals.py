"""Moves that wait for people, in rows and sentences."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from fake_control import FakeControl
from fake_rollouts import HOUR_US, NOW_US, frozen, rollouts

from dashboards.clock import Clock
from dashboards.questions import approvals
from dashboards.questions.approvals import Approvals, Frozen
from dashboards.wire import Rollout, read

BANGSAR = read(Rollout, json.dumps(rollouts()[0]).encode())
FROZEN = read(Frozen, json.dumps(frozen(rollouts()[0])).encode())
WAITING = read(Approvals, json.dumps(FakeControl().approvals()).encode())


def harmed(gate):
    return replace(gate, shown=-2.0)


def test_what_ends_first_comes_first():
    one = WAITING.open[0]
    sooner = replace(one, id="p-9", expires_us=one.expires_us - 1)
    both = replace(WAITING, open=(one, sooner))
    assert [each.id for each in approvals.soonest(both)] == ["p-9", "p-7"]


def test_a_move_says_its_share_its_proposer_and_how_long_it_waits():
    one = WAITING.open[0]
    assert approvals.share(one) == "5 % → 25 % of sessions"
    assert approvals.said(one) == "widen the canary  ·  proposed by controller"
    assert approvals.ends(one, NOW_US) == "23 h 0 min left"
    assert approvals.ends(one, NOW_US + 24 * HOUR_US) == "has expired"


def test_each_gate_is_told_as_it_was_frozen_and_as_it_is_now():
    worse = replace(BANGSAR, evidence=(harmed(BANGSAR.evidence[0]), *BANGSAR.evidence[2:]))
    rows = {row["gate"]: row for row in approvals.compared(FROZEN, worse)}
    assert rows["equivalence"]["asked"] == "20 to 1"
    assert rows["equivalence"]["when proposed"].startswith("✓")
    assert rows["equivalence"]["now"] == "… 0.0 to 1, 820 sessions"
    assert rows["errors"]["now"] == "not told any more"


def test_what_mirror_showed_is_told_apart_from_what_this_stage_saw():
    carried = replace(FROZEN.evidence[0], asked=False, shown=2.0, n=64)
    row = approvals.compared(replace(FROZEN, evidence=(carried,)), BANGSAR)[0]
    assert row["when proposed"] == "✓ 100 to 1 in mirror; 64 sessions watched here"
    assert row["what was found"].startswith("When proposed: ")


def told_of(gate, stage):
    asked = replace(FROZEN, evidence=(gate,))
    return approvals.compared(asked, replace(BANGSAR, stage=stage, evidence=(gate,)))[0]


@pytest.mark.parametrize("when", ["when proposed", "now"])
def test_a_gate_that_a_promotion_of_this_stage_does_not_ask_for_says_so(when):
    gate = replace(FROZEN.evidence[2], asked=False, shown=0.5, needed=1.0, n=64)
    watched = told_of(gate, "canary")
    assert watched["asked"] == "not here; 10 to 1 in mirror"
    assert watched[when] == (
        "○ not asked for, watched here: 3.2 to 1 in mirror; 64 sessions watched here"
    )
    unseen = told_of(replace(gate, n=0), "mirror")
    assert unseen["asked"] == "nothing here"
    assert unseen[when] == "○ not asked for, watched here: 3.2 to 1, 0 sessions"
    asked = told_of(replace(gate, asked=True), "canary")
    assert (asked["asked"], asked[when]) == ("10 to 1", "… 3.2 to 1, 64 sessions")


def test_a_gate_that_is_not_asked_for_and_was_shown_has_its_tick():
    gate = replace(FROZEN.evidence[2], asked=False, shown=1.5, needed=1.0)
    assert told_of(gate, "canary")["now"].startswith("✓ 32 to 1 in mirror")


def test_a_gate_that_only_holds_is_told_by_what_is_against_it():
    gate = replace(FROZEN.evidence[0], needed=0.0, against=9.0, mode="hold")
    row = approvals.compared(replace(FROZEN, evidence=(gate,)), BANGSAR)[0]
    assert (row["asked"], row["when proposed"]) == ("nothing against it", "✗ holds")


def test_what_changed_since_begins_with_the_verdict():
    later = replace(BANGSAR, sessions=900)
    assert approvals.since(FROZEN, later) == [
        "The verdict is still promote.",
        "80 sessions more, 900 sessions now.",
    ]
    assert approvals.since(FROZEN, BANGSAR)[1] == "No session came since."


@pytest.mark.parametrize(
    ("frozen", "change", "says"),
    [
        ({}, {"verdict": "hold", "reasons": ("slow",)}, "! The verdict is hold now: slow."),
        ({}, {"sessions": 3}, "! The evidence was begun anew: 3 sessions now."),
        ({}, {"held_by": "mei", "hold_reason": "audit"}, "! mei holds it: audit"),
        ({}, {"evidence": (harmed(BANGSAR.evidence[0]),)}, "! Equivalence no longer shows"),
        ({"intact": False}, {}, "! The evidence kept is not what was proposed"),
    ],
)
def test_what_speaks_against_a_yes_is_marked(frozen, change, says):
    told = approvals.since(replace(FROZEN, **frozen), replace(BANGSAR, **change))
    assert any(sentence.startswith(says) for sentence in told), told


def test_rejections_are_told_newest_first():
    one = {
        "id": "p",
        "tenant": "a",
        "route": "chat",
        "to_share": 5.0,
        "name": "mei",
        "reason": "no",
    }
    body = {"open": [], "rejected": [{**one, "at_us": at} for at in (NOW_US, NOW_US + HOUR_US)]}
    rows = approvals.rejected_rows(read(Approvals, json.dumps(body).encode()), Clock())
    assert [row["when"] for row in rows] == ["2026-11-21 05:10 UTC", "2026-11-21 04:10 UTC"]
    assert rows[0]["rejected by"] == "mei"
