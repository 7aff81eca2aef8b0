"""The gates: what each demands of a session, and how sure a decision must be.

Every gate sees a session as one number, its badness in [0, 1], and asks on which side of the
gate's bar the mean badness lies. Shown below: it speaks for promotion. Shown above: for rollback.
One bar serves both, so no candidate can be both at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from compare.probe_corpus import BROKEN_BELOW
from cutover.stages import Stage
from policies.policy import Gates, Terms
from policies.routes import Route

WARN_AT = 10_000
"""The level of a live detector at which people are told; on the margin it is seen once in 10,000 sessions."""

REHEARSAL_ALARM = 1_000.0
"""Outside production: several times the few hundred sessions that a rehearsal spends in live."""


class Gate(StrEnum):
    """One demand of a policy, in the order in which they are always listed."""

    EQUIVALENCE = "equivalence"
    ERRORS = "errors"
    LATENCY = "latency"
    FLAGS = "flags"


class Basis(StrEnum):
    """What equivalence is measured against."""

    NOISE = "noise"  # the primary asked again: agreement beyond the primary's own noise
    BAR = "bar"  # no consent to ask again: agreement against a declared bar, not quality
    NEIGHBOURS = (
        "neighbours"  # embeddings: two models' nearest are alike, and need not be the same
    )


def basis_of(route: Route, *, reask: bool) -> Basis:
    """What equivalence is measured against on a route, with or without consent to ask again."""
    if route is Route.EMBED:
        return Basis.NEIGHBOURS
    return Basis.NOISE if reask else Basis.BAR


@dataclass(frozen=True, slots=True)
class Demand:
    """One gate's bar on the mean badness, and its weight in the rollback's weighted mean."""

    gate: Gate
    bar: float
    weight: float


def demands(gates: Gates, basis: Basis) -> tuple[Demand, ...]:
    """All four gates in their fixed order. Weights are given as they stand in the policy."""
    return (
        Demand(Gate.EQUIVALENCE, _equivalence_bar(gates, basis), gates.equivalence.weight),
        Demand(Gate.ERRORS, gates.errors.at_most, gates.errors.weight),
        Demand(Gate.LATENCY, gates.latency.at_most, gates.latency.weight),
        Demand(Gate.FLAGS, gates.flags.at_most, gates.flags.weight),
    )


def _equivalence_bar(gates: Gates, basis: Basis) -> float:
    """The badness of a candidate exactly at the margin (see `badness_of_difference`), or at the bar."""
    match basis:
        case Basis.NOISE:
            return badness_of_difference(-gates.equivalence.margin, gates.equivalence.clip)
        case Basis.BAR:
            return 1 - gates.equivalence.bar
        case Basis.NEIGHBOURS:
            return 1 - BROKEN_BELOW


def badness_of_difference(difference: float, clip: float) -> float:
    """A paired difference in [-1, 1], clipped to +-clip, as badness: +clip is 0 and -clip is 1."""
    return (1 - max(-clip, min(clip, difference)) / clip) / 2


def log_promote_at(terms: Terms) -> float:
    """The natural logarithm of the e-value that a promotion needs of every gate."""
    return -math.log(terms.alpha.promote)


def log_roll_back_at(terms: Terms, stage: Stage, attempt: int) -> float:
    """The natural logarithm of the weighted mean e-value at which a stage or step rolls back.

    The first attempt may spend `alpha.roll_back`, the k-th 1/k^2 of it; mirror takes `mirror_part`
    of that and the canary steps share the rest, so that the errors of one attempt add up to it.
    """
    budget = terms.alpha.roll_back / attempt**2
    if stage is Stage.MIRROR:
        return -math.log(budget * terms.alpha.mirror_part)
    return -math.log(budget * (1 - terms.alpha.mirror_part) / len(terms.steps))


def alarm_level(terms: Terms, *, fleet_sessions_a_day: float, production: bool) -> float:
    """The level at which a live detector rolls back, as a number of sessions to a false alarm.

    In production one false alarm a quarter for the whole fleet, if every candidate sat exactly on
    its margins: the fleet's sessions a day times 90, never below the level of the warning.
    Elsewhere REHEARSAL_ALARM, so that a rehearsal finds a worsened model within a few sessions.
    """
    if production:
        return max(float(WARN_AT), fleet_sessions_a_day * 90)
    return max(REHEARSAL_ALARM, math.exp(log_roll_back_at(terms, Stage.CANARY, 1)))
