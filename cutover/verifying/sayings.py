"""What an event says at a place, whatever its shape: the events of a bundle may have been changed by anybody.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Event = Mapping[str, Any]
_SAID_MOST = 2**53


def text_at(event: Event, *path: str) -> str:
    """The text at a place; a list's texts with spaces between them, "" where there is none."""
    found: Any = event
    for name in (
        path
    ):  # as found_at has it: written out, for a table of a year asks a hundred million times
        found = found.get(name) if isinstance(found, dict) else None
    if type(found) is str:  # by far the most
        return found
    if isinstance(found, list):
        return " ".join([_said_text(one) for one in found])
    return _said_text(found)


def number_at(event: Event, *path: str) -> int | None:
    """The whole number at a place; None where there is none."""
    found: Any = event
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if type(found) is int and -_SAID_MOST <= found <= _SAID_MOST:
        return found
    return None


def found_at(event: Event, *path: str) -> Any:
    """Whatever stands at a place; None where nothing does."""
    found: Any = event
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _said_text(found: Any) -> str:
    if isinstance(found, bool):
        return "yes" if found else "no"
    return str(found) if isinstance(found, (str, int)) else ""
