"""On which scale the sessions of people who are served were measured: two scales are never added up.

Another version of the comparators, another encoder or another judge gives other numbers for the same answers.
Where such a one comes in alone, for SETTLED sessions in a row, what it measures begins anew: agreement,
severe drops, grades and the floor of drift. Until then its sessions speak of everything else. Errors, speed and flags go on.

A difference against the primary's own noise means the same on every scale. A declared bar does not, and workers are
exchanged for all tenants at once: so on another scale than the attempt began on, the bar is what its own first sessions
showed at the least, less the margin, where that is below the declared one. An exchange of workers alone then is no harm.
Such a bar holds for the rest of the attempt: taken anew in each standing, it would follow a candidate that gets worse.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from cutover.evidence.drift import lower_bound
from cutover.evidence.gate_tally import GateTally
from cutover.evidence.gates import FLOOR_PART, OF_COMPARATORS, Basis, Gate, Rules
from cutover.evidence.observation import Line, OpenSession, Session
from cutover.evidence.yardstick import SETTLED

WANTED = 100
"""Sessions from which a bar is taken on another scale."""

NO_BAR = 0.999
"""Where the first sessions agree too little for a bar: what can hardly be shown."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What the sessions of a standing were measured by, and what those behind them are.

    `first` is what the attempt began with, `name` what counts now, `other` what the last sessions were
    measured by, `run` of them in a row. `bar` is the declared one on the mean badness, None where differences count. `level`
    are agreements that another bar is being taken from, None for not; `bars` are the lower bounds of such, by the
    name of their scale, and the first is wrong at most as often as exp(-`log_bound_at`). Behind an `opened` session
    nothing begins anew: it may turn out to be of the scale before.
    """

    bar: float | None
    margin: float
    log_bound_at: float
    name: str = ""
    first: str = ""
    other: str = ""
    run: int = 0
    level: tuple[float, ...] | None = None
    bars: Mapping[str, float] = field(default_factory=dict)
    opened: bool = False

    @classmethod
    def begin(cls, rules: Rules) -> Scale:
        """Nothing was measured yet."""
        terms = rules.terms
        (equivalence,) = [one for one in rules.demands if one.gate is Gate.EQUIVALENCE]
        return cls(
            None if rules.basis is Basis.NOISE else equivalence.bar,
            terms.gates.equivalence.margin,
            -math.log(FLOOR_PART * terms.alpha.roll_back),
        )

    def in_attempt(self, attempt: int) -> Scale:
        """As one that begins with an attempt: bars of the k-th may be wrong 1/k^2 as often."""
        return replace(self, log_bound_at=self.log_bound_at + 2 * math.log(attempt))

    def next(self) -> Scale:
        """For the attempt's next standing."""
        return replace(self, other="", run=0)

    @property
    def least(self) -> float | None:
        """The lower bound that the bar on this scale was taken from; None for none."""
        return self.bars.get(self.name)

    @property
    def now_bar(self) -> float | None:
        """The bar on the mean badness of equivalence that holds on this scale; None where differences count."""
        if self.bar is None or self.least is None:
            return self.bar
        return max(self.bar, min(NO_BAR, 1 - (self.least - self.margin)))

    @property
    def moved(self) -> bool:
        """Whether it is another one than the attempt began with."""
        return self.name != self.first

    def barred(self, gates: tuple[GateTally, ...]) -> tuple[GateTally, ...]:
        """Gates that have seen nothing, against the bar that holds on this scale."""
        bar = self.now_bar
        if bar is None or self.least is None:
            return gates
        return tuple([g.anew(bar) if g.demand.gate is Gate.EQUIVALENCE else g for g in gates])

    def steady(self, line: Line) -> bool:
        """Whether a line of sessions is of this scale, and changes nothing of it: no bar is taken, and no run ends."""
        if self.level is not None or (self.run and not self.opened):
            return False
        known = ("", self.name)
        return all([one.comparators in known for one in line])

    def behind(self, line: Line) -> Scale:
        """This scale behind a line that it is steady for."""
        opens = not self.opened and any([isinstance(one, OpenSession) for one in line])
        return replace(self, opened=True) if opens else self

    def parts(self, line: Line) -> Iterator[tuple[Line, Scale]]:
        """A line cut where something begins anew: each part as it counts, and the scale behind it."""
        scale = self
        part: list[Session | OpenSession] = []
        for one in line:
            if isinstance(one, OpenSession):
                scale = replace(scale, opened=True)
                part.append(scale._at_least(one))
                continue
            then = scale if scale.opened else scale._after(one.comparators)
            if then.name != scale.name:
                yield part, then
                part = []
            scale, counts = then._taken(one)
            part.append(counts)
            if scale.least is not None and then.least is None:
                yield part, scale
                part = []
        yield part, scale

    def anew(self, before: Scale, gate: GateTally) -> GateTally:
        """A gate that was on the scale `before`: on another one, or by another bar, it begins anew."""
        name, bar = gate.demand.name, gate.demand.bar
        agreement = gate.demand.gate is Gate.EQUIVALENCE
        if self.name != before.name and name in OF_COMPARATORS:
            return gate.anew(self.now_bar or bar if agreement else bar)
        if self.least != before.least and agreement and self.now_bar is not None:
            return gate.anew(self.now_bar)
        return gate

    def _after(self, comparators: str) -> Scale:
        if comparators in ("", self.name):
            return replace(self, other="", run=0) if self.run else self
        if not self.name:
            return replace(self, name=comparators, first=comparators)
        run = self.run + 1 if comparators == self.other else 1
        if run < SETTLED:
            return replace(self, other=comparators, run=run)
        level = self._to_learn(comparators)
        return replace(self, name=comparators, other="", run=0, level=level)

    def _to_learn(self, name: str) -> tuple[float, ...] | None:
        known = self.bar is None or name == self.first or name in self.bars
        return None if known else ()

    def _taken(self, one: Session) -> tuple[Scale, Session]:
        """A session as it counts: what is of another scale is left out, and what a bar is taken from is not held against it."""
        if one.comparators not in ("", self.name):
            return self, _without(one, OF_COMPARATORS)
        bad = one.badness.get(Gate.EQUIVALENCE.value)
        if self.level is None or bad is None:
            return self, one
        counts = _without(one, {Gate.EQUIVALENCE.value})
        if self.opened:
            return self, counts
        level = (*self.level, 1 - bad)
        if len(level) < WANTED:
            return replace(self, level=level), counts
        # As with attempts: the k-th bar may be wrong 1/k^2 as often as the first.
        log_needed = self.log_bound_at + 2 * math.log(len(self.bars) + 1)
        bars = {**self.bars, self.name: lower_bound(level, log_needed)}
        return replace(self, level=None, bars=bars), counts

    def _at_least(self, one: OpenSession) -> OpenSession:
        """An open session as it counts."""
        if self.level is None and one.comparators in ("", self.name):
            return one
        floors = {name: bad for name, bad in one.floors.items() if name not in OF_COMPARATORS}
        return replace(one, floors=floors)

    @property
    def sentence(self) -> str:
        """That agreement counts anew, and against what; "" where it does not."""
        if not self.moved:
            return ""
        said = f"answers are compared with `{self.name}` now, and were with `{self.first}`: agreement counts anew"
        if self.level is not None:
            return f"{said}, once {WANTED} sessions have told its bar ({len(self.level)} have)"
        bar = self.now_bar
        if bar is not None and self.least is not None:
            return (
                f"{said}, and more than {1 - bar:.2f} is asked, by its first {WANTED} sessions"
            )
        return said


def _without(one: Session, names: frozenset[str] | set[str]) -> Session:
    badness = {name: bad for name, bad in one.badness.items() if name not in names}
    if Gate.SEVERE.value not in names:
        return replace(one, badness=badness)
    return replace(one, badness=badness, floor=None, apart=None)
