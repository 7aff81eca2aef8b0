"""Who saw or took which payload. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cutover.reports.placing import Signed
from cutover.verifying.rows import ACCESS
from cutover.verifying.sayings import Event, number_of
from cutover.verifying.table import Row

PREFIXES = ("payload.", "export.", "retention.", "erasure.", "legal_hold.")
COLUMNS = ACCESS.columns


def rows(events: Iterable[Event], signed: Signed = Signed()) -> Iterator[Row]:  # noqa: B008 - a value
    """A row an event, the oldest first; one of a wrong clock stands where it was recorded. `signed` is their log."""
    found: list[tuple[int, int, Row]] = []
    for event in events:
        if (row := ACCESS.row(event)) is not None:
            seq, at_us = _SEQ(event) or 0, _AT(event) or 0
            found.append((signed.placed_us(seq, at_us), seq, row))
    found.sort(key=lambda one: one[:2])
    for _, _, row in found:
        yield row


_SEQ, _AT = number_of("seq"), number_of("at_us")
