"""Cells of tables that people open in a spreadsheet: CSV after RFC 4180 in UTF-8, with nothing that acts.

A text that a spreadsheet would take for a formula is shown with an apostrophe before it, and so is one that
begins with an apostrophe, so that what it was can be told. Controls of a terminal and marks that turn the
direction of writing are written out. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Union

Cell = Union[str, int, None]  # noqa: UP007 - read by Python 3.9 too
Told = Mapping[str, Cell]

_CELL_UTC = timezone(timedelta(0))
_CELL_EPOCH = datetime.fromtimestamp(0, _CELL_UTC)
_CELL_PLUS8 = timezone(timedelta(hours=8))
_CELL_DAYS_US = 253_000_000_000_000_000  # the year 9987: later none is shown
_CELL_HARMFUL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_CELL_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "＝", "＋", "－", "＠")
_CELL_QUOTED = re.compile('[",\r\n]|^ | $')


def utc(at_us: int | None) -> str:
    """A moment in microseconds of UTC as ISO 8601, like 2026-11-26T13:05:00.000000Z; "" for none."""
    return _cell_time(at_us, _CELL_UTC).replace("+00:00", "Z")


def plus8(at_us: int | None) -> str:
    """The same moment by Malaysia's clock, like 2026-11-26T21:05:00.000000+08:00; "" for none."""
    return _cell_time(at_us, _CELL_PLUS8)


def harmless(text: str) -> str:
    r"""A text with what would act on a terminal or turn the direction of writing written out, like \u001b."""
    return _CELL_HARMFUL.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def csv_cell(value: Cell) -> str:
    """One cell of a line."""
    if value is None:
        return ""
    if isinstance(value, int):
        return str(int(value))
    text = harmless(value)
    if text.lstrip(" ").startswith(_CELL_FORMULA):
        text = f"'{text}"
    if _CELL_QUOTED.search(text):
        doubled = text.replace('"', '""')
        return f'"{doubled}"'
    return text


def csv_line(row: Told) -> str:
    """A row, in the order of its columns, with the line's end."""
    return ",".join([csv_cell(value) for value in row.values()]) + "\r\n"


def csv_header(columns: Sequence[str]) -> str:
    """The line above the rows."""
    return ",".join(columns) + "\r\n"


def _cell_time(at_us: int | None, zone: timezone) -> str:
    if at_us is None or not 0 <= at_us < _CELL_DAYS_US:
        return ""
    moment = (_CELL_EPOCH + timedelta(microseconds=at_us)).astimezone(zone)
    return moment.isoformat(timespec="microseconds")
