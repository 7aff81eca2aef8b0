"""Tables of text that wraps: no cell is cut, whatever the width, and what people and models wrote is never rendered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from dashboards import words

_TABLE = (
    "width:100%;border-collapse:collapse;font-size:0.875rem;line-height:1.45;text-align:left;"
    "overflow-wrap:break-word"
)
_CELL = "padding:6px 10px;vertical-align:top;border-bottom:1px solid #8885"
_HEAD = f"{_CELL};font-weight:600;border-bottom-width:2px"
_MANY = 60
"""More rows than these scroll in a window of their own, which the keyboard reaches."""
_LONG_WORD, _LONGEST = 24, 2_000
"""A longer word may be broken, so that no id or path makes its column wider than the page; so much of a cell is shown."""

type Cell = str | int


def as_html(rows: Sequence[Mapping[str, Cell]]) -> str:
    """Rows under the names of their columns, as HTML that holds nothing but this text. Numbers stand on the right."""
    if not rows:
        return ""
    numbers = {name for name, cell in rows[0].items() if isinstance(cell, int)}
    head = "".join(
        f'<th scope="col" style="{_HEAD}{_right(name in numbers)}">{escape(name)}</th>'
        for name in rows[0]
    )
    body = "".join(f"<tr>{_cells(row, numbers)}</tr>" for row in rows)
    table = (
        f'<table style="{_TABLE}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    )
    if len(rows) <= _MANY:
        return table
    return f'<div tabindex="0" style="max-height:40rem;overflow:auto">{table}</div>'


def _cells(row: Mapping[str, Cell], numbers: set[str]) -> str:
    told = ((name in numbers, _said(cell)) for name, cell in row.items())
    return "".join(
        f'<td style="{_CELL}{_right(number)}{_broken(said)}">{escape(said)}</td>'
        for number, said in told
    )


def _right(number: bool) -> str:
    return ";text-align:right" if number else ""


def _broken(said: str) -> str:
    long = any(len(word) > _LONG_WORD for word in said.split())
    return ";overflow-wrap:anywhere" if long else ""


def _said(cell: Cell) -> str:
    return (
        f"{cell:,}" if isinstance(cell, int) else words.visible(words.shortened(cell, _LONGEST))
    )


def draw(rows: Sequence[Mapping[str, Cell]]) -> None:
    """The rows as a table of the width that there is."""
    st.html(as_html(rows))
