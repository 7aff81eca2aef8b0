"""Values out of JSON that may have any shape: nothing here raises, whatever a server sent."""

from __future__ import annotations

import json
from collections.abc import Mapping

type Object = Mapping[str, object]


def parsed(body: bytes | str) -> object:
    """The JSON value in a text; None where there is none."""
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found


def members(value: object, key: str) -> Object:
    """The object under a key; an empty one where there is none."""
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def objects(value: object, key: str) -> list[Object]:
    """The objects in the list under a key."""
    found = value.get(key) if isinstance(value, Mapping) else None
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def text(value: object, key: str) -> str:
    """The string under a key; an empty one where there is none."""
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, str) else ""


def words(value: object, key: str) -> str:
    """The words under a key: a string, or the text parts of a list."""
    return text(value, key) or "\n".join(
        filter(None, (text(part, "text") for part in objects(value, key)))
    )


def place(value: object, key: str) -> int:
    """The index under a key; 0 where there is none."""
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, int) else 0
