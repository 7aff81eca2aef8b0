"""Incidents in rows and sentences."""

from __future__ import annotations

import json

from fake_fleet import incident
from fake_rollouts import NOW_US

from dashboards.clock import Clock
from dashboards.questions import incidents
from dashboards.questions.incidents import Incident, Incidents, Reported
from dashboards.wire import read

CLOSED = {"closed_by": "aisyah", "closed_reason": "mended", "closed_us": NOW_US}


def made(*all):
    return read(Incidents, json.dumps({"incidents": list(all)}).encode())


def test_open_ones_come_newest_first_and_closed_ones_apart():
    found = made(incident(9), incident(3), incident(5, **CLOSED))
    assert [one.id for one in incidents.still_open(found)] == [3, 9]
    rows = incidents.closed_rows(found, Clock())
    assert [(row["incident"], row["closed"]) for row in rows] == [(5, "aisyah: mended")]


def test_one_says_whose_answer_it_is_and_what_it_holds():
    one = read(Incident, json.dumps(incident(7)).encode())
    assert "klinik-penang / chat  ·  reported by mei" in incidents.facts(one, Clock())
    assert "nor any other rollout with llama-3.1-70b-instruct at gpu-1" in incidents.holds(one)
    alone = read(Incident, json.dumps(incident(7, upstream="", model="")).encode())
    assert incidents.holds(alone) == "Until it is closed, klinik-penang / chat is not widened."


def test_a_report_says_what_it_holds():
    body = {"incident": incident(8), "held": ["a/chat", "b/chat"]}
    said = incidents.reported(read(Reported, json.dumps(body).encode()))
    assert said == "Incident 8 is open. Its exchange is kept. Held: a/chat, b/chat."
