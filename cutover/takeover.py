"""In which order a controller looks at its rollouts: those whose candidate answers people first, and who sleeps not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cutover.cabinet import Cabinet, File
from cutover.evidence.news import News
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


def asleep(cabinet: Cabinet, key: Key, news: News) -> bool:
    """Whether a turn of a rollout would do nothing: so it is of most of thousands, and it costs no lock."""
    file = cabinet.files.get(key)
    return file is None or file.sleeps(news, cabinet.now_us(), cabinet.sighted)


_SERVING = (Stage.CANARY, Stage.LIVE)
