"""The recorded sessions of an attempt, added up: those that were measured as is asked of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cutover.evidence.course import Observation
from cutover.evidence.measure import Measure, Stretch, fits, measure_of, tells
from cutover.evidence.observation import SINCE_SCALES, Rules, Session, retold
from cutover.evidence.standing import Standing
from cutover.evidence.tally import Account, Tally
from cutover.stages import Stage


@dataclass(frozen=True, slots=True)
class Part:
    """One standing's recorded sessions, by their numbers, and by what measure each stretch of them is."""

    standing: Standing
    kept: Sequence[Observation]
    stretches: Sequence[Stretch] = ()


def folded(
    rules: Rules,
    parts: Iterable[Part],
    stage: Stage,
    comparators: str = "",
    begun: Account | None = None,
) -> Account:
    """The account of the last of an attempt's standings, which is of that stage, by the rules of today.

    `comparators` are those of the attempt's first comparison: sessions that do not say were measured by them.
    Sessions of another measure are no evidence here; what they answered has been counted all the same,
    and they tell what answers were compared with.
    `begun` is the account of the first part's standing before its sessions; None where none came before.
    """
    adding = Adding(rules, stage, comparators, begun)
    for part in parts:
        adding.take(part)
    assert adding.account is not None, "an attempt has a standing"
    return adding.account


@dataclass(slots=True)
class Adding:
    """An account on its way, as `folded` makes it. A standing may come in several parts, one after the other."""

    rules: Rules
    stage: Stage
    comparators: str = ""
    begun: Account | None = None
    account: Account | None = None
    _standing: Standing | None = None

    def take(self, part: Part) -> None:
        """Adds the sessions of one part."""
        if self.account is None or part.standing != self._standing:
            self.account, self._standing = self._entered(part.standing), part.standing
        told = {SINCE_SCALES: self.comparators}
        sessions = [retold({**told, **one.values}) for one in part.kept]
        self.account.book.resume(sessions)
        measure, closed = measure_of(self.rules), self.account.closed
        self.account.closed = _with(closed, part, sessions, measure, self.stage)

    def _entered(self, standing: Standing) -> Account:
        step = standing.step_of(self.rules.terms)
        if self.account is not None:
            return self.account.next(standing.stage, step, standing.spread.weights)
        return self.begun or _begun(self.rules, standing, step)


def _with(
    tally: Tally, part: Part, sessions: Sequence[Session], measure: Measure, stage: Stage
) -> Tally:
    """A tally with a part's sessions, in their order: those that count, and the scale by those that tell of it."""
    counts, told = fits(part.stretches, measure, stage), tells(part.stretches, measure)
    kinds = [(counts(one.number), told(one.number)) for one in part.kept]
    pairs = zip(kinds, sessions, strict=True)
    for (counting, telling), some in itertools.groupby(pairs, key=lambda pair: pair[0]):
        line = [one for _, one in some]
        if counting:
            tally = tally.after(line)
        elif telling:
            tally = _beside(tally, line)
    return tally


def _beside(tally: Tally, line: Sequence[Session]) -> Tally:
    """With sessions of another measure: of them only the scale hears."""
    for _, scale in tally.scale.parts(line) if tally.scale else ():
        tally = tally.on(scale)
    return tally


def _begun(rules: Rules, standing: Standing, step: int) -> Account:
    """The account of an attempt's first standing: what it may be wrong about is less each time."""
    account = Account.begin(rules, standing.stage, step, standing.spread.weights)
    drift, scale = account.closed.drift, account.closed.scale
    if drift is not None:
        account.closed = replace(account.closed, drift=drift.in_attempt(standing.attempt))
    if scale is not None:
        account.closed = replace(account.closed, scale=scale.in_attempt(standing.attempt))
    return account
