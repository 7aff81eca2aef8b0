"""One gate's evidence for and against, folded from the sessions of a standing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cutover.evidence.eprocess import (
    UNKNOWN,
    Harm,
    MeanAbove,
    MeanAboveLately,
    MeanAboveSince,
    Place,
)
from cutover.evidence.gates import Demand
from cutover.evidence.observation import Line, OpenSession

LATELY = 20
"""Sessions that people are told of when harm has begun: good history must not blur the picture."""


@dataclass(frozen=True, slots=True)
class GateTally:
    """One gate's two processes; `n`, `total` and `recent` are of what its closed sessions showed."""

    demand: Demand
    shown: MeanAbove  # X = 1 - badness
    harm: Harm  # X = badness
    served_only: bool = False  # promotion counts only sessions that the candidate served
    n: int = 0
    total: float = 0.0
    recent: tuple[float, ...] = ()

    @property
    def mean(self) -> float | None:
        """The mean badness of the closed sessions, None before the first."""
        return self.total / self.n if self.n else None

    @property
    def lately(self) -> GateTally:
        """The same gate as its last sessions alone show it. For sentences, never evidence."""
        return replace(self, n=len(self.recent), total=sum(self.recent))

    def waiting(self, times: int) -> GateTally:
        """With so many open sessions of which nothing is known yet."""
        return replace(self, shown=self.shown.waiting(times), harm=self.harm.waiting(times))

    def anew(self, bar: float) -> GateTally:
        """With nothing seen yet, held against that bar."""
        demand, shown = replace(self.demand, bar=bar), self.shown
        if isinstance(self.harm, MeanAboveSince):
            harm: Harm = MeanAboveSince(bar, self.harm.every)
        else:
            harm = MeanAboveLately(bar)
        begun = MeanAbove(shown.m, shown.stakes, 0, shown.stakes)
        return GateTally(demand, begun, harm, self.served_only)

    def after(self, line: Line) -> GateTally:
        """With more sessions."""
        name = self.demand.name
        good: list[Place] = []
        bad: list[Place] = []
        told: list[float] = []
        for session in line:
            if isinstance(session, OpenSession):
                good.append(UNKNOWN)
                bad.append(session.floors.get(name, UNKNOWN))
                continue
            x = session.badness.get(name)
            bad.append(x)
            if x is not None and (session.served or not self.served_only):
                good.append(1 - x)
                told.append(x)
        total = self.total
        for x in told:
            total += x  # one by one: sum() would round by its batches
        return GateTally(
            self.demand,
            self.shown.after(good),
            self.harm.after(bad),
            self.served_only,
            self.n + len(told),
            total,
            (*self.recent, *told[-LATELY:])[-LATELY:],
        )
