"""The pace of a stream: when its words came, kept in little room however long it is.

Sans-io: the caller tells when bytes came and how many events with words had been seen by then.
Gaps between such events are counted in buckets of an eighth of an octave, so that a gap is known
to 1/16 of its length; the longest is kept as it was.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

STALL_US = 1_000_000
STALL_TIMES = 10
"""A gap is a stall where it is longer than both: a second, and this many median gaps."""

_encode = json.JSONEncoder(
    separators=(",", ":")
).encode  # made once: it is told of every stream
_FINE = 3  # bits: each doubling of a length is cut into 2**3 buckets
_LONGEST_US = (1 << 40) - 1  # 12 days; a longer gap counts as this long

type Counts = tuple[tuple[int, int], ...]
"""Bucket and how many gaps fell into it, ascending."""


def bucket_of(us: int) -> int:
    """The bucket of a gap of whole microseconds."""
    us = min(us, _LONGEST_US)
    shift = us.bit_length() - _FINE - 1
    return us if shift <= 0 else (shift << _FINE) + (us >> shift)


def bounds_of(bucket: int) -> tuple[int, int]:
    """The shortest and the longest gap of a bucket, in microseconds."""
    shift = max(0, (bucket >> _FINE) - 1)
    low = (bucket - (shift << _FINE)) << shift
    return low, low + (1 << shift) - 1


@dataclass(frozen=True, slots=True)
class Pace:
    """How the words of one stream came. Times are microseconds.

    `events` counts those that carried words, `last_us` is when the last of them came, since the
    leg's own send. `gaps` are the waits between two of them, `longest_us` the longest. `held_us`
    is how long the reader, and not the upstream, held the stream up.
    """

    events: int
    last_us: int
    longest_us: int = 0
    held_us: int = 0
    gaps: Counts = ()

    def told(self) -> str:
        """As a text for the store; `retold` reads it."""
        return _encode([self.events, self.last_us, self.longest_us, self.held_us, self.gaps])

    def quantile_us(self, share: float) -> float | None:
        """The gap that this share of them does not exceed, to 1/16 of it; None without gaps."""
        wanted = share * sum(count for _, count in self.gaps)
        for bucket, count in self.gaps:
            wanted -= count
            if wanted <= 0:
                return min(sum(bounds_of(bucket)) / 2, self.longest_us)
        return None

    @property
    def stalls(self) -> int:
        """How many gaps are longer than a second and ten times the median, to 1/16 of that."""
        least_us = max(STALL_US, STALL_TIMES * (self.quantile_us(0.5) or 0))
        if self.longest_us <= least_us:
            return 0
        counted = sum(n for bucket, n in self.gaps if sum(bounds_of(bucket)) / 2 > least_us)
        return max(1, counted)


def retold(text: str) -> Pace | None:
    """The pace of a text that `told` gave; None for an empty one, of a reply without."""
    if not text:
        return None
    events, last_us, longest_us, held_us, gaps = json.loads(text)
    counts = tuple((bucket, count) for bucket, count in gaps)
    return Pace(events, last_us, longest_us, held_us, counts)


@dataclass(slots=True)
class Pacer:
    """Takes the arrivals of one leg's bytes. Its size does not grow with the stream."""

    first_byte_us: int | None = None
    first_token_us: int | None = None
    _said: int = 0
    _last_us: int = 0
    _longest_us: int = 0
    _held_us: int = 0
    _since_us: int = 0  # when the reader was ready for the next event
    _gaps: dict[int, int] = field(default_factory=dict)

    def note(self, at_us: int, ready_us: int, said: int) -> None:
        """Bytes came at `at_us`; the reader was done with them at `ready_us`.

        `said` is how many events with words the stream has had by now. A gap begins when the reader
        is ready: one that reads slowly is no pause of the upstream's.
        """
        new = said - self._said
        if self.first_token_us is None:
            self._begin(at_us, ready_us, new)
            return
        held = ready_us - at_us
        self._held_us += held
        if not new:
            self._since_us += held
            return
        gap = at_us - self._since_us
        self._longest_us = max(self._longest_us, gap)
        bucket = bucket_of(gap)
        self._gaps[bucket] = self._gaps.get(bucket, 0) + 1
        if new > 1:
            self._together(new)
        self._said, self._last_us, self._since_us = said, at_us, ready_us

    def _begin(self, at_us: int, ready_us: int, new: int) -> None:
        if self.first_byte_us is None:
            self.first_byte_us = at_us
        if new:
            self.first_token_us = self._last_us = at_us
            self._said, self._since_us, self._held_us = new, ready_us, ready_us - at_us
            self._together(new)

    def _together(self, new: int) -> None:
        """Events that came in one piece have no gap between them."""
        if new > 1:
            self._gaps[0] = self._gaps.get(0, 0) + new - 1

    @property
    def gaps(self) -> Counts:
        """The gaps that have been by now."""
        return tuple(sorted(self._gaps.items()))

    @property
    def pace(self) -> Pace | None:
        """What has come by now; None before the first word."""
        if self.first_token_us is None:
            return None
        return Pace(self._said, self._last_us, self._longest_us, self._held_us, self.gaps)
