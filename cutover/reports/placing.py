"""When events were recorded, whatever time they tell: between the signed checkpoints around their numbers. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cutover.verifying.cells import utc
from cutover.verifying.sayings import Event, number_of

SLACK_US = 60_000_000
"""So far apart a time told and the signatures around it may lie: a log is signed every minute."""


@dataclass(frozen=True, slots=True)
class Span:
    """An event was recorded after one moment and before another: microseconds by the signer's clock, 0 for not known."""

    after_us: int = 0
    before_us: int = 0

    def is_ahead(self, at_us: int) -> bool:
        """Whether a time was told that had not come when it was recorded: a clock was wrong."""
        return 0 < self.before_us < at_us - SLACK_US

    def is_behind(self, at_us: int) -> bool:
        """Whether a time was told that had long passed when it was recorded: a clock was wrong, or it came late."""
        return at_us < self.after_us - SLACK_US

    @property
    def told(self) -> str:
        """In words."""
        if self.after_us:
            return f"recorded between {utc(self.after_us)} and {utc(self.before_us)}"
        return f"recorded before {utc(self.before_us)}"


@dataclass(frozen=True, slots=True)
class Signed:
    """The checkpoints of one log by their sizes, and when each was signed."""

    sizes: Sequence[int] = ()
    at_us: Sequence[int] = ()

    def around(self, seq: int) -> Span:
        """When the event of that number was recorded; nothing is known where the log is not signed so far."""
        place = bisect_left(self.sizes, seq)
        if place == len(self.sizes):
            return Span()
        return Span(self.at_us[place - 1] if place else 0, self.at_us[place])

    def moved(self, events: Iterable[Event]) -> int:
        """How many events of this log do not stand at the time that they tell."""
        told = [(_SEQ(event) or 0, _AT(event) or 0) for event in events]
        return sum([self.placed_us(seq, at_us) != at_us for seq, at_us in told])

    def placed_us(self, seq: int, at_us: int) -> int:
        """Where an event stands among others of its log: at the time that it tells, or, where that cannot be, at that of its signature."""
        span = self.around(seq)
        return span.before_us if span.is_ahead(at_us) or span.is_behind(at_us) else at_us


_SEQ, _AT = number_of("seq"), number_of("at_us")
