"""Both sides' whole answers to one request: what comparators see that ask of more than words."""

from __future__ import annotations

from dataclasses import dataclass, replace

from compare.asked import Asked
from compare.canonical import Answer


@dataclass(frozen=True, slots=True)
class Sides:
    """Two answers to what was asked on a route, in a dialect of `compare.dialects`."""

    route: str
    dialect: str
    asked: Asked
    primary: Answer
    candidate: Answer

    def against(self, other: Answer) -> Sides:
        """The primary's answer against another than the candidate's: its own second one."""
        return replace(self, candidate=other)
