"""One rollout."""

from __future__ import annotations

import pytest
from looking import words_on

BANGSAR = {"tenant": "klinik-bangsar", "route": "chat"}


def test_it_shows_evidence_latency_flags_ledger_and_moves(opened):
    app = opened("rollout", "token-mei", **BANGSAR)
    text = words_on(app)
    assert not app.exception
    for word in (
        "gpt-4o-2024-05-13 at openai (primary)", "Ready to go on", "▶ canary 5 %", "✓ mirror",
        "equivalence", "✓ shown", "The candidate failed 2 of 820 sessions", "p95 candidate 1.76 s",
        "DOSE_CONFLICT", "✓ adds up", "mirror → canary 5 %", "Evidence looks clean",
    ):  # fmt: skip
        assert word in text, word


@pytest.mark.parametrize("tenant", ["klinik-ipoh", "klinik-penang"])
def test_every_stage_can_be_looked_at(opened, tenant):
    assert not opened("rollout", "token-aisyah", tenant=tenant, route="chat").exception


def test_a_rolled_back_rollout_says_why_and_offers_no_rollback(opened):
    app = opened("rollout", "token-aisyah", tenant="klinik-johor", route="reason")
    assert "because harm was shown: equivalence and fail flags show harm" in words_on(app)
    assert "Roll back now" not in {button.label for button in app.button}


def test_an_address_without_a_rollout_offers_them_all(opened):
    text = words_on(opened("rollout", "token-mei"))
    assert "Choose a rollout" in text
    assert "klinik-penang / chat" in text


@pytest.mark.parametrize("tenant", ["nobody", "../../me", "<b>x</b>"])
def test_an_unknown_rollout_leads_back_to_the_board(opened, tenant):
    app = opened("rollout", "token-mei", tenant=tenant, route="chat")
    assert not app.exception
    assert "there is no such rollout" in words_on(app)
    assert "Back to the board" in words_on(app)


def test_a_rollout_without_any_evidence_says_what_brings_it(opened, control):
    found = control.rollout("klinik-ipoh", "chat")
    found |= {"evidence": [], "history": [], "latency": {"primary_ms": [], "candidate_ms": []}}
    text = words_on(opened("rollout", "token-mei", tenant="klinik-ipoh", route="chat"))
    assert "No gate has evidence in this stage" in text
    assert "No answers timed yet" in text


def test_a_change_by_somebody_else_is_seen_at_the_next_look(opened, control):
    app = opened("rollout", "token-aisyah", **BANGSAR)
    control.rollouts[0] |= {"held_by": "farid", "hold_reason": "driver"}
    app.run()
    assert "Resume" in {button.label for button in app.button}
