"""Who saw or took which payload. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cutover.verifying.rows import ACCESS
from cutover.verifying.sayings import Event
from cutover.verifying.table import Row

PREFIXES = ("payload.", "export.", "retention.", "erasure.", "legal_hold.")
COLUMNS = ACCESS.columns


def rows(events: Iterable[Event]) -> Iterator[Row]:
    """A row an event, the oldest first."""
    found = [row for row in map(ACCESS.row, events) if row is not None]
    yield from sorted(found, key=lambda row: (str(row["at_utc"]), row["seq"]))
