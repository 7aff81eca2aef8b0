"""The event log as it is drawn: each event with its letters and its ways on."""

from __future__ import annotations

from fake_fleet import event
from looking import words_on


def test_an_event_shows_its_exact_letters_and_how_to_prove_it(opened, control):
    control.log[:] = [event(7, details={"proposal": "p-7"})]
    app = opened("audit", "token-aisyah")
    assert app.code[0].value == control.log[0]["body"]
    text = words_on(app)
    assert "crossfade prove klinik-penang/7" in text
    assert "Rollout klinik-penang / chat" in text
    assert "Approvals of it" in text


def test_nothing_among_those_looked_through_is_no_end(opened, control, monkeypatch):
    monkeypatch.setattr("fake_fleet.log", lambda all, query: {"events": [], "next": "more"})
    text = words_on(opened("audit", "token-aisyah", actor="nobody"))
    assert "None among those looked through; older ones may fit." in text
    assert "No event fits" not in text
