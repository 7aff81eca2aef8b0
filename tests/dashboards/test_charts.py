"""The drawings."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from fake_rollouts import rollouts

from dashboards import charts, view
from dashboards.wire import Rollout, read

BANGSAR = read(Rollout, json.dumps(rollouts()[0]).encode())


def test_evidence_is_drawn_with_both_thresholds_named():
    gate = BANGSAR.evidence[0]
    drawn = json.dumps(
        charts.evidence(gate, view.readings(BANGSAR.history, gate.gate), charts.LIGHT).to_dict()
    )
    assert "promotion at 1.30" in drawn
    assert "rollback at 2.38" in drawn


def test_of_a_gate_that_only_holds_the_one_threshold_is_where_it_does():
    gate = replace(BANGSAR.evidence[0], gate="sample_ratio", needed=0.0, mode="hold")
    drawn = json.dumps(charts.evidence(gate, [], charts.LIGHT).to_dict())
    assert "hold at 2.38" in drawn
    assert "promotion at" not in drawn and "rollback at" not in drawn


def test_new_numbers_change_the_data_and_not_the_drawing():
    gate = BANGSAR.evidence[0]
    readings = view.readings(BANGSAR.history, gate.gate)
    assert shape(charts.evidence(gate, readings, charts.LIGHT)) == shape(
        charts.evidence(gate, readings[:3], charts.LIGHT)
    )
    curve = view.latency_curve(BANGSAR.latency)
    assert shape(charts.latency(curve, charts.LIGHT)) == shape(
        charts.latency(curve[:50], charts.LIGHT)
    )


def test_nothing_yet_is_drawn_as_empty_axes():
    assert charts.evidence(BANGSAR.evidence[0], [], charts.LIGHT).to_dict()["layer"]


def shape(chart):
    """What is drawn, without the data and the names given to it."""

    def bare(part):
        if isinstance(part, dict):
            left_out = ("data", "datasets", "name")
            return {key: bare(value) for key, value in part.items() if key not in left_out}
        return [bare(each) for each in part] if isinstance(part, list) else part

    return bare(chart.to_dict())


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("theme", "ground"), [("light", "#ffffff"), (None, "#ffffff"), ("dark", "#10151c")]
)
def test_every_colour_is_read_well_on_its_ground(theme, ground):
    for colour in asdict(charts.palette(theme)).values():
        low, high = sorted((luminance(colour), luminance(ground)))
        assert (high + 0.05) / (low + 0.05) >= 4.5, colour
