"""The Audit page: the event log, and which of its views is open."""

from __future__ import annotations

import pytest
from fake_fleet import event
from fake_sizes import SIZES
from looking import press, words_on


def test_events_are_told_in_sentences_newest_first_and_go_on(opened):
    app = opened("audit", "token-aisyah")
    text = words_on(app)
    assert not app.exception
    assert (
        "aisyah held klinik-penang/chat where it is, in (unknown). Because: GPU driver." in text
    )
    assert "klinik-penang #120" in text
    assert "klinik-penang #95" not in text
    assert "klinik-penang #95" in words_on(press(app, "Older"))


def test_what_is_looked_for_is_asked_of_the_api(opened, control):
    app = opened(
        "audit",
        "token-aisyah",
        actor="aisyah",
        deeds="what people did",
        object="klinik-penang/chat",
    )
    app.text_input(key="kind").set_value("hold.placed").run()
    last = control.calls[-1][3]
    assert {name: last.get(name) for name in ("actor", "kind", "object", "deeds")} == {
        "actor": "aisyah", "kind": "hold.placed", "object": "klinik-penang/chat", "deeds": "people",
    }  # fmt: skip


def test_two_days_are_asked_for_on_the_clinics_clock(opened, control):
    opened(
        "audit", "token-aisyah", days="between two days", first="2026-11-20", last="2026-11-21"
    )
    last = control.calls[-1][3]
    assert int(last["until_us"]) - int(last["since_us"]) == 2 * 86_400_000_000


def test_a_place_in_the_log_is_in_the_address(opened, control):
    at = press(opened("audit", "token-aisyah", actor="aisyah"), "Older").query_params["at"]
    again = opened("audit", "token-aisyah", actor="aisyah", at=at)
    assert "klinik-penang #95" in words_on(again)
    assert "klinik-penang #120" in words_on(press(again, "Newer"))
    other = opened("audit", "token-aisyah", actor="farid", at=at)
    assert "cursor" not in control.calls[-1][3]
    assert not other.exception


def test_one_event_has_an_address_of_its_own_and_a_way_back(opened, control):
    app = opened("audit", "token-aisyah")
    app.button(key="link klinik-penang/118").click().run()
    assert app.query_params["event"] == "klinik-penang/118"
    text = words_on(app)
    assert ("#118" in text, "#117" in text) == (True, False)
    assert "klinik-penang #118" in words_on(
        opened("audit", "token-aisyah", event="klinik-penang/118")
    )
    assert "klinik-penang #120" in words_on(press(app, "To all events"))


def test_an_address_of_nonsense_is_refused(opened):
    text = words_on(opened("audit", "token-aisyah", days="tomorrow", at="x", view="magic"))
    assert "The address asks for days “tomorrow”, which there is not" in text
    assert "The address asks for view “magic”, which there is not" in text
    assert "The address names no place in this list" in text
    assert "klinik-penang #120" in text
    assert "The address names no event" in words_on(opened("audit", "token-aisyah", event="x"))
    assert "There is no such event" in words_on(
        opened("audit", "token-aisyah", event="nobody/3")
    )


def test_none_says_what_to_do(opened, control):
    control.log.clear()
    assert "No event fits" in words_on(opened("audit", "token-aisyah"))


def test_who_may_not_is_told_whom_to_ask(opened, control):
    control.refuse["events"] = (403, "mei has no role `lead`, nor `compliance`")
    text = words_on(opened("audit", "token-mei"))
    assert "mei has no role `lead`, nor `compliance`. Ask somebody whose role allows it" in text


def test_what_people_wrote_is_shown_as_written(opened, control):
    control.log[:] = [event(1, reason="<b>x</b> **y** \u202e")]
    app = opened("audit", "token-aisyah")
    assert not app.exception
    assert "Because: <b>x</b> **y** ⟨U+202E⟩" in app.text[-1].value
    assert "\u202e" not in app.code[0].value


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view", ["Events", "Exports", "Verify a bundle"])
def test_every_view_is_drawn_with_nothing_little_and_much(opened, control, size, view):
    SIZES[size](control)
    app = opened("audit", "token-aisyah", view=view)
    assert not app.exception
    assert not app.error
