"""What candidates must reach, beside what was measured."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from fake_fleet import targets as told

from dashboards.clock import Clock
from dashboards.questions import targets
from dashboards.questions.targets import Targets
from dashboards.wire import read

FOUND = read(Targets, json.dumps(told()).encode())
MEASURED, UNMEASURED = FOUND.candidates


def test_what_is_not_asked_for_is_not_there_and_all_else_has_its_unit():
    assert targets.asked_rows(FOUND) == [
        {"target": "SOAP note, 95 % within", "asked": "2 s"},
        {"target": "first token, median within", "asked": "120 ms"},
        {"target": "answered whole, at least", "asked": "99.9 %"},
    ]


def test_each_target_stands_beside_what_was_measured():
    first, note, share = targets.report_rows(MEASURED.report)
    assert (first["asked"], first["measured"], first["says"]) == (
        "at most 120 ms",
        "84 ms",
        "✓ reached",
    )
    assert (note["95 % interval"], note["of"]) == ("over 2.1 s", "30 chats beside")
    assert (share["asked"], share["95 % interval"]) == ("at least 99.9 %", "99.8 % to 100 %")


def test_nothing_measured_is_a_dash():
    row = replace(MEASURED.report.rows[0], measured=None, interval_95=None, at_most=None)
    [shown] = targets.report_rows(replace(MEASURED.report, rows=(row,)))
    assert (shown["asked"], shown["measured"], shown["95 % interval"]) == ("–", "–", "–")


@pytest.mark.parametrize(
    ("passed", "same", "says"),
    [(True, True, "✓ reaches every target"), (False, True, "✗ does not reach"), (True, False, "are others by now")],
)  # fmt: skip
def test_a_report_is_one_sentence(passed, same, says):
    report = replace(MEASURED.report, passed=passed, by_these_targets=same)
    said = targets.standing(replace(MEASURED, report=report), Clock("Asia/Kuala_Lumpur"))
    assert says in said
    assert "2026-11-21 04:10 UTC (12:10 Kuala Lumpur) with 1,200 requests, 16 at once" in said
    assert ("others by now" in said) is not same


def test_who_was_never_measured_is_told_what_measures():
    assert "crossfade acceptance --keep" in targets.standing(UNMEASURED, Clock())
    assert (
        targets.title(UNMEASURED) == "llama-3.1-70b-instruct at gpu-1 for reason  ·  1 rollout"
    )
