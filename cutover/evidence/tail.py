"""The tail of a line folded again and again, as little of it as can be.

Most of what stands behind the closed prefix is the same at the next look, so states on the way are kept
and folding begins where something changed. What comes out is what folding all of it gives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, Self

from cutover.evidence.observation import Line

EVERY = 100
"""Sessions between two states that are kept. Fewer would make a long tail dear that is folded anew all the same."""

NEAR = 16
"""The same near the front, where most tails end."""


class Folds(Protocol):
    """What sessions are folded into: with more of them it is another, and bit for bit the same one by one."""

    def after(self, line: Line) -> Self:
        """With more sessions, in start order."""
        ...


@dataclass(slots=True)
class Tail[F: Folds]:
    """The fold of a tail onto what the closed prefix came to, with the states on the way from the last look."""

    _prefix: F | None = None
    _line: Line = ()
    _states: list[tuple[int, F]] = field(default_factory=list)  # after so many sessions

    def onto(self, prefix: F, line: Line) -> F:
        """The same as `prefix.after(line)`."""
        same = _alike(self._line, line) if prefix is self._prefix else 0
        states = [(place, state) for place, state in self._states if place <= same]
        place, found = states[-1] if states else (0, prefix)
        while (end := place + _step(place)) <= len(line):
            place, found = end, found.after(line[place:end])
            states.append((place, found))
        self._prefix, self._line, self._states = prefix, line, states
        return found.after(line[place:])


def _step(place: int) -> int:
    return min(NEAR, EVERY) if place < 4 * NEAR else EVERY


def _alike(one: Line, other: Line) -> int:
    """How many sessions both lines begin with; one that says the same still is the same object."""
    pairs = zip(one, other, strict=False)
    differ = (place for place, (was, is_now) in enumerate(pairs) if was is not is_now)
    return next(differ, min(len(one), len(other)))
