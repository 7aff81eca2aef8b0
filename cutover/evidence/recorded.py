"""The recorded sessions of an attempt, added up: those that were measured as is asked of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cutover.evidence.course import Observation
from cutover.evidence.measure import Stretch, fits, measure_of
from cutover.evidence.observation import SINCE_SCALES, Rules, retold
from cutover.evidence.standing import Standing
from cutover.evidence.tally import Account


@dataclass(frozen=True, slots=True)
class Part:
    """One standing's recorded sessions, by their numbers, and by what measure each stretch of them is."""

    standing: Standing
    kept: Sequence[Observation]
    stretches: Sequence[Stretch] = ()


def folded(
    rules: Rules, parts: Iterable[Part], comparators: str = "", begun: Account | None = None
) -> Account:
    """The account of the last of an attempt's standings, by the rules of today.

    `comparators` are those of the attempt's first comparison: sessions that do not say were measured by them.
    Sessions of another measure are no evidence here; what they answered has been counted all the same.
    `begun` is the account of the first part's standing before its sessions; None where none came before.
    """
    account: Account | None = None
    measure = measure_of(rules)
    for part in parts:
        standing, weights = part.standing, part.standing.spread.weights
        step = standing.step_of(rules.terms)
        if account is not None:
            account = account.next(standing.stage, step, weights)
        else:
            account = begun or _begun(rules, standing, step)
        counts = fits(part.stretches, measure, standing.stage)
        sessions = [retold({SINCE_SCALES: comparators, **one.values}) for one in part.kept]
        numbers = [one.number for one in part.kept]
        counting = [
            one for one, number in zip(sessions, numbers, strict=True) if counts(number)
        ]
        account.resume(sessions, counting)
    assert account is not None, "an attempt has a standing"
    return account


def _begun(rules: Rules, standing: Standing, step: int) -> Account:
    """The account of an attempt's first standing: what it may be wrong about is less each time."""
    account = Account.begin(rules, standing.stage, step, standing.spread.weights)
    drift = account.closed.drift
    if drift is not None:
        account.closed = replace(account.closed, drift=drift.in_attempt(standing.attempt))
    return account
