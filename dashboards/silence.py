"""What was waited for in vain is not waited for again at once: a page asks many things, and each would take as long.

While nothing is asked a page shows what it read last, with what was wrong, and takes what is pressed without delay.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from dashboards.calls import Failure, Trouble

PAUSE_S = 5.0
_EVERYTHING = ""


@dataclass(slots=True)
class Silence:
    """Which looks of one session are not asked for a moment, and why: the one that ran out of time, or all after a deed did."""

    clock_s: Callable[[], float] = time.monotonic
    _kept: dict[str, tuple[Failure, float]] = field(default_factory=dict, repr=False)

    def of(self, look: str) -> Failure | None:
        """Why this look is not asked now; None where it is."""
        now_s = self.clock_s()
        self._kept = {name: one for name, one in self._kept.items() if now_s < one[1]}
        kept = self._kept.get(_EVERYTHING) or self._kept.get(look)
        return replace(kept[0], trouble=Trouble.DOWN) if kept else None

    def came(self, answer: object, look: str = _EVERYTHING) -> None:
        """What came of a look, or of a deed where none is named."""
        if isinstance(answer, Failure) and answer.in_vain:
            self._kept[look] = answer, self.clock_s() + PAUSE_S
        elif look == _EVERYTHING:
            self._kept.clear()
        else:
            self._kept.pop(look, None)
