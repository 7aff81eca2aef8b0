"""The drawings. Their scales are fixed, so that new numbers move lines and never redraw a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

from dashboards.wire import Evidence


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours that are read well on one background: at least 4.5 to 1, as text asks (WCAG 2.2, 1.4.3)."""

    shown: str
    against: str
    primary: str
    candidate: str


LIGHT = Palette(shown="#1f66c7", against="#b4480f", primary="#5d6673", candidate="#1f66c7")
DARK = Palette(shown="#6aa9ff", against="#ff9a5c", primary="#a3adba", candidate="#6aa9ff")

LOWEST = -1.5
"""Evidence below this is drawn at the edge: how far a lost case is lost decides nothing."""


def palette(theme: str | None) -> Palette:
    """The colours for a theme as Streamlit names it; those for light where it names none."""
    return DARK if theme == "dark" else LIGHT


def evidence(
    gate: Evidence, readings: Sequence[dict[str, float]], colours: Palette
) -> alt.LayerChart | alt.FacetChart:
    """What speaks for and against, log10 of e-values over sessions, with both thresholds."""
    data = pd.DataFrame(readings, columns=["sessions", "shown", "against"])
    top = max(gate.needed, gate.roll_back_at) + 0.6
    height = alt.Scale(domain=[LOWEST, top], clamp=True, nice=False)
    axis = alt.Axis(tickCount=5, grid=True, titleFontWeight="normal")
    stops = "hold" if gate.mode == "hold" else "rollback"
    promotes = (
        _threshold(gate.needed, "promotion", colours.shown, height) if gate.needed else []
    )
    lines = [
        _line(data, "shown", colours.shown, [1, 0], height, axis),
        _line(data, "against", colours.against, [5, 3], height, axis),
        *promotes,
        *_threshold(gate.roll_back_at, stops, colours.against, height),
    ]
    return alt.layer(*lines).properties(height=235)


def latency(
    curve: Sequence[dict[str, float | str]], colours: Palette, what: str = "a whole answer"
) -> alt.Chart:
    """Percent of answers that took at most so long until `what`, for both sides."""
    data = pd.DataFrame(curve, columns=["side", "percent", "seconds"])
    sides = ["primary", "candidate"]
    chart: alt.Chart = (
        alt.Chart(data)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("seconds:Q", title=f"seconds until {what}", axis=alt.Axis(grid=True)),
            y=alt.Y("percent:Q", title="% answered by then", scale=alt.Scale(domain=[0, 100])),
            order="percent:Q",
            color=alt.Color(
                "side:N",
                scale=alt.Scale(domain=sides, range=[colours.primary, colours.candidate]),
                legend=alt.Legend(orient="top", title=None),
            ),
            strokeDash=alt.StrokeDash(
                "side:N", scale=alt.Scale(domain=sides, range=[[5, 3], [1, 0]]), legend=None
            ),
            tooltip=["side:N", "percent:Q", alt.Tooltip("seconds:Q", format=".2f")],
        )
        .properties(height=290)
    )
    return chart


def _line(
    data: pd.DataFrame,
    column: str,
    colour: str,
    dash: list[int],
    height: alt.Scale,
    axis: alt.Axis,
) -> alt.Chart:
    chart: alt.Chart = (
        alt.Chart(data)
        .mark_line(color=colour, strokeDash=dash, strokeWidth=2, clip=True)
        .encode(
            x=alt.X("sessions:Q", title="sessions", axis=alt.Axis(tickMinStep=1, grid=False)),
            y=alt.Y(f"{column}:Q", title="log10 e-value", scale=height, axis=axis),
            tooltip=["sessions:Q", alt.Tooltip(f"{column}:Q", format=".2f")],
        )
    )
    return chart


def _threshold(at: float, name: str, colour: str, height: alt.Scale) -> list[alt.Chart]:
    data = pd.DataFrame([{"at": at, "label": f"{name} at {at:.2f}"}])
    base = alt.Chart(data).encode(y=alt.Y("at:Q", scale=height))
    rule: alt.Chart = base.mark_rule(color=colour, strokeDash=[2, 3], opacity=0.9)
    label: alt.Chart = base.mark_text(
        align="left", baseline="bottom", dx=4, dy=-2, color=colour, fontSize=11
    ).encode(text="label:N", x=alt.value(0))
    return [rule, label]
