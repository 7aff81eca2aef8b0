"""The gates: what each demands of a session, and how sure a decision must be.

Every gate sees a session as one number, its badness in [0, 1], and asks on which side of the
gate's bar the mean badness lies. Shown below: it speaks for promotion. Shown above: for rollback.
One bar serves both, so no candidate can be both at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from compare.probe_corpus import BROKEN_BELOW
from cutover.stages import Stage
from policies.gates import Mode, Promotion, QualityGate, WatchGate
from policies.policy import Gates, ShareGate, Terms
from policies.routes import Route

WARN_AT = 10_000
"""The level of a live detector at which people are told; on the margin it is seen once in 10,000 sessions."""

REHEARSAL_ALARM = 1_000.0
"""Outside production: several times the few hundred sessions that a rehearsal spends in live."""


FLOOR_PART = 0.04
"""Of what an attempt may spend on rollbacks: how often the bound of the primary's own agreement may be wrong."""


class Gate(StrEnum):
    """One demand of a policy, in the order in which they are always listed."""

    EQUIVALENCE = "equivalence"
    ERRORS = "errors"
    LATENCY = "latency"
    FLAGS = "flags"
    SEVERE = (
        "severe"  # answers far worse than the primary's own noise, which a clipped mean hides
    )
    FIRST_TOKEN = "first_token"
    SCHEMA_VALIDITY = "schema_validity"
    UNPAIRED_FLAGS = "unpaired_flags"  # of what clients got with no other answer beside it
    RELATIVE_LATENCY = "relative_latency"
    QUALITY = "quality"  # of answers that were scored on both sides, each by itself


def titled(name: str) -> str:
    """The name of a gate as people read it: `first token`, `flags (LATERALITY)`."""
    gate, _, code = name.partition(".")
    title = gate.replace("_", " ")
    return f"{title} ({code})" if code else title


class Score(StrEnum):
    """What quality is told by. Unlike scores are never averaged: each is a gate of its own."""

    JUDGE = "judge"  # the mean of a judge's grades
    SEVERE = "severe"  # answers that it grades far lower, which a clipped mean hides
    SCHEMA = "schema"  # whether an answer has the form that was asked for


QUALITY_PARTS = {Score.JUDGE: 0.9, Score.SEVERE: 0.05, Score.SCHEMA: 0.05}
"""Of the weight of quality."""


OF_SPEED = (Gate.LATENCY, Gate.FIRST_TOKEN, Gate.RELATIVE_LATENCY)
"""What another load may change: a step that asks for evidence of latency asks these anew."""


OF_PAIRS = frozenset({
    Gate.EQUIVALENCE, Gate.FLAGS, Gate.SEVERE, Gate.SCHEMA_VALIDITY, Gate.RELATIVE_LATENCY,
    Gate.QUALITY,
})  # fmt: skip
"""What only another answer beside it tells of an answer: sessions without one say nothing to these."""


OF_COMPARATORS = frozenset({
    Gate.EQUIVALENCE.value, Gate.SEVERE.value, *[f"{Gate.QUALITY}.{one}" for one in (Score.JUDGE, Score.SEVERE)],
})  # fmt: skip
"""Names of the gates that see what comparators, encoders and judges measure: other ones give other numbers."""


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


@dataclass(frozen=True)
class Rules:
    """How exchanges become sessions and numbers: the policy's terms, and what equivalence means.

    `alone` is why the primary is never asked beside the candidate's own answers; empty where it may be.
    """

    terms: Terms
    basis: Basis
    alone: str = ""

    @cached_property  # asked for every session, and often
    def demands(self) -> tuple[Demand, ...]:
        """What the policy demands, gate by gate."""
        return demands(self.terms.gates, self.basis)

    @cached_property
    def named(self) -> tuple[tuple[str, Demand], ...]:
        """The same, each with its name, which is made once for all sessions."""
        return tuple([(one.name, one) for one in self.demands])


@dataclass(frozen=True, slots=True)
class Demand:
    """One gate's bar on the mean badness, and its weight in the rollback's weighted mean.

    `code` is the only kind of flag that a gate of flags counts, "" for all, and of quality the score. `optional` gates may
    never see anything on a route, and what they do not see blocks nothing. A promotion asks that
    a gate was `shown`, or, where it only watches, that no harm is likely.
    """

    gate: Gate
    bar: float
    weight: float
    code: str = ""
    optional: bool = False
    shown: bool = True
    mode: Mode = Mode.ACT

    @property
    def name(self) -> str:
        """The gate, and the kind of flag or the score where it is about one."""
        return f"{self.gate}.{self.code}" if self.code else self.gate.value

    @property
    def title(self) -> str:
        """The name as people read it: `first token`, `flags (LATERALITY)`."""
        return titled(self.name)

    def is_difference(self, basis: Basis) -> bool:
        """Whether badness is of a paired difference: 0.5 is as good as the primary."""
        if self.gate is Gate.QUALITY:
            return self.code != Score.SEVERE
        return self.gate is Gate.EQUIVALENCE and basis is Basis.NOISE


def demands(gates: Gates, basis: Basis) -> tuple[Demand, ...]:
    """What the policy names, in a fixed order. Weights are given as they stand in the policy."""
    return (
        Demand(
            Gate.EQUIVALENCE,
            _equivalence_bar(gates, basis),
            gates.equivalence.weight,
            mode=gates.equivalence.mode,
        ),
        _demand(Gate.ERRORS, gates.errors),
        _demand(Gate.LATENCY, gates.latency),
        _demand(Gate.FLAGS, gates.flags),
        *[_watch(Gate.FLAGS, gate, code) for code, gate in sorted(gates.flags.codes.items())],
        _watch(Gate.SEVERE, gates.severe),
        _watch(Gate.FIRST_TOKEN, gates.first_token),
        _watch(Gate.SCHEMA_VALIDITY, gates.schema_validity),
        _watch(Gate.UNPAIRED_FLAGS, gates.unpaired_flags),
        *([_watch(Gate.RELATIVE_LATENCY, rel)] if (rel := gates.relative_latency) else []),
        *(_quality(gates.quality) if gates.quality and basis is not Basis.NEIGHBOURS else ()),
    )


def _quality(given: QualityGate) -> Iterator[Demand]:
    """A gate for each score."""
    shown = given.promotion is Promotion.SHOWN
    for score, part in QUALITY_PARTS.items():
        bar = badness_of_difference(-given.margin, clip_of(given, score))
        if score is Score.SEVERE:
            bar = given.severe_at_most
        weight = part * given.weight
        yield Demand(
            Gate.QUALITY, bar, weight, score, optional=True, shown=shown, mode=given.mode
        )


def clip_of(given: QualityGate, score: str) -> float:
    """Where a session's difference is clipped: a form is right or wrong, and what is rare in it all counts."""
    return 1.0 if score == Score.SCHEMA else given.clip


def _watch(gate: Gate, given: WatchGate, code: str = "") -> Demand:
    shown = given.promotion is Promotion.SHOWN
    return replace(_demand(gate, given), code=code, optional=True, shown=shown)


def _demand(gate: Gate, given: ShareGate) -> Demand:
    return Demand(gate, given.at_most, given.weight, mode=given.mode)


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
    """A paired difference in [-1, 1], clipped to +-clip, as badness: +clip is 0 and -clip is 1. Raises ValueError."""
    if not math.isfinite(difference):
        raise ValueError(
            f"{difference} is no difference"
        )  # min and max would take NaN for +clip
    return (1 - max(-clip, min(clip, difference)) / clip) / 2


def log_promote_at(terms: Terms) -> float:
    """The natural logarithm of the e-value that a promotion needs of every gate."""
    return -math.log(terms.alpha.promote)


def log_roll_back_at(terms: Terms, stage: Stage, attempt: int) -> float:
    """The natural logarithm of the weighted mean e-value at which a stage or step rolls back.

    The first attempt may spend `alpha.roll_back`, the k-th 1/k^2 of it; mirror takes `mirror_part`
    of that and the canary steps share the rest, so that the errors of one attempt add up to it.
    Where drift acts, the bound that it is held against takes its part of all of them.
    """
    budget = terms.alpha.roll_back / attempt**2
    if terms.gates.drift.mode is Mode.ACT:
        budget *= 1 - FLOOR_PART
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
