"""The pictures of a summary, drawn once: for the PDF as they are, for the browser as SVG.

Colour is never the only sign: every lane and bar carries its words, and sides differ in pattern too. Each picture has
its own white ground, so that it reads the same on a dark page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reportlab.graphics import renderSVG
from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.colors import HexColor, white

from cutover.exports.summary import axis
from cutover.exports.summary.faces import face, shown

WIDTH = 500
INK, FAINT, GRID = HexColor("#1f2933"), HexColor("#5f6b7a"), HexColor("#d9dee5")
PRIMARY, CANDIDATE = HexColor("#9aa5b1"), HexColor("#1f6f8b")
STAGES = {
    "off": HexColor("#e4e7eb"),
    "mirror": HexColor("#c3dafe"),
    "canary": HexColor("#7fb2e5"),
    "live": HexColor("#1f6f8b"),
    "rolled_back": HexColor("#f2b8a0"),
}
_LEFT = 150
_LANE = 26


@dataclass(frozen=True, slots=True)
class Stretch:
    """How long a rollout stood somewhere; moments are microseconds of UTC."""

    stage: str
    share: str
    from_us: int
    to_us: int


def svg(drawing: Drawing) -> bytes:
    """A picture as SVG in UTF-8."""
    return str(renderSVG.drawToString(drawing)).encode()


def stages(lanes: Mapping[str, Sequence[Stretch]], span: tuple[int, int]) -> Drawing:
    """Where each rollout stood over time, a lane each, with the times below them; `span` as in a stretch."""
    height = _LANE * len(lanes) + 44
    drawing = _ground(height)
    _times(drawing, span, height)
    wide = WIDTH - _LEFT - 10
    for at, (rollout, stretches) in enumerate(lanes.items()):
        y = height - _LANE * (at + 1)
        drawing.add(_words(_LEFT - 6, y + 6, rollout, anchor="end", most=32))
        for one in stretches:
            x = _LEFT + wide * _part(one.from_us, span)
            to = _LEFT + wide * _part(one.to_us, span)
            _stretch(drawing, (x, y, max(1.0, to - x)), one)
    return drawing


def bars(rows: Sequence[tuple[str, str, float, str]], unit: str) -> Drawing:
    """A bar a row: its name, its side ("primary", "candidate" or ""), its value and the value in words."""
    height = 18 * len(rows) + 26
    drawing = _ground(height)
    most = max([value for _, _, value, _ in rows], default=0.0) or 1.0
    wide = WIDTH - _LEFT - 100
    for at, (name, side, value, told) in enumerate(rows):
        y = height - 18 * (at + 1) - 2
        drawing.add(_words(_LEFT - 6, y + 3, name, anchor="end", most=32))
        _bar(drawing, (_LEFT, y, max(1.0, wide * value / most), 12), side)
        drawing.add(_words(_LEFT + max(1.0, wide * value / most) + 6, y + 3, told))
    drawing.add(_words(_LEFT, 6, unit, fill=FAINT))
    return drawing


def columns(
    values: Sequence[float], ends: tuple[str, str], told: str, side: str = "candidate"
) -> Drawing:
    """A column a value, from left to right; `told` is what the highest one stands for."""
    height = 120
    drawing = _ground(height)
    most = max(values, default=0.0) or 1.0
    wide = (WIDTH - 60) / max(1, len(values))
    drawing.add(Line(50, 22, WIDTH - 10, 22, strokeColor=INK, strokeWidth=0.6))
    drawing.add(Line(50, 100, WIDTH - 10, 100, strokeColor=GRID, strokeWidth=0.6))
    drawing.add(_words(50, 105, told, fill=FAINT))
    for at, value in enumerate(values):
        if value:
            box = (50 + at * wide, 22, max(0.6, wide * 0.8), max(0.8, 78 * value / most))
            _bar(drawing, box, side)
    drawing.add(_words(50, 8, ends[0], fill=FAINT))
    drawing.add(_words(WIDTH - 10, 8, ends[1], anchor="end", fill=FAINT))
    return drawing


def _times(drawing: Drawing, span: tuple[int, int], height: float) -> None:
    """A line behind the lanes at each time, its words below, and both ends with their zone in the last row."""
    for tick in axis.ticks(span):
        x = _LEFT + (WIDTH - _LEFT - 10) * _part(tick.at_us, span)
        drawing.add(Line(x, 32, x, height - 4, strokeColor=GRID, strokeWidth=0.6))
        last = x > WIDTH - 30  # its words would leave the picture
        drawing.add(
            _words(WIDTH - 4 if last else x, 22, tick.told, anchor="end" if last else "middle")
        )
    first, end = axis.ends(span)
    drawing.add(_words(_LEFT, 8, first, fill=FAINT))
    drawing.add(_words(WIDTH - 10, 8, end, anchor="end", fill=FAINT))


def _stretch(drawing: Drawing, place: tuple[float, float, float], one: Stretch) -> None:
    x, y, wide = place
    fill = STAGES.get(one.stage, white)
    drawing.add(Rect(x, y, wide, 20, fillColor=fill, strokeColor=white, strokeWidth=0.8))
    if one.stage == "rolled_back":
        for step in range(0, int(wide), 6):
            drawing.add(
                Line(
                    x + step,
                    y,
                    x + min(wide, step + 6),
                    y + 20,
                    strokeColor=white,
                    strokeWidth=0.8,
                )
            )
    told = one.stage.replace("_", " ") + (
        f" {one.share} %" if one.stage == "canary" and one.share else ""
    )
    ink = white if one.stage == "live" else INK
    if wide > 5.2 * len(told):
        drawing.add(_words(x + 4, y + 6, told, fill=ink))
    elif wide > 10:
        drawing.add(_words(x + 2, y + 6, told[0].upper(), fill=ink))


def _bar(drawing: Drawing, box: tuple[float, float, float, float], side: str) -> None:
    """The primary's is hatched, the candidate's is full."""
    x, y, wide, high = box
    fill = PRIMARY if side == "primary" else CANDIDATE
    drawing.add(Rect(x, y, wide, high, fillColor=fill, strokeColor=INK, strokeWidth=0.3))
    if side == "primary":
        for step in range(4, int(wide), 4):
            drawing.add(
                Line(x + step, y, x + step, y + high, strokeColor=white, strokeWidth=0.7)
            )


def _ground(height: float) -> Drawing:
    drawing = Drawing(WIDTH, height)
    drawing.add(Rect(0, 0, WIDTH, height, fillColor=white, strokeColor=GRID, strokeWidth=0.5))
    return drawing


def _words(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    fill: HexColor = INK,
    most: int = 90,
) -> String:
    told = shown(text)
    told = told if len(told) <= most else f"{told[: most - 1]}…"
    return String(
        x, y, told, fontName=face(told), fontSize=8, fillColor=fill, textAnchor=anchor
    )


def _part(at_us: int, span: tuple[int, int]) -> float:
    return min(1.0, max(0.0, (at_us - span[0]) / max(1, span[1] - span[0])))
