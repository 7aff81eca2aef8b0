"""What the letters of an event say, whatever became of them: they may have been changed in the store."""

from __future__ import annotations

import json
from typing import Any

NO_EVENT: dict[str, Any] = {
    "actor": {},
    "object": {},
    "reason": "These letters are no event: they were changed in the store. `crossfade fsck` tells of all that were.",
}
"""What is told of letters that no event has."""
DEEPEST = 100
"""How deep an event's parts stand in one another; nothing that is recorded comes near it, and no answer could tell much more."""


def text(found: str | bytes) -> str:
    """A body as it is read: SQLite keeps bytes where it is given them."""
    return found if isinstance(found, str) else found.decode("utf-8", "replace")


def said(kind: str, at_us: int, body: str) -> dict[str, Any]:
    """What an event's letters say; of letters that no event has, what its row says (`kind`, `at_us`) and that they are none."""
    try:
        told = json.loads(body, parse_constant=_no_number)
        if body.count("[") + body.count("{") > DEEPEST and _depth(told) > DEEPEST:
            told = None
        if "\\u" in body:  # half a character has no place in an answer
            json.dumps(told, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        told = None
    return told if _is_event(told) else {**NO_EVENT, "type": kind, "at_us": at_us}


def _depth(told: Any) -> int:
    depth, there = 0, [told]
    while there := [one for one in there if isinstance(one, (list, dict))]:
        depth += 1
        there = [
            inner for one in there for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return depth


def _is_event(told: Any) -> bool:
    if not isinstance(told, dict) or type(told.get("at_us")) is not int:
        return False
    texts = [
        told.get("type"),
        *(told[name] for name in ("outcome", "reason") if told.get(name) is not None),
    ]
    groups = [
        told.get("actor"),
        told.get("object"),
        {} if told.get("details") is None else told["details"],
    ]
    if not all(isinstance(one, dict) for one in groups):
        return False
    return all(
        isinstance(one, str) for one in (*texts, *groups[0].values(), *groups[1].values())
    )


def _no_number(name: str) -> None:
    raise ValueError(f"JSON has no {name}")
