"""Comparisons among all, in lines."""

from __future__ import annotations

import json

from fake_fleet import found
from fake_rollouts import NOW_US, comparison

from dashboards.clock import Clock
from dashboards.questions import comparisons
from dashboards.questions.comparisons import DAY_US, Found, Given, Search
from dashboards.wire import read


def test_what_is_looked_for_is_asked_and_what_is_not_is_left_out():
    assert Search().asked(NOW_US) == {}
    asked = Search(" klinik-a ", "chat", "dose_conflict", "fail", "true", "7").asked(NOW_US)
    assert asked == {
        "tenant": "klinik-a", "route": "chat", "flag": "DOSE_CONFLICT", "severity": "fail", "labelled": "true",
        "since_us": f"{NOW_US - 7 * DAY_US}",
    }  # fmt: skip
    assert Search(days="-1 or more").asked(NOW_US) == {}


def test_a_line_says_whose_it_is_its_agreement_its_flags_and_who_labelled_it():
    one = found(
        comparison(60) | {"labels": [{"name": "lim", "label": "worse", "note": "", "at_us": 1}]}
    )
    line = comparisons.line(read(Found, json.dumps(one).encode()), Clock())
    assert line == (
        "#60  ·  klinik-bangsar / chat  ·  2026-11-21 04:10 UTC  ·  agreement 0.71  ·  "
        "✗ fail DOSE_CONFLICT, ? review NUMBER_MISSING  ·  worse (lim)"
    )
    unscored = read(Found, json.dumps(found(comparison(3))).encode())
    assert "markup only" in comparisons.line(unscored, Clock())


def test_what_a_person_said_has_its_note_and_moment():
    said = comparisons.said(Given("lim", "worse", "wrong dose", NOW_US), Clock())
    assert said == "lim says worse: wrong dose (2026-11-21 04:10 UTC)"
    assert comparisons.said(Given("lim", "same", "", NOW_US), Clock()).startswith(
        "lim says same ("
    )
