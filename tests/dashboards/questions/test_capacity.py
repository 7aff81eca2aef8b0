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
        "upstream": "gpu-1", "in flight": "10 copy, 21 interactive", "waits": "4 interactive", "cap": "64",
        "used": "48.4 %",
    }  # fmt: skip
    assert (cloud["cap"], cloud["used"], cloud["waits"]) == ("no cap", "–", "0")


def test_the_oldest_of_the_backlog_comes_first():
    rows = capacity.backlog_rows(LOAD)
    assert [row["oldest"] for row in rows] == ["3 min 10 s", "42 s"]


def test_an_open_breaker_is_a_sentence():
    assert capacity.broken(LOAD) == [
        "klinik-penang / chat has not asked gpu-1 for 1 min 15 s: too many of its answers failed."
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


def test_which_way_to_scale_is_told_with_why_or_that_it_is_not_known():
    assert (
        capacity.scaling(a())
        == "What would help: more replicas: 14 requests wait inside the servers."
    )
    assert capacity.scaling(a(way="nothing", advice="")) == "Nothing to change."
    unknown = a(way="not known", advice="none of its pages can be read")
    assert (
        capacity.scaling(unknown)
        == "Which way to scale is not known: none of its pages can be read"
    )


def test_figures_name_the_pages_they_were_read_from():
    assert capacity.sources(a()) == "read from http://gpu-1:8000/metrics"
    silent = dict.fromkeys(("queue", "running", "cache", "memory", "p95"))
    assert capacity.sources(a(facts=silent)) == ""


def test_what_was_given_up_is_told_by_whose_and_why():
    assert capacity.shed_rows(LOAD) == [
        {"rollout": "klinik-ipoh / chat", "why": "too many copies waited", "copies given up": 3}
    ]


def test_rows_that_are_not_shown_are_counted():
    assert capacity.beyond(200) == ""
    assert capacity.beyond(1_300) == "And 1,100 more; `crossfade status --json` has all."
