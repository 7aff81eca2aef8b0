"""One pass over the events of a bundle, for all that is made of them: each is read once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from pydantic_core import from_json

type Bodies = Callable[[], Iterator[str]]
"""Reads the events of the range, from the first to the last."""

type Take = Callable[[str, dict[str, Any]], None]
"""Takes one event: its body, and what that says."""


def passed(bodies: Iterable[str], takers: Sequence[Take]) -> None:
    """Gives each event to all of these, in their order. Nothing is read for nobody."""
    if not takers:
        return
    for body in bodies:
        event = from_json(body)
        for take in takers:
            take(body, event)
