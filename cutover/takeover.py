"""In which order a controller that comes to act reads its rollouts: those whose candidate answers people first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cutover.file import File
from cutover.history import Key
from cutover.stages import Stage

LONGEST_US = 1_000_000
"""So long a tick reads anew what only mirrors; the rest waits for the ticks after it."""


@dataclass(slots=True)
class Takeover:
    """The turns of one tick. `steady_us` is as in `clocks`."""

    steady_us: Callable[[], int]
    _until_us: int = 0

    def order(self, files: Mapping[Key, File]) -> list[Key]:
        """Begins a tick. Harm to people is seen before anything else is."""
        self._until_us = self.steady_us() + LONGEST_US
        return sorted(files, key=lambda key: files[key].rollout.stage not in _SERVING)

    def waits(self, file: File) -> bool:
        """Whether a rollout is read anew at a later tick: what people are served must not wait for it meanwhile."""
        unread = file.dossier is None and file.rollout.stage is Stage.MIRROR
        return unread and self.steady_us() > self._until_us


_SERVING = (Stage.CANARY, Stage.LIVE)
