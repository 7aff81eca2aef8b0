"""Who saw or took which payload. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import itemgetter

from cutover.reports.placing import Signed
from cutover.verifying.rows import ACCESS
from cutover.verifying.sayings import Event
from cutover.verifying.table import Row

PREFIXES = ("payload.", "export.", "retention.", "erasure.", "legal_hold.")
COLUMNS = ACCESS.columns


def rows(events: Iterable[Event], signed: Signed = Signed()) -> Iterator[Row]:  # noqa: B008 - a value
    """A row an event, the oldest first; one of a wrong clock stands where it was recorded. `signed` is their log."""
    shown = [(event, row) for event in events if (row := ACCESS.row(event)) is not None]
    places = signed.places([event for event, _ in shown])
    for _, (_, row) in sorted(zip(places, shown, strict=True), key=itemgetter(0)):
        yield row
