"""Days, moments and quarters as people type them, in microseconds of UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import click

_QUARTER = re.compile(r"(\d{4})Q([1-4])")
_DAY_US, _SECOND_US = 86_400_000_000, 1_000_000


class MomentType(click.ParamType["int"]):
    """A day or a moment, of UTC unless it says otherwise."""

    name = "moment"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Turns the text into microseconds, or explains what it should look like."""
        if isinstance(value, int):
            return value
        try:
            told = datetime.fromisoformat(str(value))
            return since_1970(told if told.tzinfo else told.replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r} is no moment, as in 2026-10-01 or 2026-10-01T08:00+08:00",
                param,
                ctx,
            )


class QuarterType(click.ParamType["tuple[int, int]"]):
    """A quarter of a year by Malaysia's clock, as in 2026Q4: its first moment and the first of the next."""

    name = "quarter"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Turns the text into two moments, or explains what it should look like."""
        if isinstance(value, tuple):
            return value
        found = _QUARTER.fullmatch(str(value))
        if found is None or not 1970 < int(found[1]) < 9000:
            self.fail(f"{value!r} is no quarter, as in 2026Q4", param, ctx)
        year, quarter = int(found[1]), int(found[2])
        after = (year + 1, 1) if quarter == 4 else (year, quarter * 3 + 1)
        return _midnight(year, quarter * 3 - 2), _midnight(*after)


def since_1970(moment: datetime) -> int:
    """Microseconds of UTC of a moment that has a zone."""
    since = moment - datetime.fromtimestamp(0, UTC)
    return since.days * _DAY_US + since.seconds * _SECOND_US + since.microseconds


def _midnight(year: int, month: int) -> int:
    return since_1970(datetime.fromisoformat(f"{year:04}-{month:02}-01T00:00:00+08:00"))
