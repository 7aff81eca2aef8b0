"""How far an exchange has come at the upstreams, kept for when its client leaves in the middle."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from mirror.choice import Choice
from mirror.exchange import Attempt
from mirror.pace import Pacer


@dataclass(slots=True)
class Stopwatch:
    """Times of one leg, in microseconds since its own send."""

    sent_us: int = field(default_factory=lambda: time.time_ns() // 1000)
    started_s: float = field(default_factory=time.monotonic)
    pacer: Pacer = field(default_factory=Pacer)

    @property
    def first_token_us(self) -> int | None:
        """When the first words came; None for none, and for an answer that is no stream."""
        return self.pacer.first_token_us

    def elapsed_us(self) -> int:
        """Microseconds since the send."""
        return round((time.monotonic() - self.started_s) * 1e6)

    def begin(self) -> None:
        """The send is only now: a wait in our own line is no time of the upstream's."""
        self.sent_us, self.started_s = time.time_ns() // 1000, time.monotonic()

    def note(self, at_us: int, said: int) -> None:
        """Bytes came at `at_us` and are passed on; the answer has said so much by now."""
        self.pacer.note(at_us, self.elapsed_us(), said)


@dataclass(slots=True)
class Trail:
    """The side that is asked now, its clock, and the sides that failed before it.

    While the request is `queued`, it waits in a line of ours: nothing was sent.
    """

    choice: Choice | None = None
    times: Stopwatch | None = None
    failed: tuple[Attempt, ...] = ()
    queued: bool = False

    def ask(self, choice: Choice, times: Stopwatch) -> None:
        """The next side is asked."""
        self.choice, self.times, self.queued = choice, times, False

    def queue(self, waits: bool) -> None:
        """Its request begins to wait for a place, or has found one: only from then on it is timed."""
        if self.queued and not waits and self.times is not None:
            self.times.begin()
        self.queued = waits

    @property
    def waited_us(self) -> int:
        """For how long the side that is asked now has been; 0 where nothing was sent."""
        return 0 if self.times is None or self.queued else self.times.elapsed_us()
