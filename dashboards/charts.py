"""The drawings, as Vega-Lite. Their scales are fixed, so that new numbers move lines and never redraw a chart.

They are written as plain dictionaries: to build and check each through a library costs a page a second of the processor.
What changes stands apart from the drawing, in `datasets`, so that a browser that has the drawing is sent numbers alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboards.wire import Evidence

type Drawing = dict[str, Any]
"""A specification of Vega-Lite 6, for `streamlit.vega_lite_chart`."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours that are read well on one background: at least 4.5 to 1, as text asks (WCAG 2.2, 1.4.3)."""

    shown: str
    against: str
    primary: str
    candidate: str


LIGHT = Palette(shown="#1f66c7", against="#b4480f", primary="#5d6673", candidate="#1f66c7")
DARK = Palette(shown="#6aa9ff", against="#ff9a5c", primary="#a3adba", candidate="#6aa9ff")

READINGS = "readings"
"""The one dataset of a drawing that changes."""

LOWEST = -1.5
"""Evidence below this is drawn at the edge: how far a lost case is lost decides nothing."""
TOPS = (5, 10, 20, 50, 100, 200, 500, 1000)
"""Up to where the scale may go, so that no line is cut and few new numbers redraw it."""
TICKS = (-1, 0, 1, 3, 10, 30, 100, 300, 1000)
SMALL = 11
"""Pixels of the names in a drawing."""


def palette(theme: str | None) -> Palette:
    """The colours for a theme as Streamlit names it; those for light where it names none."""
    return DARK if theme == "dark" else LIGHT


def evidence(
    gate: Evidence,
    readings: Sequence[Mapping[str, float | None]],
    colours: Palette,
    standings: Sequence[tuple[int, str]] = (),
) -> Drawing:
    """What speaks for and against, log10 of e-values over sessions, with both thresholds and where each stage began."""
    height = _height(gate, readings)
    stops = "hold" if gate.mode == "hold" else "rollback"
    above = gate.needed > gate.roll_back_at
    promotes = (
        _threshold(gate.needed, "promotion", colours.shown, height, above=above)
        if gate.needed
        else []
    )
    return {
        "height": 255,
        "layer": [
            *_begun(standings, colours.primary),
            _line("shown", colours.shown, [1, 0], height),
            _line("against", colours.against, [5, 3], height),
            *promotes,
            *_threshold(gate.roll_back_at, stops, colours.against, height, above=not above),
        ],
        "datasets": {
            READINGS: pd.DataFrame(
                readings, columns=["sessions", "shown", "against", "standing"]
            )
        },
    }


def latency(
    curve: Sequence[dict[str, float | str]], colours: Palette, what: str = "a whole answer"
) -> Drawing:
    """Percent of answers that took at most so long until `what`, for both sides."""
    sides = ["primary", "candidate"]
    colour = {"domain": sides, "range": [colours.primary, colours.candidate]}
    dash = {"domain": sides, "range": [[5, 3], [1, 0]]}
    return {
        "height": 290,
        "data": {"name": READINGS},
        "mark": {"type": "line", "strokeWidth": 2},
        "encoding": {
            "x": _number("seconds", title=f"seconds until {what}", axis={"grid": True}),
            "y": _number("percent", title="% answered by then", scale={"domain": [0, 100]}),
            "order": _number("percent"),
            "color": _name("side", scale=colour, legend={"orient": "top", "title": None}),
            "strokeDash": _name("side", scale=dash, legend=None),
            "tooltip": [_name("side"), _number("percent"), _number("seconds", format=".2f")],
        },
        "datasets": {READINGS: pd.DataFrame(curve, columns=["side", "percent", "seconds"])},
    }


def _line(column: str, colour: str, dash: list[int], height: Drawing) -> Drawing:
    across = {"tickMinStep": 1, "grid": False}
    values = [tick for tick in TICKS if tick <= height["domain"][1]]
    upwards = {
        "values": values,
        "grid": True,
        "titleFontWeight": "normal",
        "labelOverlap": "greedy",
    }
    return {
        "data": {"name": READINGS},
        "mark": {
            "type": "line", "color": colour, "strokeDash": dash, "strokeWidth": 2, "clip": True
        },
        "encoding": {
            "x": _number("sessions", title="sessions of this attempt", axis=across),
            "y": _number(column, title="evidence, log10 of e-value", scale=height, axis=upwards),
            "detail": _name("standing"),
            "tooltip": [_number("sessions"), _number(column, format=".2f")],
        },
    }  # fmt: skip


def _height(gate: Evidence, readings: Sequence[Mapping[str, float | None]]) -> Drawing:
    """A scale on which small evidence is told apart and none is cut: linear near 0, logarithmic far from it."""
    named = max(gate.needed, gate.roll_back_at) + 0.8
    highest = max(
        [
            level
            for one in readings
            for level in (one["shown"], one["against"])
            if level is not None
        ],
        default=0.0,
    )
    top = named if highest <= named else next(at for at in (*TOPS, highest) if at >= highest)
    return {
        "type": "symlog", "constant": 1, "domain": [LOWEST, top], "clamp": True, "nice": False
    }  # fmt: skip


def _begun(standings: Sequence[tuple[int, str]], colour: str) -> list[Drawing]:
    """Where each stage began, with its name above the drawing."""
    if not standings:
        return []
    data = {"values": [{"from": at, "label": label} for at, label in standings]}
    label = {
        "type": "text", "align": "left", "baseline": "bottom", "dx": 1, "dy": -4, "color": colour, "fontSize": SMALL
    }  # fmt: skip
    across = _number("from")
    return [
        {
            "data": data,
            "mark": {"type": "rule", "color": colour, "opacity": 0.6},
            "encoding": {"x": across},
        },
        {
            "data": data,
            "mark": label,
            "encoding": {"x": across, "text": _name("label"), "y": {"value": 0}},
        },
    ]


def _threshold(
    at: float, name: str, colour: str, height: Drawing, *, above: bool
) -> list[Drawing]:
    """A level with its name above or below it, so that the names of two stay apart however near they are."""
    data = {"values": [{"at": at, "label": f"{name} at {at:.2f}"}]}
    level = _number("at", scale=height)
    label = {
        "type": "text", "align": "left", "baseline": "bottom" if above else "top", "dx": 4,
        "dy": -2 if above else 3, "color": colour, "fontSize": SMALL,
    }  # fmt: skip
    return [
        {
            "data": data,
            "mark": {"type": "rule", "color": colour, "strokeDash": [2, 3], "opacity": 0.9},
            "encoding": {"y": level},
        },
        {
            "data": data,
            "mark": label,
            "encoding": {"y": level, "text": _name("label"), "x": {"value": 0}},
        },
    ]


def _number(field: str, **more: object) -> Drawing:
    return {"field": field, "type": "quantitative", **more}


def _name(field: str, **more: object) -> Drawing:
    return {"field": field, "type": "nominal", **more}
