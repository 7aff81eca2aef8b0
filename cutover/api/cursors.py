"""Cursors: where the next page of a list begins, in letters that mean nothing to who carries them.

A cursor names the last row that was told by its place in the list's order, so what comes or goes
meanwhile moves no other row. It holds nothing that the page did not tell, and gives no right.
"""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_right
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, cast

from fastapi import Depends, Query

from cutover.api.problems import Problem
from cutover.history import Key

CURSOR_LIMIT = 400
LARGEST = 2**63 - 1

type Place = tuple[str | int, ...]
"""The values of the columns that order a list."""


def written(*place: str | int) -> str:
    """A place as a cursor."""
    text = json.dumps(place, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place(cursor: str, *kinds: type) -> Place:
    """The place that a cursor names, its parts of these kinds. Raises ValueError for what `written` never gave."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        found = json.loads(base64.b64decode(padded, b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        raise ValueError(UNKNOWN) from None
    if not isinstance(found, list) or [type(one) for one in found] != list(kinds):
        raise ValueError(UNKNOWN)
    if not all(_can_be_kept(one) for one in found):
        raise ValueError(UNKNOWN)
    return tuple(found)


def _can_be_kept(one: str | int) -> bool:
    """Whether a column may hold this: the store could not even be asked about anything else."""
    if isinstance(one, int):
        return 0 <= one <= LARGEST
    return "\0" not in one and not any("\ud800" <= letter <= "\udfff" for letter in one)


UNKNOWN = "`cursor` is no cursor that a page gave; leave it out to begin at the first page"

Cursor = Annotated[
    str | None,
    Query(
        max_length=CURSOR_LIMIT,
        description="The cursor of the next page, as the last one gave it.",
    ),
]


async def _after_key(cursor: Cursor = None) -> Key | None:
    return None if cursor is None else cast(Key, asked(cursor, str, str))


def asked(cursor: str, *kinds: type) -> Place:
    """The place that a request's cursor names. Raises Problem 422."""
    try:
        return place(cursor, *kinds)
    except ValueError as error:
        raise Problem(HTTPStatus(422), str(error)) from None


def page(
    keys: Sequence[Key], after: Key | None, limit: int
) -> tuple[Sequence[Key], str | None]:
    """So many of some keys in their order, behind one of them or its place, and the cursor of those behind them."""
    first = 0 if after is None else bisect_right(keys, after)
    shown = keys[first : first + limit]
    more = first + limit < len(keys)
    return shown, written(*shown[-1]) if more else None


AfterKey = Annotated[Key | None, Depends(_after_key)]
"""After a tenant and a route."""
