"""How often the controller ticked, and how long its ticks took."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mirror.proxy.metrics import Sample


@dataclass(slots=True)
class Pulse:
    """The ticks of one process, in microseconds; `ended_us` is UTC, 0 before the first."""

    ticks: int = 0
    spent_us: int = 0
    last_us: int = 0
    ended_us: int = 0

    def beat(self, took_us: int, ended_us: int) -> None:
        """Counts a tick that came to its end."""
        self.ticks += 1
        self.spent_us += took_us
        self.last_us, self.ended_us = took_us, ended_us

    def samples(self) -> Iterator[Sample]:
        """For Prometheus, in seconds."""
        yield "crossfade_ticks_total", (), self.ticks
        yield "crossfade_tick_seconds_total", (), self.spent_us / 1e6
        if self.ticks:
            yield "crossfade_tick_last_seconds", (), self.last_us / 1e6
            yield "crossfade_tick_ended_seconds", (), self.ended_us / 1e6
