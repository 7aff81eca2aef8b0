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
    Moment,
    Reading,
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
    assert readings[0] == {"sessions": 0, "shown": 0.0, "against": 0.0, "standing": 1}
    assert readings[-1]["sessions"] == 820
    assert view.readings(BANGSAR.history, "a gate of another version") == []


def moment(n, epoch, shown):
    return Moment(n, epoch, 0, {"errors": Reading(shown, 0.0)})


ON_ITS_WAY = replace(
    BANGSAR,
    history=(moment(1, 1, 0.1), moment(300, 1, 1.9), moment(301, 3, 1.9), moment(340, 3, 1.9)),
)


def test_what_mirror_showed_is_not_drawn_as_if_a_later_stage_had():
    readings = view.readings(ON_ITS_WAY.history, "errors")
    assert [one["shown"] for one in readings] == [0.1, 1.9, None, None]
    asked = replace(ON_ITS_WAY, history=(*ON_ITS_WAY.history, moment(360, 3, 2.0)))
    assert [one["shown"] for one in view.readings(asked.history, "errors")][2:] == [
        1.9,
        1.9,
        2.0,
    ]


def test_each_standing_begins_where_the_one_before_ended_and_has_its_name():
    assert view.standings(ON_ITS_WAY) == [(0, "mirror"), (300, "canary 5 %")]
    assert view.standings(replace(BANGSAR, history=())) == []


@pytest.mark.parametrize(
    ("gate", "stage", "says"),
    [
        (gate(shown=1.9, asked=False), "canary", "✓ shown in mirror, watched here"),
        (gate(shown=0.0, asked=False), "canary", "○ not asked for, watched here"),
        (gate(shown=1.9, asked=False), "live", "✓ shown in mirror, watched here"),
        (gate(shown=1.9, asked=False, against=2.4), "live", "✗ harm shown"),
        (gate(shown=1.9), "canary", "✓ shown"),
        (gate(shown=0.0, needed=0.0, asked=False), "canary", "✓ nothing against it"),
    ],
)
def test_a_gate_that_this_stage_does_not_ask_says_where_it_was_shown(gate, stage, says):
    assert view.stands(gate, stage) == says


@pytest.mark.parametrize(
    ("rollout", "scope"),
    [
        (IPOH, "1 session in mirror"),
        (BANGSAR, "1 session at canary 5 %"),
        (PENANG, "1 session since it is live"),
        (JOHOR, "1 session until it was rolled back"),
        (replace(IPOH, stage="off"), "1 session until it was switched off"),
    ],
)
def test_every_count_of_sessions_says_of_which_stage_it_is(rollout, scope):
    assert view.scope(gate(n=1), rollout) == scope
    assert view.evidence_since(rollout) == scope.removeprefix("1 session ")
    assert view.evidence_since(replace(rollout, unpaired=3)).endswith(", 3 unpaired")


def test_requests_are_counted_over_all_stages_and_say_so():
    assert view.compared_of(BANGSAR) == "in all stages, of 2,310 seen"


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


EMERGENCY = "nothing is widened until the emergency all is over: smoke"


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        ({"frozen": EMERGENCY}, EMERGENCY),
        ({"frozen": "frozen until the freeze is lifted: audit."}, "frozen until the freeze is lifted: audit"),
        ({"plan": "its turn in the plan"}, "its turn in the plan"),
        ({"held_by": "mei", "hold_reason": "audit"}, "mei holds it: audit"),
        ({"held_by": "mei", "hold_reason": "audit", "frozen": EMERGENCY}, f"mei holds it: audit; {EMERGENCY}"),
    ],
)  # fmt: skip
def test_what_is_shown_and_kept_from_going_on_is_not_now_and_never_ready(kept, says):
    # The API has what keeps it among its reasons.
    reasons = (*(kept[name] for name in ("frozen", "plan") if name in kept), *BANGSAR.reasons)
    rollout = replace(BANGSAR, reasons=reasons, **kept)
    told = view.why_not(rollout)
    assert told.startswith(f"Not now: {says}. Its evidence promotes it: every gate has shown")
    assert told.count(says) == 1
    assert "Ready" not in told
    assert view.not_now(rollout) == view.in_the_way(rollout) == says


def test_what_nothing_would_take_on_is_kept_from_nothing():
    assert view.not_now(BANGSAR) == view.in_the_way(BANGSAR) == ""
    assert view.not_now(replace(IPOH, frozen=EMERGENCY)) == ""
    assert view.not_now(replace(PENANG, verdict="promote")) == ""
    assert view.not_widened(replace(BANGSAR, held_by="mei", frozen=EMERGENCY)) == EMERGENCY


def test_what_is_not_shown_says_first_that_nothing_is_widened():
    told = view.why_not(replace(IPOH, frozen=EMERGENCY, reasons=(EMERGENCY, *IPOH.reasons)))
    assert told.startswith(f"Not promoted: {EMERGENCY}; equivalence is at")
