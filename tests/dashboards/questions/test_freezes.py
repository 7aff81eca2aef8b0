"""Freezes in words, and who may end them."""

from __future__ import annotations

import json

import pytest
from fake_plan import HOUR_US, NOW_US, freeze

from dashboards.clock import Clock
from dashboards.me import Me
from dashboards.questions import freezes
from dashboards.questions.freezes import Freezes
from dashboards.wire import read

LEAD, ENGINEER = Me("aisyah", ("lead",)), Me("farid", ("engineer",))


def told(*placed, frozen=None):
    return read(Freezes, json.dumps({"freezes": placed, "frozen": frozen or {}}).encode())


@pytest.mark.parametrize(
    ("tenant", "route", "says"),
    [
        ("", "", "every rollout"),
        ("a", "", "a / every route"),
        ("", "chat", "every tenant / chat"),
        ("a", "chat", "a / chat"),
    ],
)
def test_a_scope_is_told_in_words(tenant, route, says):
    assert freezes.scope(told(freeze(tenant, route)).freezes[0]) == says


def test_a_broken_freeze_is_told_with_its_end():
    one = told(freeze("", "", "aisyah", kind="broken", until_us=NOW_US + HOUR_US)).freezes[0]
    assert freezes.title(one) == "! freezes of every rollout are broken"
    assert freezes.facts(one, Clock()).endswith("freezes count again 2026-11-21 05:10 UTC")


def test_who_may_end_one():
    one = told(freeze("a", "chat", "farid")).freezes[0]
    assert freezes.why_not(one, ENGINEER) == freezes.why_not(one, LEAD) == ""
    assert "a lead may lift" in freezes.why_not(one, Me("li", ("engineer",)))
    assert "role engineer" in freezes.why_not(one, Me("farid", ("viewer",)))
    broken = told(freeze("a", "chat", "aisyah", kind="broken")).freezes[0]
    assert freezes.why_not(broken, ENGINEER) == ""


def test_the_frozen_are_found_by_every_word():
    found = told(frozen={"b/chat": "weekend", "a/reason": "audit"})
    assert [row["rollout"] for row in freezes.frozen_rows(found, "")] == [
        "a / reason",
        "b / chat",
    ]
    assert freezes.frozen_rows(found, "A reas") == [{"rollout": "a / reason", "why": "audit"}]


def test_a_freeze_says_for_how_long():
    assert (
        freezes.placed("a", "", "1 day")
        == "Frozen: a / every route, for 1 day. Rollbacks work as ever."
    )
    assert "every rollout, until it is lifted" in freezes.placed("", "", "until it is lifted")


def test_only_where_not_all_are_shown_that_is_said():
    assert freezes.shown(200, 200) == ""
    assert freezes.shown(201, 200) == "The first 200 of 201 rollouts; find the others by name."
