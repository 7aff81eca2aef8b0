"""The event log in rows."""

from __future__ import annotations

import json

from fake_fleet import event
from fake_rollouts import NOW_US

from dashboards.clock import Clock
from dashboards.questions import audit
from dashboards.questions.audit import DAY_US, Log, Search
from dashboards.wire import read


def made(*all):
    return read(Log, json.dumps({"events": list(all), "next": None}).encode())


def test_what_is_looked_for_is_asked_and_what_is_not_is_left_out():
    assert Search().asked(NOW_US) == {}
    assert Search(" a ", "aisyah", "hold.placed", "1").asked(NOW_US) == {
        "tenant": "a", "actor": "aisyah", "kind": "hold.placed", "since_us": f"{NOW_US - DAY_US}",
    }  # fmt: skip


def test_an_event_says_who_did_what_of_what_and_why():
    row = audit.rows(made(event(9)), Clock())[0]
    assert row == {
        "when": "2026-11-21 04:10 UTC", "who": "aisyah", "what": "hold.placed", "of": "klinik-penang/chat",
        "because": "GPU driver", "details": '{"epoch": 7}', "log": "klinik-penang #9",
    }  # fmt: skip


def test_what_was_denied_and_what_is_the_deployments_own_are_said():
    denied = event(1, outcome="denied", tenant="", reason=None, details=None)
    row = audit.rows(made(denied), Clock())[0]
    assert (row["what"], row["log"]) == ("hold.placed (denied)", "the deployment #1")
    assert row["because"] == row["details"] == ""
