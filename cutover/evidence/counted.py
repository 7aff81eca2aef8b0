"""Which recorded answers have counted: against one of them the candidate is compared once.

In mirror and canary once in an attempt. Live has no end, so there it is once in a day, and what
is forgotten is two days old. A day is that of a session's start, in UTC.

Of several exchanges with one recorded answer that one counts which was accepted first. One that waits long for its
score would keep all behind it from counting, for nobody knows whose answer it has; so what was scored later than
`HOLDS_US` stands where it was scored, and what has waited longer can take no place before now. So does what a
wrong clock stamped with a time to come: its session is of the day on which others, whose clocks are right, met it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from cutover.evidence.scored import ScoredExchange, ahead_us

DAY_US = 86_400_000_000
ALWAYS = 0

HOLDS_US = 60_000_000
"""So long an exchange keeps its place without a score. Nearly all are scored within seconds."""

CLOCKS_US = 30_000_000
"""So far the clocks of those who score and of those who look may be apart."""


def place(row: ScoredExchange) -> tuple[int, str]:
    """Where an exchange stands among those of its recorded answer: the first of them counts."""
    timely = row.at_us - row.accepted_us <= HOLDS_US and not ahead_us(row)
    return (row.accepted_us if timely else row.at_us), row.exchange_id


def settled_before(waiting: Iterable[int], now_us: int) -> int:
    """Before this moment no exchange can take a place any more. `waiting` were accepted then and have no score."""
    holding = [
        at_us if at_us <= now_us <= at_us + HOLDS_US + CLOCKS_US else now_us - CLOCKS_US
        for at_us in waiting
    ]
    return min(holding, default=LAST_US)


LAST_US = 1 << 62
"""After every moment."""


@dataclass(slots=True)
class Counted:
    """The keys of recorded answers that counted in closed sessions, by day where they are kept `by_day`.

    Moments are by clocks that are right: see `Session.ahead_us`.
    """

    by_day: bool = False
    days: dict[int, set[str]] = field(default_factory=dict)

    def day(self, start_us: int) -> int:
        """The day within which a session that starts then counts an answer once."""
        return start_us // DAY_US if self.by_day else ALWAYS

    def holds(self, key: str, day: int) -> bool:
        """Whether a recorded answer had counted before, for a session of that `day`."""
        return key in self.days.get(day, ())

    def add(self, keys: Iterable[str], start_us: int) -> bool:
        """Takes the answers that counted first in a session that started then. Whether others are forgotten for it."""
        day, old = self.day(start_us), list[int]()
        if day not in self.days:
            old = [one for one in self.days if one < day - 1]
            for one in old:
                del self.days[one]
        self.days.setdefault(day, set()).update(keys)
        return bool(old)

    def copy(self) -> Counted:
        """The same, to go on from."""
        return Counted(self.by_day, {day: set(keys) for day, keys in self.days.items()})

    def next(self, *, by_day: bool) -> Counted:
        """For the attempt's next standing: what counted in mirror and canary has not in live."""
        return Counted(True) if by_day else self.copy()
