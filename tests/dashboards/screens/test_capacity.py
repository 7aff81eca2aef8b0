"""The page of servers and their load."""

from __future__ import annotations

from fake_fleet import server
from looking import press, words_on


def test_it_shows_servers_load_backlog_and_breakers(opened):
    app = opened("capacity", "token-mei")
    text = words_on(app)
    assert not app.exception
    for word in (
        "32 of 64 requests at once", "GPU memory in use 88 %", "over 90 °C", "connection refused",
        "10 copy, 21 interactive", "3 min 10 s", "has not asked gpu-1", "What would help: more replicas: 14 requests wait",
        "read from http://gpu-1:8000/metrics", "too many copies waited",
    ):  # fmt: skip
        assert word in text, word


def test_targets_stand_beside_what_was_measured(opened):
    text = words_on(opened("capacity", "token-mei"))
    for word in (
        "llama-3.1-70b-instruct at gpu-1 for chat", "3 rollouts", "✗ does not reach every target",
        "the policy's targets are others by now", "at most 120 ms", "80 ms to 91 ms", "✓ reached",
        "✗ missed", "over 2.1 s", "at least 99.9 %", "99.95 %", "… not enough requests to say",
        "○ Not measured yet. The command crossfade acceptance --keep", "SOAP note, 95 % within",
    ):  # fmt: skip
        assert word in text, word


def test_a_controller_of_before_targets_is_no_error(opened, control):
    del control.told_of["/v1/targets"]
    app = opened("capacity", "token-mei")
    assert len(app.error) == 1  # the open breaker
    assert "This controller does not tell it" in words_on(app)


def test_candidates_come_in_pages_and_none_says_what_names_one(opened, control):
    control.told_of["/v1/targets"] |= {"next": "onward"}
    app = press(opened("capacity", "token-mei"), "Next")
    asked = [query for _, path, _, query in control.calls if path == "/v1/targets"]
    assert asked[-1]["cursor"] == "onward"
    control.told_of["/v1/targets"] |= {"candidates": [], "next": None}
    assert "No candidate yet" in words_on(app.run())


def test_no_pages_and_no_load_say_what_brings_them(opened, control):
    control.told_of["/v1/servers"] = {"servers": []}
    control.told_of["/v1/load"] = {"upstreams": [], "backlog": [], "shed": [], "breakers": []}
    text = words_on(opened("capacity", "token-mei"))
    assert "No server tells of itself" in text
    assert "No process tells what it has in flight" in text
    assert "Nothing waits" in text


def test_thousands_that_wait_are_shown_by_the_oldest(opened, control):
    one = control.told_of["/v1/load"]["backlog"][0]
    control.told_of["/v1/load"]["backlog"] = [
        one | {"tenant": f"klinik-{n:04}", "oldest_s": float(n)} for n in range(5_000)
    ]
    text = words_on(opened("capacity", "token-mei"))
    assert "klinik-4999 / chat" in text
    assert "klinik-0001 / chat" not in text
    assert "And 4,800 more" in text


def test_many_servers_are_shown(opened, control):
    control.told_of["/v1/servers"] = {
        "servers": [server(upstream=f"gpu-{n}") for n in range(30)]
    }
    app = opened("capacity", "token-mei")
    assert not app.exception
    assert "gpu-29" in words_on(app)
