"""The tail of a line folded again and again, as little of it as can be.

Most of what stands behind the closed prefix is the same at the next look, so states on the way are kept
and folding begins where something changed. What comes out is what folding all of it gives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, Self

from cutover.evidence.observation import Line

EVERY = 100
"""Sessions between two states that are kept: as many are folded at each look at the least, and as many kept as that leaves."""


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
    _states: list[F] = field(default_factory=list)  # after EVERY sessions each

    def onto(self, prefix: F, line: Line) -> F:
        """The same as `prefix.after(line)`."""
        kept = 0
        if prefix is self._prefix:
            kept = min(_alike(self._line, line) // EVERY, len(self._states))
        states = self._states[:kept]
        found = states[-1] if states else prefix
        for begin in range(kept * EVERY, len(line) - EVERY + 1, EVERY):
            found = found.after(line[begin : begin + EVERY])
            states.append(found)
        self._prefix, self._line, self._states = prefix, line, states
        return found.after(line[len(states) * EVERY :])


def _alike(one: Line, other: Line) -> int:
    """How many sessions both lines begin with; one that says the same still is the same object."""
    pairs = zip(one, other, strict=False)
    differ = (place for place, (was, is_now) in enumerate(pairs) if was is not is_now)
    return next(differ, min(len(one), len(other)))
