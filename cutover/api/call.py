"""One request to the control API, once it is known who asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from cutover.history import Key
from cutover.people import Person


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request: who, about which rollout, with what."""

    person: Person
    key: Key
    query: dict[str, str]
    body: bytes


Act = Callable[[Call], Response]
"""What a path does. It runs in a thread, so that a slow store holds up nobody else."""
