"""The picture and the table of how long the pages take, as the docs show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from bench.svg import text

WIDTH, LEFT, RIGHT, TOP, STEP = 760, 150, 90, 64, 30
COLOURS = {True: "#2563eb", False: "#c2410c"}


def drawn(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows of whole pages, the slowest first."""
    pages = [one for one in rows if one["name"].startswith("drawn_")]
    return sorted(pages, key=lambda one: -one["value"])


def named(row: Mapping[str, Any]) -> str:
    """The page of a row, as people read it."""
    return str(row["name"]).removeprefix("drawn_").removesuffix("_p95_s").capitalize()


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows of pages in Markdown."""
    lines = ["| page | p95 | target | |", "|---|---|---|---|"]
    for one in drawn(rows):
        verdict = "holds" if one["holds"] else "**missed**"
        lines.append(f"| {named(one)} | {one['value']:.2f} s | {one['target']} s | {verdict} |")
    return "\n".join(lines)


def svg(rows: Iterable[Mapping[str, Any]], note: str) -> str:
    """A bar for each page, and the line that none may pass."""
    pages = drawn(rows)
    longest = max(1.1, *(one["value"] for one in pages))
    height = TOP + STEP * len(pages) + 46

    def at(seconds: float) -> int:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * seconds / longest)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        text(20, 28, "Seconds until a page is drawn, 95th percentile", size=16, weight=600),
        text(20, 48, escape(note), size=12, colour="#475569"),
    ]
    for place, one in enumerate(pages):
        y, end = TOP + STEP * place, at(one["value"])
        said = f"{one['value']:.2f}" + ("" if one["holds"] else " missed")
        parts += [
            text(LEFT - 10, y + 16, escape(named(one)), anchor="end"),
            f'<rect x="{LEFT}" y="{y + 3}" width="{max(1, end - LEFT)}" height="18" fill="{COLOURS[one["holds"]]}"/>',
            text(end + 6, y + 16, said, size=12),
        ]
    foot = TOP + STEP * len(pages)
    line, said = at(1.0), "1 s at most"
    parts += [
        f'<line x1="{line}" y1="{TOP - 6}" x2="{line}" y2="{foot + 6}" stroke="#0f172a" stroke-dasharray="4 4"/>',
        text(line, foot + 24, said, size=12, anchor="middle"),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"
