"""Who may have how many connections open: counts by address, sparing those that speak for many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from policies.limits import Limits


@dataclass(slots=True)
class Doors:
    """Open connections of one listener. `spared` says whose are not counted."""

    most: int = 1000
    spared: Callable[[str], bool] = lambda peer: False
    _open: Counter[str] = field(default_factory=Counter)

    def enter(self, peer: str) -> bool:
        """Takes a connection in. False where this address has as many as it may; not to be left then."""
        if self.spared(peer):
            return True
        if self._open[peer] >= self.most:
            return False
        self._open[peer] += 1
        return True

    def leave(self, peer: str) -> None:
        """A connection that was taken in has ended."""
        if peer in self._open:
            self._open[peer] -= 1
            if not self._open[peer]:
                del self._open[peer]


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every connection of one listener. `refused` is told each refusal's code."""

    limits: Limits = field(default_factory=Limits)
    doors: Doors = field(default_factory=Doors)
    refused: Callable[[str], None] = lambda code: None
