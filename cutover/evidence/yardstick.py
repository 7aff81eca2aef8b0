"""What the evidence of an attempt was compared with: comparisons of two yardsticks are never mixed.

Another version of the comparators, another encoder or another calibration gives other numbers for
the same answers, and nothing is promoted on a mixture. While workers are exchanged both come in for a
while; only where the new one has come in alone for `SETTLED` comparisons is the evidence of the past.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

SETTLED = 20
"""Comparisons in a row."""


class Compared(Protocol):
    """What is known of a comparison."""

    @property
    def comparators(self) -> str:
        """What compared: version, encoders, calibration."""
        ...


@dataclass(slots=True)
class Yardstick:
    """`name` is what the first comparison of an attempt was made with; empty before it.

    `other` is what the last ones were made with, `run` how many in a row of it.
    """

    name: str = ""
    other: str = ""
    run: int = 0

    def measured[C: Compared](self, comparisons: Iterable[C]) -> list[C]:
        """Those of this yardstick, in their order; the others are no evidence here."""
        return [one for one in comparisons if self._fits(one.comparators)]

    def _fits(self, name: str) -> bool:
        self.name = self.name or name
        if name == self.name:
            self.other, self.run = "", 0
            return True
        self.run = self.run + 1 if name == self.other else 1
        self.other = name
        return False

    def renewed(self) -> Yardstick:
        """For the next standing of the attempt."""
        return Yardstick(self.name)

    @property
    def replaced(self) -> bool:
        """Whether comparisons of another yardstick have come in alone for long."""
        return self.run >= SETTLED

    @property
    def mixed(self) -> str:
        """Says that the newest comparisons are of another yardstick than the evidence; else ""."""
        if not self.other:
            return ""
        return (
            f"answers are compared with `{self.other}` now: this evidence is of `{self.name}`"
        )
