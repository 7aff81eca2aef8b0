"""The event log as it is drawn: each event with its letters and its ways on."""

from __future__ import annotations

from fake_fleet import event
from fake_rollouts import NOW_US
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


def test_an_event_of_2096_says_when_it_was_recorded_and_the_page_by_what_it_is_ordered(
    opened, control
):
    control.log[:] = [
        event(7, at_us=4_000_000_000_000_000, recorded_after_us=NOW_US, recorded_before_us=NOW_US + 60_000_000)
    ]  # fmt: skip
    text = words_on(opened("audit", "token-aisyah", days="the last 7 days"))
    assert (
        "Told 2096-10-02 07:06 UTC" in text and "recorded between 2026-11-21 04:10 UTC" in text
    )
    assert "tells the latest time" in text and "is found at any time" in text
    opened("audit", "token-aisyah", tenant="klinik-penang", order="as recorded")
    asked = [query for _, path, _, query in control.calls if path == "/v1/events"]
    assert asked[-1] == {"tenant": "klinik-penang", "order": "recorded", "limit": "25"}
