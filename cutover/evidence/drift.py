"""Harm in sessions whose primary was not asked again: against what its own agreement was at first.

The primary's agreement with itself, the floor, is taken from the first sessions that were asked
again, and a lower confidence bound of its mean is frozen: the largest m against which those sessions
are evidence of 1/alpha. Every session after them then speaks, asked again or not: is the mean of its
agreement with the primary below that bound less the margin? While neither the bound is wrong nor
the candidate beyond the margin that is an e-process like any other; the bound is wrong at most as
often as FLOOR_PART of what the attempt may spend, and is paid for where this gate acts.

It can only speak for a rollback: for a promotion the bound would have to be an upper one. And it takes
the floor for what it was: where prompts become such that the primary agrees less with itself,
a candidate looks worse that is not. So it observes unless a policy says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cutover.evidence.eprocess import (
    UNKNOWN,
    Harm,
    MeanAbove,
    MeanAboveLately,
    MeanAboveSince,
    Place,
)
from cutover.evidence.gates import FLOOR_PART, Basis
from cutover.evidence.observation import OpenSession, Rules, Session
from cutover.stages import Stage
from policies.gates import DriftGate, Mode

NAME = "drift"

AT_LEAST, AT_MOST = 100, 200
"""Sessions of a floor, by the burst: fewer bound its mean too loosely to show much, more only take longer."""

_HALVINGS = 30  # to the ninth digit
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Drift:
    """The floor of one standing, and the harm that its sessions show against it.

    `floor` are the agreements it is still being taken from, `wanted` so many, and `least` is its
    frozen lower bound, None before. `every` is as in `MeanAboveSince`, None for detectors of live.
    `n` and `total` are of the badness of closed sessions since.
    """

    gate: DriftGate
    margin: float
    wanted: int
    log_bound_at: float
    every: int | None
    floor: tuple[float, ...] = ()
    least: float | None = None
    harm: Harm | None = None
    n: int = 0
    total: float = 0.0
    opened: bool = False  # a session is open that may still be of the floor

    @classmethod
    def begin(cls, rules: Rules, stage: Stage) -> Drift | None:
        """Nothing taken yet; None where the primary is never asked again."""
        if rules.basis is not Basis.NOISE:
            return None
        terms = rules.terms
        return cls(
            terms.gates.drift,
            terms.gates.equivalence.margin,
            min(AT_MOST, max(AT_LEAST, terms.sampling.reask_burst)),
            -math.log(FLOOR_PART * terms.alpha.roll_back),
            None if stage is Stage.LIVE else terms.mixture_every,
        )

    def in_attempt(self, attempt: int) -> Drift:
        """As one that begins with an attempt: each takes a floor of its own, and the k-th may be wrong 1/k^2 as often."""
        return replace(self, log_bound_at=self.log_bound_at + 2 * math.log(attempt))

    def next(self, rules: Rules, stage: Stage) -> Drift | None:
        """The same floor in an attempt's next standing; harm starts afresh."""
        begun = Drift.begin(rules, stage)
        if begun is None:
            return None
        begun = replace(begun, floor=self.floor, log_bound_at=self.log_bound_at)
        return begun if self.least is None else begun._against(self.least)

    def anew(self) -> Drift:
        """With nothing taken yet."""
        return replace(self, floor=(), least=None, harm=None, n=0, total=0.0)

    @property
    def heard(self) -> bool:
        """Whether any session has told of the floor."""
        return bool(self.floor) or self.least is not None

    @property
    def log_e(self) -> float:
        """The evidence of harm; that of nothing while there is no bound."""
        if self.harm is not None:
            return self.harm.log_e
        return -math.inf if self.every is None else 0.0

    @property
    def acts(self) -> bool:
        """Whether it has its part in the rollback."""
        return self.gate.mode is Mode.ACT

    def after(self, line: Sequence[Session | OpenSession]) -> Drift:
        """With more sessions, in start order. Nothing is known behind a session that may still be of the floor."""
        now = self
        for place, session in enumerate(line):
            if now.least is not None:
                return now._counted(line[place:])
            if now.opened or isinstance(session, OpenSession):
                return now if now.opened else replace(now, opened=True)
            if session.floor is not None:
                now = now._taken(session.floor)
        return now

    def _taken(self, agreement: float) -> Drift:
        floor = (*self.floor, agreement)
        if len(floor) < self.wanted:
            return replace(self, floor=floor)
        return replace(self, floor=())._against(lower_bound(floor, self.log_bound_at))

    def _against(self, least: float) -> Drift:
        """With its bound. One that lies within the margin of nothing leaves nothing to test."""
        bar = 1 - (least - self.margin)
        harm: Harm | None = None
        if bar < 1:
            every = self.every
            harm = MeanAboveLately(bar) if every is None else MeanAboveSince(bar, every)
        return replace(self, least=least, harm=harm)

    def _counted(self, line: Sequence[Session | OpenSession]) -> Drift:
        if self.harm is None:
            return self
        bad: list[Place] = [UNKNOWN if isinstance(s, OpenSession) else s.apart for s in line]
        told = [x for x in bad if isinstance(x, float)]
        total = self.total
        for x in told:
            total += x  # one by one: sum() would round by its batches
        return replace(self, harm=self.harm.after(bad), n=self.n + len(told), total=total)

    @property
    def sentence(self) -> str:
        """What was seen, as the first half of a sentence."""
        if self.least is None:
            return (
                f"{NAME}: {len(self.floor):,} of {self.wanted:,} sessions asked again "
                "have told how the primary agrees with itself"
            )
        if self.harm is None:
            return f"{NAME}: the primary agrees with itself too little for anything to be shown"
        asked = f"{self.least - self.margin:.2f}"
        if self.n == 0:
            return f"{NAME}: no session since the floor was taken (at least {asked} is asked)"
        return (
            f"{NAME}: agreement with the primary is {1 - self.total / self.n:.2f} over {self.n:,} "
            f"session{'s' * (self.n != 1)}, asked again or not (at least {asked} is asked: "
            f"{self.least:.2f}, what the primary's with itself was at the least, less the margin)"
        )


def lower_bound(observed: Sequence[float], log_needed: float) -> float:
    """The largest mean in (0, 1) against which observations in [0, 1] are evidence of that level; 0 for none.

    A lower confidence bound: it is above the true mean with probability at most exp(-log_needed).
    """
    low, high = 0.0, sum(observed) / len(observed)
    if high <= _NOTHING:
        return 0.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        enough = MeanAbove(middle).after(observed).log_e >= log_needed
        low, high = (middle, high) if enough else (low, middle)
    return low
