"""Cells of tables that people open in a spreadsheet: CSV after RFC 4180 in UTF-8, with nothing that acts.

A text that a spreadsheet would take for a formula is shown with an apostrophe before it, and so is one that
begins with an apostrophe, so that what it was can be told. Many spreadsheets part cells at a semicolon or a tab, and
to those a quote within a line means nothing: what follows such a mark, or a line's end, is treated like a text of its
own. Controls of a terminal and marks that turn the direction of writing are written out. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Union

Cell = Union[str, int, None]  # noqa: UP007 - read by Python 3.9 too
Told = Mapping[str, Cell]

FORM = 3
"""The form in which bundles and their tables are written now."""
FORMS = (1, 2, FORM)
"""All that were ever written: 1 quotes no cell for a semicolon or a tab, and lets what follows them stand; 1 and 2 do not
have the events beside their range.

`rows.tables_of` says which columns each has.
"""

_CELL_EPOCH = date(1970, 1, 1)
_CELL_DAY_US = 86_400_000_000
_CELL_EAST_US = 8 * 3_600_000_000
_CELL_DAYS_US = 253_000_000_000_000_000  # the year 9987: later none is shown
_CELL_TWO = tuple([f"{number:02}" for number in range(60)])
_CELL_HARMFUL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_CELL_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "＝", "＋", "－", "＠")
_CELL_PLAIN = re.compile(
    r"[0-9A-Za-z_][ !#-+\--:<-~]*(?<! )"
)  # most cells; none of the rules is about them
_CELL_QUOTED = {1: re.compile('[",\r\n]|^ | $'), 2: re.compile('[",;\t\r\n]|^ | $')}
_CELL_PARTED = re.compile(
    "[;\t\r\n](?=[ \"]*['=+\\-@＝＋－＠])"
)  # another cell to some, and a formula


def utc(at_us: int | None) -> str:
    """A moment in microseconds of UTC as ISO 8601, like 2026-11-26T13:05:00.000000Z; "" for none."""
    return _cell_time(at_us, 0, "Z")


def plus8(at_us: int | None) -> str:
    """The same moment by Malaysia's clock, like 2026-11-26T21:05:00.000000+08:00; "" for none."""
    return _cell_time(at_us, _CELL_EAST_US, "+08:00")


def harmless(text: str) -> str:
    r"""A text with what would act on a terminal or turn the direction of writing written out, like \u001b."""
    if text.isascii() and text.isprintable():  # nearly all
        return text
    return _CELL_HARMFUL.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def csv_cell(value: Cell, form: int = FORM) -> str:
    """One cell of a line; `form` is one of `FORMS`."""
    if value is None:
        return ""
    if isinstance(value, int):
        return str(int(value))
    if not value or _CELL_PLAIN.fullmatch(value):
        return value
    text = harmless(value)
    if text.lstrip(" ").startswith(_CELL_FORMULA):
        text = f"'{text}"
    if _CELL_QUOTED[min(form, 2)].search(text):
        if form > 1:
            text = _CELL_PARTED.sub(r"\g<0>'", text)
        doubled = text.replace('"', '""')
        return f'"{doubled}"'
    return text


def csv_line(row: Told, form: int = FORM) -> str:
    """A row, in the order of its columns, with the line's end."""
    plain = _CELL_PLAIN.fullmatch
    # As csv_cell has it, written out for nearly all cells: a table of a year has ten million of them.
    cells = [
        value
        if type(value) is str and (not value or plain(value))
        else str(value)
        if type(value) is int
        else csv_cell(value, form)
        for value in row.values()
    ]
    return ",".join(cells) + "\r\n"


def csv_header(columns: Sequence[str]) -> str:
    """The line above the rows."""
    return ",".join(columns) + "\r\n"


@lru_cache(maxsize=16)  # the tables of one event ask for the same moment one after the other
def _cell_time(at_us: int | None, east_us: int, zone: str) -> str:
    """Tables have millions of moments on a few days: a day is written once, the rest is arithmetic."""
    if at_us is None or not 0 <= at_us < _CELL_DAYS_US:
        return ""
    day, rest = divmod(at_us + east_us, _CELL_DAY_US)
    second, us = divmod(rest, 1_000_000)
    minute, second = divmod(second, 60)
    two = _CELL_TWO
    return (
        f"{_cell_day(day)}T{two[minute // 60]}:{two[minute % 60]}:{two[second]}.{us:06}{zone}"
    )


@lru_cache(maxsize=64)
def _cell_day(number: int) -> str:
    return (_CELL_EPOCH + timedelta(days=number)).isoformat()
