"""What an event says at a place, whatever its shape: the events of a bundle may have been changed by anybody.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    return _said_text(found)


def number_at(event: Event, *path: str) -> int | None:
    """The whole number at a place; None where there is none."""
    found: Any = event
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if type(found) is int and -_SAID_MOST <= found <= _SAID_MOST:
        return found
    return None


def text_of(outer: str, inner: str = "") -> Callable[[Event], str]:
    """`text_at` for one place, made ready to be asked of very many events, as JSON is read."""

    def read(event: Event) -> str:
        found = event.get(outer)
        if inner:
            found = found.get(inner) if type(found) is dict else None
        if type(found) is str:
            return found
        return "" if found is None else _said_text(found)

    return read


def number_of(outer: str, inner: str = "") -> Callable[[Event], int | None]:
    """`number_at` in the same way."""

    def read(event: Event) -> int | None:
        found = event.get(outer)
        if inner:
            found = found.get(inner) if type(found) is dict else None
        return found if type(found) is int and -_SAID_MOST <= found <= _SAID_MOST else None

    return read


def found_at(event: Event, *path: str) -> Any:
    """Whatever stands at a place; None where nothing does."""
    found: Any = event
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _said_text(found: Any) -> str:
    if isinstance(found, list):
        return " ".join([_said_one(one) for one in found])
    return _said_one(found)


def _said_one(found: Any) -> str:
    if isinstance(found, bool):
        return "yes" if found else "no"
    return str(found) if isinstance(found, (str, int)) else ""
