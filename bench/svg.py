"""What the pictures of the benchmarks have in common."""

from __future__ import annotations


def text(  # noqa: PLR0913
    x: int,
    y: int,
    said: str,
    *,
    size: int = 13,
    weight: int = 400,
    anchor: str = "start",
    colour: str = "#0f172a",
) -> str:
    """An SVG text element; `said` is markup already."""
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="{colour}">{said}</text>'
    )
