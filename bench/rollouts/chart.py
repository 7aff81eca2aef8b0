"""The chart of the cutover benchmark: crossfade beside its peers, bars with their intervals, as an SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from bench.svg import text as text_of

text = partial(text_of, size=12)

WIDTH, BAR, GAP, LEFT, RIGHT, TOP = 760, 18, 8, 190, 90, 54
OURS, OTHERS, LINE = "#0f766e", "#94a3b8", "#334155"


@dataclass(frozen=True)
class Bar:
    """One value and its interval; None where it never happened."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None


def svg(panels: Mapping[str, Sequence[Bar]], note: str) -> str:
    """Panels one under the other, each with its heading and a scale of its own from zero."""
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


def _panel(bars: Sequence[Bar], at: int) -> list[str]:
    ends = [end for bar in bars for end in (bar.value, bar.high) if end is not None]
    scale = (WIDTH - LEFT - RIGHT) / max([*ends, 1e-9])
    parts = []
    for number, bar in enumerate(bars):
        y = at + number * (BAR + GAP)
        parts.append(text(LEFT - 10, y + 14, bar.name, anchor="end"))
        if bar.value is None:
            parts.append(text(LEFT, y + 14, "never", colour="#64748b"))
            continue
        colour = OURS if bar.name.startswith("crossfade") else OTHERS
        width = max(2, round(bar.value * scale))
        parts.append(
            f'<rect x="{LEFT}" y="{y}" width="{width}" height="{BAR}" rx="3" fill="{colour}"/>'
        )
        parts += _whisker(bar, scale, y + BAR // 2)
        end = max(bar.value, bar.high or 0)
        told = f"{bar.value:,.0f}" if bar.value >= 10 or bar.value == 0 else f"{bar.value:.1f}"
        parts.append(text(LEFT + round(end * scale) + 8, y + 14, told))
    return parts


def _whisker(bar: Bar, scale: float, y: int) -> list[str]:
    if bar.low is None or bar.high is None:
        return []
    low, high = LEFT + round(bar.low * scale), LEFT + round(bar.high * scale)
    return [
        f'<path d="M{low} {y}H{high}M{low} {y - 4}v8M{high} {y - 4}v8" stroke="{LINE}" fill="none"/>'
    ]
