"""What servers take and carry, in rows and sentences."""

from __future__ import annotations

import json

import pytest
from fake_fleet import load, server

from dashboards.questions import capacity
from dashboards.questions.capacity import Load, Server
from dashboards.wire import read

LOAD = read(Load, json.dumps(load()).encode())


def a(**other):
    return read(Server, json.dumps(server(**other)).encode())


def test_each_upstream_tells_what_it_carries_against_its_cap():
    gpu, cloud = capacity.load_rows(LOAD)
    assert gpu == {
        "upstream": "gpu-1", "in flight": "21 served, 10 shadow", "waits": "4 shadow", "cap": "64",
        "used": "48.4 %",
    }  # fmt: skip
    assert (cloud["cap"], cloud["used"], cloud["waits"]) == ("no cap", "–", "0")


def test_the_oldest_of_the_backlog_comes_first():
    rows = capacity.backlog_rows(LOAD)
    assert [row["oldest"] for row in rows] == ["3 min 10 s", "42 s"]


def test_an_open_breaker_is_a_sentence():
    assert capacity.broken(LOAD) == [
        "klinik-penang / chat does not ask gpu-1 since 1 min 15 s: too many of its answers failed."
    ]


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({}, "! 32 of 64 requests at once: its queue grew for 2 min"),
        ({"accepted": 64}, "64 requests at once, all of it accepted"),
        ({"declared": None, "accepted": None}, "no capacity declared"),
    ],
)
def test_what_is_accepted_is_told_against_what_is_declared(other, says):
    assert capacity.accepted(a(**other)) == says


def test_numbers_have_units_and_what_nobody_tells_is_a_dash():
    assert dict(capacity.figures(a())) == {
        "Queue": "14 requests", "Running": "31 requests", "KV cache in use": "91.3 %",
        "GPU memory in use": "88 %", "p95 of its answers": "1 to 2.5 s",
    }  # fmt: skip
    nothing = dict.fromkeys(("queue", "running", "cache", "memory", "p95"))
    assert {figure for _, figure in capacity.figures(a(facts=nothing))} == {"–"}
    no_end = nothing | {"p95": {"low_s": 10, "high_s": None, "n": 5, "source": ""}}
    assert dict(capacity.figures(a(facts=no_end)))["p95 of its answers"] == "over 10 s"


def test_a_hot_gpu_and_a_silent_page_are_marked():
    assert [row["state"] for row in capacity.gpu_rows(a())] == ["✓", "✗ over 90 °C"]
    assert capacity.gpu_rows(a())[1]["faults"] == "Xid 79"
    assert capacity.silent(a()) == [
        "http://gpu-1:9400/metrics tells nothing new: connection refused"
    ]
