"""Rows and sentences of the pages."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from fake_rollouts import NOW_US, rollouts
from hypothesis import given
from hypothesis import strategies as st

from dashboards import view
from dashboards.clock import Clock
from dashboards.wire import (
    Evidence,
    FlagCounts,
    Latency,
    Ledger,
    Rollout,
    read,
)

CLOCK = Clock("Asia/Kuala_Lumpur")
BANGSAR, IPOH, JOHOR, PENANG = (read(Rollout, json.dumps(each).encode()) for each in rollouts())


@pytest.mark.parametrize(
    ("rollout", "start"),
    [
        (BANGSAR, "Ready to go on: every gate has shown what it asks for; 64 sessions"),
        (IPOH, "Not promoted: equivalence is at 62 % of what it needs; errors"),
        (
            JOHOR,
            "Rolled back by the controller, because harm was shown: equivalence and fail flags show harm",
        ),
        (PENANG, "Live: the candidate answers every session. nothing speaks"),
        (replace(IPOH, reasons=()), "Not promoted: about 330 more sessions"),
        (replace(IPOH, reasons=(), waits_for=""), "Not promoted: nothing."),
    ],
)
def test_why_not_promoted_is_one_sentence(rollout, start):
    assert view.why_not(rollout).startswith(start)


def test_sides_and_facts_name_models_times_and_the_cloud():
    assert "llama-3.1-70b-instruct at gpu-1 (candidate)" in view.sides(BANGSAR)
    facts = view.facts(JOHOR, NOW_US, CLOCK)
    assert "since 2026-11-21 01:10 UTC (09:10 Kuala Lumpur), 3 h 0 min" in facts
    assert "cloud forbidden" in facts
    assert "pinned" in view.facts(replace(JOHOR, pinned="primary"), NOW_US, CLOCK)


def gate(**other):
    usual = dict(shown=0.5, against=0.0, needed=1.3, roll_back_at=2.4, n=10, sentence="")
    return Evidence(gate="errors", **(usual | other))


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (gate(shown=1.3), "✓ shown"),
        (gate(against=2.4, shown=9.0), "✗ harm shown"),
        (gate(n=0), "○ no evidence yet"),
        (gate(), "… 38 % of what promotion needs"),
        (gate(shown=-3.0), "… 0 % of what promotion needs"),
        (gate(needed=0.0, shown=-1.0), "… 0 % of what promotion needs"),
        (gate(needed=0.0, shown=0.0, mode="hold"), "✓ nothing against it"),
        (gate(needed=0.0, shown=0.0, mode="hold", against=2.4), "✗ holds"),
    ],
)
def test_a_gate_says_where_it_stands_with_a_sign(evidence, words):
    assert view.stands(evidence) == words


def test_readings_follow_one_gate_through_the_sessions():
    readings = view.readings(BANGSAR.history, "errors")
    assert readings[0] == {"sessions": 0, "shown": 0.0, "against": 0.0}
    assert readings[-1]["sessions"] == 820
    assert view.readings(BANGSAR.history, "a gate of another version") == []


def test_latency_gives_both_sides_with_their_numbers():
    times = Latency(primary_ms=tuple(range(1, 101)), candidate_ms=(5000.0,))
    assert view.latency_rows(times) == [
        {"side": "primary", "answers": "100", "p50": "50 ms", "p95": "95 ms"},
        {"side": "candidate", "answers": "1", "p50": "5.00 s", "p95": "5.00 s"},
    ]
    assert view.latency_rows(Latency())[0] == {
        "side": "primary", "answers": "0", "p50": "–", "p95": "–",
    }  # fmt: skip
    assert view.latency_curve(Latency()) == []


def test_times_until_the_first_words_are_told_like_those_of_whole_answers():
    first = view.first_words(Latency((9.0,), (9.0,), primary_first_ms=(120.0,)))
    assert [row["p50"] for row in view.latency_rows(first)] == ["120 ms", "–"]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_the_latency_curve_never_falls(times):
    curve = [point["seconds"] for point in view.latency_curve(Latency(primary_ms=tuple(times)))]
    assert all(a <= b * (1 + 1e-12) + 1e-12 for a, b in itertools.pairwise(curve))


def test_flags_are_listed_gravest_first():
    assert view.flag_rows(BANGSAR.flags) == [
        {"severity": "✗ fail", "flag": "DOSE_CONFLICT", "comparisons": 4, "share": "1.33 %"},
        {"severity": "? review", "flag": "NUMBER_MISSING", "comparisons": 21, "share": "7 %"},
        {"severity": "i info", "flag": "LENGTH_RATIO", "comparisons": 75, "share": "25 %"},
    ]
    assert view.flag_rows(FlagCounts()) == []


def test_what_rests_on_the_pool_is_labelled_so():
    gate = replace(BANGSAR.evidence[0], shown=0.2, needed=1.3, against=0.0, pooled=1.4)
    assert view.stands(gate) == "✓ shown by the pool of the model, not by itself"


def test_the_ledger_shows_its_sum_and_whether_it_comes_out():
    assert view.ledger_rows(BANGSAR.ledger)[-1] == {
        "requests": "seen", "number": 2310, "meaning": "✓ adds up",
    }  # fmt: skip
    short = Ledger(seen=10, excluded=0, unsampled=0, shed=0, failed=0, pending=1, compared=7)
    assert view.balance(short) == "✗ +2 unaccounted for"
