"""The drawings."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace

import altair as alt
import pytest
from fake_rollouts import rollouts
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import ValidationError

from dashboards import charts, view
from dashboards.wire import Rollout, read

BANGSAR = read(Rollout, json.dumps(rollouts()[0]).encode())


def test_evidence_is_drawn_with_both_thresholds_named():
    gate = BANGSAR.evidence[0]
    readings = view.readings(BANGSAR.history, gate.gate)
    drawn = json.dumps(shape(charts.evidence(gate, readings, charts.LIGHT)))
    assert "promotion at 1.30" in drawn
    assert "rollback at 2.38" in drawn


@given(st.floats(-999, 999), st.floats(-999, 999))
def test_no_line_is_cut_at_the_top_whatever_the_evidence(shown, against):
    gate = BANGSAR.evidence[0]
    reading = {"sessions": 1, "shown": shown, "against": against, "standing": 1}
    drawn = charts.evidence(gate, [reading], charts.LIGHT)
    heights = [one["scale"]["domain"] for one in encoded(drawn, "y") if "scale" in one]
    assert heights and all(top >= max(shown, against) for _, top in heights)
    assert all(top > max(gate.needed, gate.roll_back_at) for _, top in heights)


def test_evidence_far_beyond_its_thresholds_leaves_them_apart():
    """The name of one stands above its line, of the other below: 15 pixels of 255 are enough."""
    reading = {"sessions": 900, "shown": 60.0, "against": -9.0, "standing": 1}
    drawn = charts.evidence(BANGSAR.evidence[0], [reading], charts.LIGHT)
    scale = next(one["scale"] for one in encoded(drawn, "y") if "scale" in one)
    low, high = (math.copysign(math.log1p(abs(edge)), edge) for edge in scale["domain"])
    apart = math.log1p(2.38) - math.log1p(1.301)
    assert scale["type"] == "symlog"
    assert 255 * apart / (high - low) >= 15


def test_where_each_stage_began_is_named_in_the_drawing():
    gate = BANGSAR.evidence[0]
    stages = [(0, "mirror"), (700, "canary 5 %")]
    drawn = json.dumps(shape(charts.evidence(gate, [], charts.LIGHT, stages)))
    assert all(f'"{label}"' in drawn for _, label in stages)


def test_of_a_gate_that_only_holds_the_one_threshold_is_where_it_does():
    gate = replace(BANGSAR.evidence[0], gate="sample_ratio", needed=0.0, mode="hold")
    drawn = json.dumps(shape(charts.evidence(gate, [], charts.LIGHT)))
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
    drawn = charts.evidence(BANGSAR.evidence[0], [], charts.LIGHT)
    assert drawn["layer"]
    assert list(drawn["datasets"][charts.READINGS]) == [
        "sessions",
        "shown",
        "against",
        "standing",
    ]


@pytest.mark.parametrize("colours", [charts.LIGHT, charts.DARK])
def test_every_drawing_is_vega_lite_and_names_what_it_draws(colours):
    gate, curve = BANGSAR.evidence[0], view.latency_curve(BANGSAR.latency)
    readings = view.readings(BANGSAR.history, gate.gate)
    for drawn in (charts.evidence(gate, readings, colours), charts.latency(curve, colours)):
        columns = set(drawn["datasets"][charts.READINGS]) | {"at", "label", "from"}
        alt.Chart.from_dict(shape(drawn), validate=True)
        assert set(fields(drawn)) <= columns


def test_a_drawing_that_is_no_vega_lite_is_found():
    broken = shape(charts.latency([], charts.LIGHT)) | {"mark": {"type": "lines"}}
    with pytest.raises(ValidationError):
        alt.Chart.from_dict(broken, validate=True)


def fields(part):
    """The columns that a drawing speaks of."""
    if isinstance(part, dict):
        if "field" in part:
            yield part["field"]
        for value in part.values():
            yield from fields(value)
    if isinstance(part, list):
        for each in part:
            yield from fields(each)


def encoded(drawing, channel):
    """Every encoding of that channel in a drawing."""
    return [one["encoding"][channel] for one in drawing["layer"] if channel in one["encoding"]]


def shape(drawn):
    """What is drawn, without the numbers."""
    return {name: part for name, part in drawn.items() if name != "datasets"}


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
