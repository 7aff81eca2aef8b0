"""What is said of an exchange beside its words."""

from __future__ import annotations

import json

from fake_rollouts import comparison

from dashboards import pairs
from dashboards.clock import Clock
from dashboards.pairs import Comparisons
from dashboards.wire import read

CLOCK = Clock("Asia/Kuala_Lumpur")


def compared(*numbers):
    page = {"comparisons": [comparison(number) for number in numbers]}
    return read(Comparisons, json.dumps(page).encode()).comparisons


def test_a_comparison_says_its_scores_and_what_is_missing():
    scored, unscored = compared(60, 3)
    assert "agreement 0.71 (primary with itself 0.90)" in pairs.pair_facts(scored, CLOCK)
    assert "no agreement score: there is nothing but markup to compare" in pairs.pair_facts(
        unscored, CLOCK
    )
    assert "  ·  answered the client  ·  970 ms".replace("  ", " ") in pairs.side_facts(
        scored, "primary"
    )
    assert "both sides answered" in pairs.pair_facts(scored, CLOCK)
    assert (
        pairs.side_facts(scored, "candidate")
        == "Candidate · copy · 900 ms, first words after 160 ms"
    )
