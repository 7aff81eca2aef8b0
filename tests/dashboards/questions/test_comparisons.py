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


def test_a_row_says_its_agreement_or_why_there_is_none_and_who_labelled_it():
    said = [{"name": "lim", "label": "worse", "note": "", "at_us": 1}]
    one = read(Found, json.dumps(found(comparison(60) | {"labels": said})).encode())
    assert (comparisons.agreement(one), comparisons.said_of(one)) == ("0.71", "worse (lim)")
    unscored = read(Found, json.dumps(found(comparison(3))).encode())
    assert (comparisons.agreement(unscored), comparisons.said_of(unscored)) == (
        "there is nothing but markup to compare",
        "–",
    )


def test_what_is_not_found_says_to_ask_for_less_only_where_something_was_asked():
    assert comparisons.none_found(Search(flag="X")).startswith(
        "No comparison fits. Ask for less"
    )
    assert comparisons.none_found(Search()).startswith("Nothing was compared yet.")


def test_what_a_person_said_has_its_note_and_moment():
    said = comparisons.said(Given("lim", "worse", "wrong dose", NOW_US), Clock())
    assert said == "lim says worse: wrong dose (2026-11-21 04:10 UTC)"
    assert comparisons.said(Given("lim", "same", "", NOW_US), Clock()).startswith(
        "lim says same ("
    )
