"""The benchmark of the data plane: its mock, its load and its rows, in the smallest sizes."""

import asyncio
import json
import xml.etree.ElementTree as ET

import benches
import pytest

from bench.plane import chart, load
from bench.plane.faults import Noticed
from bench.plane.systems import mock

PROMISED = {
    "front_rps_vs_litellm",
    "front_rps_vs_mitmdump_stream",
    "direct_rps_vs_litellm",
    "front_added_p50_ms",
    "front_added_p99_ms",
    "direct_added_p50_ms",
    "direct_added_p99_ms",
    "front_sse200_lost",
    "front_sse200_gap_p99_vs_pace",
    "direct_sse1000_lost",
    "direct_sse1000_gap_p99_vs_pace",
    "worst_shadow_fault_p99_ratio",
}


@pytest.fixture(scope="module")
def dataplane():
    """bench/dataplane.py, as a module."""
    with benches.bench("dataplane") as module:
        yield module


def test_streams_are_counted_to_the_event(tmp_path):
    with mock(tmp_path) as port:
        found = asyncio.run(load.streams(load.Target(port, {}), 20, 5, 10))
    assert (found.lost, found.events) == (0, 100)
    assert len(found.first) == 20
    assert found.gaps


def test_a_stream_that_breaks_is_lost(tmp_path):
    with mock(tmp_path, "reset") as port:
        found = asyncio.run(load.streams(load.Target(port, {}), 3, 5, 10))
    assert (found.lost, found.events) == (3, 0)


def test_whole_answers_are_counted_and_hashed(tmp_path):
    with mock(tmp_path) as port:
        target, body = load.Target(port, {}), load.ask("How often?")
        found = asyncio.run(load.paced(target, body, clients=2, seconds=0.5, rate=40))
    assert found.failed == 0
    assert len(found.hashes) == 1
    assert 0 < found.p50 <= found.p99


def test_wrks_report_is_read():
    said = """
  Latency Distribution
     50%  339.00us
     75%    1.20ms
     99%    0.91s
  Non-2xx or 3xx responses: 3
Requests/sec:   4630.12
"""
    found = load._read(said)
    assert (found.rps, found.p50, found.p99, found.failed) == (4630.12, 339e-6, 0.91, 3)


def test_every_promised_row_is_there_with_its_target(dataplane):
    streams = {
        f"sse{count}": {"lost": 0.0, "gap_p99_vs_pace": 1.1, "gap_p99_ms": 20.0}
        for count in (100, 200, 1000)
    }
    found = {
        name: dataplane.Found(rps_16=100.0, streams=dict(streams)) for name in dataplane.SYSTEMS
    }
    noticed = [Noticed(mode, 0.001, 0.002, 0, True) for mode in ("off", "dead")]
    told = {row["name"]: row for row in dataplane.rows(found, noticed)}
    assert {name for name, row in told.items() if row["target"]} >= PROMISED
    assert told["front_rps_vs_litellm"]["holds"] is False
    assert told["worst_shadow_fault_p99_ratio"]["value"] == 1.0
    json.dumps(list(told.values()), allow_nan=False)


def test_a_wrong_byte_is_an_answer_noticed(dataplane):
    noticed = [Noticed("off", 1, 1, 0, True), Noticed("huge", 1, 1, 0, False)]
    told = {row["name"]: row for row in dataplane.rows({}, noticed)}
    assert told["shadow_faults_noticed"]["holds"] is False


def test_the_chart_is_a_picture_with_a_bar_for_each():
    text = chart.svg({"requests": [("nginx", 70_000.0), ("crossfade, front", 1000.0)]}, "note")
    bars = [one for one in ET.fromstring(text).iter() if one.tag.endswith("rect")]
    assert len(bars) == 3  # the ground, and one each
