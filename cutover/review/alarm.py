"""What people hear of a review of the event log: what it found, and once that all is whole again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cutover.review.outcome import Outcome
from policies.notify import Happening

_LOOK = "`crossfade fsck` on the machine of the store names it; keep the data folder as it is; docs/audit.md"
_FOUND = {
    Outcome.CHANGED: ("the review of the event log found that some of it was changed", _LOOK),
    Outcome.GAP: ("the review of the event log found that some of it is missing", _LOOK),
    Outcome.NOT_TRIED: (
        "the event log could not be reviewed",
        "`crossfade fsck` on the machine of the controller tells why",
    ),
}


def heard(details: Mapping[str, Any]) -> tuple[Happening, str, str] | None:
    """The kind, what happened and what to do, of what the event says; None where all is whole as it was before.

    Raises KeyError where it does not say.
    """
    found, before = str(details["found"]), str(details["before"])
    if found != Outcome.WHOLE:
        what, to_do = next(told for one, told in _FOUND.items() if one == found)
        return Happening.ALARM, what, to_do
    if before in {"", Outcome.WHOLE}:
        return None
    return Happening.RECOVERED, "the review found the event log whole again", ""
