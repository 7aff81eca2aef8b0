"""The page of the processes' health."""

from __future__ import annotations

from fake_fleet import drain, emergency
from looking import words_on


def test_it_says_what_is_wrong_first(opened):
    app = opened("health", "token-mei")
    text = words_on(app)
    assert not app.exception
    for word in (
        "proxy-2 obeys route table 11 of turn 3",
        "Spool 1.5 MB",
        "worker-1 (8)",
        "✓ adds up",
    ):
        assert word in text, word


def test_nothing_wrong_and_nothing_known_are_told(opened, control):
    control.told_of["/v1/health"] |= {
        "proxies": {"proxies": [], "why": "no proxy of this machine tells"},
        "queues": [], "busy": [], "ledger": None,
        "spool": {"bytes": None, "why": "spool cannot be read: Permission denied"},
    }  # fmt: skip
    text = words_on(opened("health", "token-mei"))
    for word in (
        "Nothing is wrong with what is known", "Unknown: no proxy of this machine tells",
        "Permission denied", "Told to who may read of every tenant", "Nothing waits",
    ):  # fmt: skip
        assert word in text, word


def test_a_hundred_proxies_are_shown(opened, control):
    one = control.told_of["/v1/health"]["proxies"]["proxies"][0]
    many = [one | {"name": f"proxy-{number:03}"} for number in range(100)]
    control.told_of["/v1/health"]["proxies"]["proxies"] = many
    assert "proxy-099" in words_on(opened("health", "token-mei"))


def test_with_an_emergency_on_or_a_server_drained_nothing_is_said_to_be_well(opened, control):
    control.told_of["/v1/health"]["proxies"]["proxies"].pop()  # the one that is behind
    assert "Nothing is wrong with what is known here" in words_on(opened("health", "token-mei"))
    control.told_of["/v1/switches"] = {"drains": [], "emergencies": [emergency()]}
    app = opened("health", "token-mei")
    assert "Nothing else is wrong with what is known here" in words_on(app)
    assert "Nothing is wrong" not in words_on(app)
    assert not app.success
    control.told_of["/v1/switches"] = {"drains": [drain()], "emergencies": []}
    assert "Nothing is wrong" not in words_on(opened("health", "token-mei"))
