"""The page of the event log."""

from __future__ import annotations

from fake_fleet import event
from looking import press, words_on


def test_events_are_found_newest_first_and_go_on(opened, control):
    app = opened("audit", "token-aisyah")
    text = words_on(app)
    assert not app.exception
    assert "klinik-penang #120" in text
    assert "klinik-penang #70" not in text
    assert "klinik-penang #70" in words_on(press(app, "Older"))


def test_what_is_looked_for_is_asked_of_the_api(opened, control):
    app = opened("audit", "token-aisyah", actor="aisyah")
    app.text_input(key="kind").set_value("hold.placed").run()
    last = control.calls[-1][3]
    assert (last["actor"], last["kind"]) == ("aisyah", "hold.placed")


def test_a_place_in_the_log_is_in_the_address(opened, control):
    at = press(opened("audit", "token-aisyah", actor="aisyah"), "Older").query_params["at"]
    again = opened("audit", "token-aisyah", actor="aisyah", at=at)
    assert "klinik-penang #70" in words_on(again)
    assert "klinik-penang #120" in words_on(press(again, "Newer"))
    other = opened("audit", "token-aisyah", actor="farid", at=at)
    assert "cursor" not in control.calls[-1][3]
    assert not other.exception


def test_an_address_of_nonsense_is_refused(opened):
    text = words_on(opened("audit", "token-aisyah", days="tomorrow", at="x"))
    assert "The address asks for days “tomorrow”, which there is not" in text
    assert "The address names no place in this list" in text
    assert "klinik-penang #120" in text


def test_none_says_what_to_do(opened, control):
    control.log.clear()
    assert "No event fits" in words_on(opened("audit", "token-aisyah"))


def test_who_may_not_is_told_whom_to_ask(opened, control):
    control.refuse["events"] = (403, "mei has no role `lead`")
    text = words_on(opened("audit", "token-mei"))
    assert "mei has no role `lead`. Ask somebody whose role allows it" in text


def test_what_people_wrote_is_shown_as_written(opened, control):
    control.log[:] = [event(1, reason="<b>x</b> **y**")]
    app = opened("audit", "token-aisyah")
    assert not app.exception
    assert "&lt;b&gt;x&lt;/b&gt; **y**" in words_on(app)
