"""Copies give way to clients: they stay away while an upstream is short of places, and let go of theirs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mirror.capacity import Load, Pause, Rank
from mirror.slots import Slots


@dataclass(slots=True)
class GiveWay:
    """What one sender of copies knows of the clients' need. `look` is asked many times a second."""

    slots: Slots
    clock: Callable[[], float] = time.monotonic
    _pauses: dict[str, Pause] = field(default_factory=dict)
    _turned_away: dict[str, int] = field(default_factory=dict)

    def room(self, upstream: str) -> int:
        """How many more copies may be sent there now."""
        if self._pause(upstream).on(self.clock()):
            return 0
        return self.slots.room(upstream)

    def busy(self, upstream: str) -> None:
        """A copy was answered 429: no more of them for a while."""
        self._pause(upstream).begin(self.clock())

    def look(self) -> dict[str, int]:
        """How many copies to take back, by upstream: for each client that had no place, one."""
        wanted = {upstream: self._wanted(upstream) for upstream in self.slots.caps}
        return {upstream: number for upstream, number in wanted.items() if number}

    def _wanted(self, upstream: str) -> int:
        load = self.slots.load(upstream)
        if any(load.waiting):  # or it did, in a process that has died
            self.slots.board.bury(upstream)
            load = self.slots.load(upstream)
        before = self._turned_away.get(upstream, load.turned_away)
        self._turned_away[upstream] = load.turned_away
        unplaced = sum(load.waiting) + max(0, load.turned_away - before)
        if unplaced:
            self._pause(upstream).begin(self.clock())
        return min(unplaced, load.in_flight[Rank.COPY]) if self._full(upstream, load) else 0

    def _full(self, upstream: str, load: Load) -> bool:
        """Whether a copy's place would help: where it is another cap that binds, it would not."""
        most = self.slots.cap(upstream).in_flight
        return most is not None and sum(load.in_flight) >= most

    def _pause(self, upstream: str) -> Pause:
        return self._pauses.setdefault(upstream, Pause())
