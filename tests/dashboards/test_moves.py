"""The way a rollout goes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from fake_rollouts import HOUR_US, NOW_US, rollouts

from dashboards import moves
from dashboards.clock import Clock
from dashboards.wire import Approval, Rollout, Step, read

CLOCK = Clock("Asia/Kuala_Lumpur")
BANGSAR, IPOH, JOHOR, PENANG = (read(Rollout, json.dumps(each).encode()) for each in rollouts())


@pytest.mark.parametrize(
    ("rollout", "places"),
    [
        (IPOH, ["here", "ahead", "ahead", "ahead", "ahead"]),
        (BANGSAR, ["done", "here", "ahead", "ahead", "ahead"]),
        (replace(BANGSAR, step=2), ["done", "done", "done", "here", "ahead"]),
        (replace(BANGSAR, step=9), ["done", "done", "done", "here", "ahead"]),
        (PENANG, ["done", "done", "done", "done", "here"]),
        (JOHOR, ["here", "ahead", "ahead", "ahead", "ahead", "ahead"]),
        (replace(IPOH, stage="off", steps=()), ["here", "ahead", "ahead"]),
    ],
)
def test_the_way_shows_what_is_done_and_what_is_ahead(rollout, places):
    assert [place for _, place in moves.way(rollout)] == places


def test_a_stage_off_the_way_is_named_first():
    assert moves.way(JOHOR)[0] == ("rolled back", "here")


def test_moves_are_told_newest_first():
    rows = moves.transition_rows(JOHOR.transitions, CLOCK)
    assert [row[0] for row in rows] == [
        "canary 5 % → rolled back", "mirror → canary 5 %", "off → mirror",
    ]  # fmt: skip
    assert rows[0][1:] == (
        "2026-11-21 01:10 UTC (09:10 Kuala Lumpur), by controller",
        "harm shown by equivalence and flags",
    )


def test_a_proposal_says_what_changes_who_asked_and_when_it_ends():
    rows = dict(moves.proposal_rows(BANGSAR.proposal, NOW_US, CLOCK))
    assert rows["Share"] == "5 % → 25 % of sessions"
    assert rows["Proposed by"].startswith("controller, 2026-11-21 03:50 UTC")
    assert rows["Approved by"] == "nobody yet (0 of 1)"
    assert rows["Expires"] == "in 23 h 0 min"
    assert rows["Evidence"].endswith("c6e42")
    late = dict(moves.proposal_rows(BANGSAR.proposal, NOW_US + 30 * HOUR_US, CLOCK))
    assert late["Expires"] == "has expired"


@pytest.mark.parametrize(
    ("stage", "signal", "to_share", "title"),
    [
        ("canary", "widen", 25, "canary 5 % → canary 25 %"),
        ("mirror", "enter_canary", 5, "mirror → canary 5 %"),
        ("canary", "go_live", 100, "canary 5 % → live"),
        ("rolled_back", "retry", 0, "rolled back → mirror"),
        ("canary", "stop", 0, "canary 5 % → switch off"),
    ],
)
def test_a_proposed_move_has_a_title(stage, signal, to_share, title):
    proposal = replace(BANGSAR.proposal, signal=signal, to_share=to_share)
    assert moves.change(replace(BANGSAR, stage=stage), proposal) == title


def test_the_page_is_drawn_anew_only_for_what_changes_the_decisions():
    before = moves.fingerprint(BANGSAR)
    assert moves.fingerprint(replace(BANGSAR, sessions=9_999, verdict="hold")) == before
    given = replace(BANGSAR.proposal, approvals=(Approval("aisyah", NOW_US),))
    changes = [
        {"stage": "live"}, {"epoch": 9}, {"held_by": "farid"}, {"proposal": None}, {"proposal": given},
        {"frozen": "an emergency"}, {"plan": "its turn"},
    ]  # fmt: skip
    for change in changes:
        assert moves.fingerprint(replace(BANGSAR, **change)) != before


def test_a_step_in_sessions_is_named_by_them() -> None:
    steps = (Step(sessions=1500), Step(percent=25))
    labels = [label for label, _ in moves.way(replace(IPOH, steps=steps))]
    assert labels == ["mirror", "canary 1,500 sessions", "canary 25 %", "live"]
