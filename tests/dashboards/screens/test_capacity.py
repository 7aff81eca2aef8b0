"""The page of servers and their load."""

from __future__ import annotations

from fake_fleet import server
from looking import words_on


def test_it_shows_servers_load_backlog_and_breakers(opened):
    app = opened("capacity", "token-mei")
    text = words_on(app)
    assert not app.exception
    for word in (
        "32 of 64 requests at once", "GPU memory in use 88 %", "over 90 °C", "connection refused",
        "10 copy, 21 interactive", "3 min 10 s", "has not asked gpu-1", "What would help: more replicas: 14 requests wait",
        "read from http://gpu-1:8000/metrics", "queue full", "`crossfade acceptance`",
    ):  # fmt: skip
        assert word in text, word


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
