"""When events were recorded, whatever time they tell: between the signed checkpoints around their numbers. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from cutover.counting import counted
from cutover.verifying.cells import utc
from cutover.verifying.sayings import Event, number_of

SLACK_US = 60_000_000
"""So far apart a time told and the signatures around it may lie: a log is signed every minute."""
NEVER_US = 2**63
"""After every moment."""


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

    def is_off(self, at_us: int) -> bool:
        """Whether a time was told at which it cannot stand."""
        return self.is_ahead(at_us) or self.is_behind(at_us)

    def at_latest(self, before: int, behind: int) -> int:
        """Until when it was recorded, as well as is known: microseconds.

        It is the time of the signature behind it, but not before the latest that was recorded `before` it, nor after
        what was recorded `behind` it: clocks differ a little from the signer's, and the order of the log is certain.
        A time further than the slack from its own signatures is not gone by: the signer's clock was wrong there.
        """
        place = self.before_us
        if place < before <= self.before_us + SLACK_US:
            place = before
        if self.after_us - SLACK_US <= behind < place:
            place = behind
        return place

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

    def places(self, events: Iterable[Event]) -> list[tuple[int, int]]:
        """Where each of these events of this log stands among the others: a moment in microseconds of UTC, and its number.

        That moment is the time that it tells. Where that cannot be, its number says what it stands between: it is the
        latest at which it may have been recorded, by the signature behind it and by what was recorded behind it.
        """
        told = [(_AT(event) or 0, _SEQ(event) or 0) for event in events]
        order = sorted(range(len(told)), key=lambda one: told[one][1])
        spans = [self.around(told[one][1]) for one in order]
        times = _latest([told[one][0] for one in order], spans)
        for one, at_us in zip(order, times, strict=True):
            told[one] = at_us, told[one][1]
        return told

    def said(self, events: Iterable[Event]) -> Iterator[str]:
        """How many events of this log do not stand at the time that they tell: it had not come yet, or it had long passed."""
        told = [(self.around(_SEQ(event) or 0), _AT(event) or 0) for event in events]
        ahead = sum([span.is_ahead(at_us) for span, at_us in told])
        behind = sum([span.is_off(at_us) for span, at_us in told]) - ahead
        if ahead:
            yield (
                f"{counted(ahead, 'event')} of a time out of the log's order: each stands where it was recorded, and tells "
                "the time of a wrong clock"
            )
        if behind:
            yield (
                f"{counted(behind, 'event')} of a time long past when recorded: each stands where it was recorded; a clock "
                "was wrong, or it came late"
            )


def _latest(told: Sequence[int], spans: Sequence[Span]) -> list[int]:
    """Where the events of a log stand, in the order of their numbers: microseconds."""
    off = [span.is_off(at_us) for span, at_us in zip(spans, told, strict=True)]
    right = [0 if wrong else at_us for wrong, at_us in zip(off, told, strict=True)]
    before = list(accumulate(right, max))
    found, behind = list(told), NEVER_US
    for one in reversed(range(len(found))):
        if off[one]:
            found[one] = spans[one].at_latest(before[one], behind)
        behind = found[one]
    return found


_SEQ, _AT = number_of("seq"), number_of("at_us")
