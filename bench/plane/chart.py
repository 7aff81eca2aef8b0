"""The chart of the README: bars of requests a second and of added milliseconds, as an SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bench.svg import text

WIDTH, BAR, GAP, LEFT, TOP = 760, 20, 10, 160, 56
OURS, OTHERS = "#0f766e", "#94a3b8"

Bars = Sequence[tuple[str, float]]


def svg(panels: Mapping[str, Bars], note: str) -> str:
    """Panels one under the other, each with its heading; bars are on a logarithmic scale."""
    parts: list[str] = []
    at = TOP
    for heading, bars in panels.items():
        parts.append(text(LEFT, at - 14, heading, weight=600))
        parts += _panel(bars, at)
        at += len(bars) * (BAR + GAP) + TOP
    parts.append(text(LEFT, at - 30, note, size=11, colour="#64748b"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {at - 10}" role="img" '
        f'font-family="system-ui, sans-serif"><rect width="100%" height="100%" fill="white"/>'
        f"{''.join(parts)}</svg>\n"
    )


def _panel(bars: Bars, at: int) -> list[str]:
    values = [value for _, value in bars if value > 0]
    low, high = math.log10(min(values)) - 0.3, math.log10(max(values))
    parts = []
    for number, (name, value) in enumerate(bars):
        y = at + number * (BAR + GAP)
        share = (math.log10(value) - low) / (high - low) if value > 0 else 0
        width = max(2, round(share * (WIDTH - LEFT - 110)))
        colour = OURS if name.startswith("crossfade") else OTHERS
        parts += [
            text(LEFT - 10, y + 15, name, anchor="end"),
            f'<rect x="{LEFT}" y="{y}" width="{width}" height="{BAR}" rx="3" fill="{colour}"/>',
            text(LEFT + width + 8, y + 15, f"{value:,.0f}" if value >= 100 else f"{value:.2f}"),
        ]
    return parts
