"""The strata of a clinic's week: which one a session starts in, and what each must have shown.

What is good over all may be bad at night, and a mean over a busy day says nothing of it. So each stratum with a
fair part of the sessions is judged by itself, by the gates' own tests at wider margins, and the others
must have passed at least once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cutover.evidence.eprocess import UNKNOWN, MeanAbove, Place
from cutover.evidence.gates import (
    Basis,
    Demand,
    Gate,
    Rules,
    badness_of_difference,
    clip_of,
)
from cutover.evidence.observation import OpenSession, Session, bare
from policies.coverage import DAY_MINUTES, WEEK_MINUTES, Coverage, minutes_of_the_week
from policies.policy import Terms

SECOND_US = 1_000_000
MINUTE = timedelta(minutes=1)

OWN_EVIDENCE_ABOVE = 0.2
"""A stratum with more than this share of the sessions must show the gates by itself."""

WIDER = {Gate.ERRORS: 0.03 / 0.0185}
"""How much wider a bar is in a stratum, where it is not the usual WIDER_BY."""

WIDER_BY = 1.6

KEPT_DAYS = 32
"""Days of a stratum that are told apart; more are never asked."""


@dataclass(frozen=True, slots=True)
class Week:
    """A week of a wall clock, cut into strata: of each minute the stratum, and how long that lasts.

    `needs` are the minutes in which each stratum has passed once, `passes` how often each must: as often as a span
    of as many days as are asked surely holds it.
    """

    zone: ZoneInfo
    minutes: tuple[str, ...]
    lasts: tuple[int, ...]
    needs: Mapping[str, int]
    passes: Mapping[str, int]

    def stratum(self, at_us: int) -> str:
        """The stratum of a moment."""
        return self.minutes[_minute(self._local(at_us))]

    def day(self, at_us: int) -> int:
        """The day to which a moment's piece of its stratum belongs, that on which it ends: a night is one day's."""
        local = self._local(at_us)
        return (local + self.lasts[_minute(local)] * MINUTE).toordinal()

    def ahead(self, first_us: int, last_us: int, times: int = 1) -> dict[str, float]:
        """How many minutes of each stratum are still to pass after what lies between two moments.

        One has passed when as much time of it is behind as its shortest day holds: a night, say, of
        one piece or of two; it is to pass `times` as often as `passes` says. Those that have are left out. Where a clock
        is put forward or back, the hour counts as the wall shows it.
        """
        left: dict[str, float] = {
            name: times * self.passes[name] * minutes for name, minutes in self.needs.items()
        }
        now, last = self._local(first_us), self._local(last_us)
        while now < last and left:
            at = _minute(now)
            ends = now.replace(second=0, microsecond=0) + self.lasts[at] * MINUTE
            until = min(last, ends)
            name = self.minutes[at]
            if name in left:
                left[name] -= (until - now) / MINUTE
                if left[name] <= 0:
                    del left[name]
            now = until
        return left

    def _local(self, at_us: int) -> datetime:
        local = datetime.fromtimestamp(at_us // SECOND_US, UTC).astimezone(self.zone)
        return local.replace(tzinfo=None)


@lru_cache(maxsize=256)
def week_of(coverage: Coverage) -> Week | None:
    """The week that a policy's coverage asks for; None where it asks for no strata."""
    if not coverage.asked:
        return None
    minutes = minutes_of_the_week(coverage.asked)
    needs = {one.name: _shortest(minutes, one.name) for one in coverage.asked}
    passes = {name: _passes(minutes, name, coverage.hours) for name in needs}
    return Week(ZoneInfo(coverage.zone), minutes, _lasts(minutes), needs, passes)


def _passes(minutes: Sequence[str], name: str, hours: float) -> int:
    """On how many days a stratum falls in so many hours, by the week's mean; once at the least."""
    days = range(0, WEEK_MINUTES, DAY_MINUTES)
    share = sum(name in minutes[at : at + DAY_MINUTES] for at in days) / 7
    return max(1, int(hours / 24 * share))


def _shortest(minutes: Sequence[str], name: str) -> int:
    """The fewest minutes of a stratum on a day that has any."""
    days = [minutes[at : at + DAY_MINUTES] for at in range(0, WEEK_MINUTES, DAY_MINUTES)]
    return min([count for day in days if (count := day.count(name))])


def _lasts(minutes: Sequence[str]) -> tuple[int, ...]:
    """How many minutes of one stratum follow from each minute on, itself counted; a week at most."""
    twice = [*minutes, *minutes]
    lasts = [1] * len(twice)
    for at in range(len(twice) - 2, -1, -1):
        if twice[at] == twice[at + 1]:
            lasts[at] = lasts[at + 1] + 1
    return tuple([min(length, WEEK_MINUTES) for length in lasts[:WEEK_MINUTES]])


def _minute(local: datetime) -> int:
    return local.weekday() * DAY_MINUTES + local.hour * 60 + local.minute


def wider_bar(demand: Demand, terms: Terms, basis: Basis) -> float:
    """The bar on the mean badness of one stratum's sessions; never narrower than the gate's own."""
    margins = terms.coverage.margins
    if demand.gate is Gate.EQUIVALENCE:
        return _wider_equivalence(demand.bar, terms, basis)
    if demand.gate is Gate.QUALITY and demand.is_difference(basis):
        return _wider_quality(terms, demand.code)
    written = {
        Gate.ERRORS: margins.errors,
        Gate.LATENCY: margins.latency,
        Gate.FLAGS: margins.flags,
    }.get(demand.gate)
    if written is not None:
        return written
    return min(demand.bar * WIDER.get(demand.gate, WIDER_BY), _half_way(demand.bar))


def _wider_equivalence(bar: float, terms: Terms, basis: Basis) -> float:
    gate = terms.gates.equivalence
    margin = terms.coverage.margins.equivalence
    if margin is None:
        margin = min(2 * gate.margin, _half_way(gate.margin, gate.clip))
    if basis is Basis.NOISE:
        return badness_of_difference(-margin, gate.clip)
    return min(bar + margin - gate.margin, _half_way(bar))


def _wider_quality(terms: Terms, score: str) -> float:
    gate = terms.gates.quality
    assert gate is not None, "there is none to widen else"
    clip = clip_of(gate, score)
    return badness_of_difference(-min(2 * gate.margin, _half_way(gate.margin, clip)), clip)


def _half_way(bar: float, most: float = 1.0) -> float:
    """A bar is widened at most half the way to where nothing could be shown any more."""
    return (bar + most) / 2


@dataclass(frozen=True, slots=True)
class Shown:
    """One gate's evidence for promotion within one stratum; `n` and `total` are of closed sessions."""

    demand: Demand  # with the stratum's bar
    shown: MeanAbove  # X = 1 - badness
    n: int = 0
    total: float = 0.0

    @property
    def mean(self) -> float | None:
        """The mean badness of the closed sessions, None before the first."""
        return self.total / self.n if self.n else None

    def after(self, line: Sequence[Session | OpenSession]) -> Shown:
        """With more sessions of this stratum."""
        if bare(line):
            return replace(self, shown=self.shown.waiting(len(line)))
        good: list[Place] = []
        n, total = self.n, self.total
        for session in line:
            if isinstance(session, OpenSession):
                good.append(UNKNOWN)
                continue
            bad = session.badness.get(self.demand.name)
            good.append(None if bad is None else 1 - bad)
            if bad is not None:
                n, total = n + 1, total + bad
        return Shown(self.demand, self.shown.after(good), n, total)


@dataclass(frozen=True, slots=True)
class Stratum:
    """The evidence of one stratum: its closed sessions that are evidence, and every gate in its place.

    `days` are the last of those days (or nights) that any of them began on, a few at most.
    """

    name: str
    gates: tuple[Shown, ...]
    sessions: int = 0
    days: tuple[int, ...] = ()

    def after(self, line: Sequence[Session | OpenSession], week: Week) -> Stratum:
        """With more sessions of this stratum."""
        fresh = [one for one in line if isinstance(one, Session) and one.fresh]
        gates = tuple([gate.after(line) for gate in self.gates])
        days = sorted({*self.days, *[week.day(one.start_us) for one in fresh]})
        return Stratum(self.name, gates, self.sessions + len(fresh), tuple(days[-KEPT_DAYS:]))


@dataclass(frozen=True, slots=True)
class Strata:
    """The evidence of a standing stratum by stratum, and the week that they are cut from."""

    week: Week
    each: tuple[Stratum, ...]

    @classmethod
    def begin(cls, rules: Rules) -> Strata | None:
        """Nothing seen yet; None where the policy asks for no strata."""
        week = week_of(rules.terms.coverage)
        if week is None:
            return None
        asked = [
            replace(one, bar=wider_bar(one, rules.terms, rules.basis)) for one in rules.demands
        ]
        gates = tuple([Shown(one, MeanAbove(1 - one.bar)) for one in asked])
        return cls(week, tuple([Stratum(name, gates) for name in week.needs]))

    def after(self, line: Sequence[Session | OpenSession]) -> Strata:
        """With more sessions, in start order."""
        found: dict[str, list[Session | OpenSession]] = {}
        for session in line:
            if isinstance(session, Session) and (session.resent or session.ahead_us):
                continue  # sent when it suited us, or nobody knows when
            found.setdefault(self.week.stratum(session.start_us), []).append(session)
        each = [
            one.after(found[one.name], self.week) if one.name in found else one
            for one in self.each
        ]
        return Strata(self.week, tuple(each))

    def share(self, stratum: Stratum) -> float:
        """A stratum's part of all sessions."""
        return stratum.sessions / max(1, sum([one.sessions for one in self.each]))
