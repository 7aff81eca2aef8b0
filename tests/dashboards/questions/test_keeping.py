"""Legal holds and erasures in words."""

from __future__ import annotations

import json
from datetime import date

import fake_keeping
import pytest

from dashboards.clock import Clock
from dashboards.questions import keeping
from dashboards.questions.keeping import Gone, Hold
from dashboards.wire import read


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({}, "klinik-penang: everything"),
        ({"exchange_id": "e1"}, "klinik-penang: exchange e1"),
        (
            {"subject": "S", "until_us": 86_400_000_000},
            "klinik-penang: patient S, until 1970-01-02",
        ),
    ],
)
def test_what_a_hold_stands_on_is_said(limits, said):
    one = read(Hold, json.dumps(fake_keeping.hold(1, **limits)).encode())
    assert keeping.scope(one, Clock("UTC")).startswith(said)


def test_what_was_left_is_said_only_where_something_was():
    assert keeping.erased(Gone("a", "S", 1, 0, 0, 0, 0)) == (
        "Erased: the words of 1 exchange of patient S."
    )
    said = keeping.erased(Gone("a", "S", 2, 1, 0, 3, 4))
    assert "Left: 1 under a legal hold; 3 younger than the law's minimum; 4 under way" in said


def test_days_are_whole_and_each_may_be_left_out():
    clock, day = Clock("UTC"), date(2026, 10, 1)
    both = keeping.days(day, day, clock)
    assert both["until_us"] - both["from_us"] == 86_400_000_000
    assert keeping.days(None, None, clock) == {}
    assert list(keeping.days(None, date.max, clock)) == ["until_us"]


def test_a_pseudonym_is_in_capitals_and_a_reference_is_as_it_is_written():
    assert keeping.whom("pseudonym", " ab ") == {"pseudonym": "AB"}
    assert keeping.whom("patient", " mrn 7 ") == {"patient": "mrn 7"}
    assert keeping.whom("patient", " ") == {}
