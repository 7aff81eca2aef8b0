"""What a controller has read of its rollouts, out of the garbage collector's way.

The evidence of thousands is millions of objects, and a full collection would stop every thread for seconds, also the one
that keeps the lease. They hold no cycles: what is replaced is freed without the collector. So once all is read, it is
looked through no more.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass

from cutover.cabinet import Cabinet
from cutover.controller import Controller
from cutover.evidence.dossier import COMPARING


@dataclass(slots=True)
class Memory:
    """The memory of one controller's process. `step` costs next to nothing once it was left alone."""

    controller: Controller
    _left_alone: bool = False

    def step(self) -> None:
        """Leaves what is there alone, once after each takeover."""
        if not self.controller.acting:
            self._left_alone = False
        elif not self._left_alone and has_read(self.controller.cabinet):
            gc.freeze()  # not collected before: that would be the very stop
            self._left_alone = True


def has_read(cabinet: Cabinet) -> bool:
    """Whether the evidence of every rollout that compares is there."""
    with cabinet.lock:
        compare = [one for one in cabinet.files.values() if one.rollout.stage in COMPARING]
        return bool(compare) and all([one.dossier is not None for one in compare])
