"""The verdict on one standing: promote, hold or roll back, with numbers and reasons.

Promotion is shown or it is not: every gate's evidence must reach 1/alpha, and anything missing
(traffic, scores, hours of the clock) means hold. Rollback needs only the weighted mean of the
gates' harm, and nothing ever blocks it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cutover.evidence import covered, drift, sample_ratio
from cutover.evidence.gates import WARN_AT, Rules, log_promote_at, log_roll_back_at
from cutover.evidence.hearing import Hearing
from cutover.evidence.needs import needs
from cutover.evidence.reasons import harm, measured
from cutover.evidence.tally import Views
from cutover.evidence.unpaired import unpaired
from cutover.rollout import Rollout
from cutover.stages import Stage
from policies.gates import Mode

LN_10 = math.log(10)


class Kind(StrEnum):
    """What all gates say together."""

    PROMOTE = "promote"
    HOLD = "hold"
    ROLL_BACK = "roll_back"


@dataclass(frozen=True, slots=True)
class GateEvidence:
    """What speaks for and against one gate, by its name; e-values are given as log10.

    `for_log10` reaches `needed_log10` when the gate is shown. `against_log10` at
    `roll_back_at_log10` rolls back by itself; less does when several gates speak together. `mean`
    is in the gate's own unit (a difference or an agreement for equivalence, else a share), None
    before the first of its `n` sessions. A promotion from here rests on those that are `asked`.
    The sample ratio rolls nothing back: there `roll_back_at_log10` is where it holds. `pooled_log10`
    is what the pool shows of one that is asked and not shown by itself, None where nothing rests on it.
    """

    gate: str
    for_log10: float
    needed_log10: float
    against_log10: float
    roll_back_at_log10: float
    n: int
    mean: float | None
    sentence: str
    asked: bool = True
    mode: str = Mode.ACT.value
    pooled_log10: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict, its reasons in plain words, and the numbers behind it.

    `harm_log10` is the weighted mean of all gates, `roll_back_at_log10` what it needs. `missing`
    is the share of answered exchanges without a score. `waits_for` says in short what a hold
    waits for, "" where it waits for nothing. `unpaired` counts sessions with an answer that no
    primary's stood beside. `pooled` counts the sessions of each tenant that a promotion
    rests on because its own do not show enough.
    """

    kind: Kind
    reasons: tuple[str, ...]
    gates: tuple[GateEvidence, ...]
    harm_log10: float
    roll_back_at_log10: float
    sessions: int
    served: int
    repeated: int
    missing: float
    waits_for: str = ""
    late: int = 0
    unpaired: int = 0
    pooled: Mapping[str, int] = field(default_factory=dict)


def judge(
    rules: Rules,
    rollout: Rollout,
    views: Views,
    *,
    now_us: int,
    alarm: float,
    gaps: tuple[str, ...] = (),
) -> Verdict:
    """What the evidence of one standing says.

    `alarm` is the level of the live detectors (`gates.alarm_level`; used in live only). `gaps` are
    sentences about what the caller knows to be missing (a stale store, a changed candidate): any
    of them forbids promotion, none of them forbids a rollback.
    """
    log_at = log_roll_back_at(rules.terms, rollout.stage, rollout.attempt)
    if rollout.stage is Stage.LIVE:
        log_at = math.log(alarm)
    hearing = Hearing(rules, rollout, views, log_at, now_us, gaps)
    if rollout.stage in (Stage.OFF, Stage.ROLLED_BACK):
        return _verdict(hearing, Kind.HOLD, (f"nothing is compared in {rollout.stage}",))
    if views.worse.log_harm >= log_at:
        return _verdict(hearing, Kind.ROLL_BACK, _harm(hearing))
    if rollout.stage is Stage.LIVE:
        return _verdict(hearing, Kind.HOLD, _watch(hearing))
    wanting = needs(hearing)
    if wanting:
        waits_for = "; ".join([need.short for need in wanting])
        return _verdict(hearing, Kind.HOLD, tuple([n.reason for n in wanting]), waits_for)
    return _verdict(hearing, Kind.PROMOTE, _shown(hearing))


def _verdict(
    hearing: Hearing, kind: Kind, reasons: tuple[str, ...], waits_for: str = ""
) -> Verdict:
    seen = hearing.views.started
    return Verdict(
        kind=kind,
        reasons=reasons,
        gates=(
            *[_gate(hearing, place) for place in range(len(seen.gates))],
            *_drift(hearing),
            *_ratio(hearing),
        ),
        harm_log10=_log10(hearing.views.worse.log_harm),
        roll_back_at_log10=_log10(hearing.log_at),
        sessions=seen.sessions,
        served=seen.served,
        repeated=seen.repeated,
        missing=seen.missing,
        waits_for=waits_for,
        late=seen.late,
        unpaired=seen.unpaired,
        pooled=_rests_on(hearing) if kind is Kind.PROMOTE else {},
    )


def _rests_on(hearing: Hearing) -> dict[str, int]:
    """Whose sessions a promotion rests on besides its own; nobody's where its own show it all."""
    if hearing.views.pooled is None or hearing.unpooled:
        return {}
    own = all(hearing.shows(place) for place in hearing.asked) and not covered.pooled(hearing)
    return {} if own else hearing.views.pooled.sessions


def _log10(log: float) -> float:
    """Natural to decimal; an empty detector (minus infinity) is told as an e-value of one."""
    return 0.0 if log == -math.inf else log / LN_10


def _gate(hearing: Hearing, place: int) -> GateEvidence:
    tally = hearing.views.started.gates[place]
    against = hearing.views.worse.gates[place].harm.log_e
    mean = tally.mean
    return GateEvidence(
        gate=tally.demand.name,
        for_log10=_log10(hearing.log_for(place)),
        needed_log10=_log10(log_promote_at(hearing.rules.terms)),
        against_log10=_log10(against),
        roll_back_at_log10=_log10(hearing.log_at - hearing.log_weight(place)),
        n=tally.n,
        mean=None if mean is None else measured(hearing.rules, tally.demand, mean),
        sentence=hearing.sentence(place),
        asked=place in hearing.asked,
        mode=tally.demand.mode.value,
        pooled_log10=_pooled_log10(hearing, place),
    )


def _drift(hearing: Hearing) -> tuple[GateEvidence, ...]:
    """What sessions say that the primary was not asked again of; nothing where none told of a floor."""
    seen, worse = hearing.views.started.drift, hearing.views.worse.drift
    if seen is None or worse is None or not seen.heard:
        return ()
    return (
        GateEvidence(
            gate=drift.NAME,
            for_log10=0.0,
            needed_log10=0.0,
            against_log10=_log10(worse.log_e),
            roll_back_at_log10=_log10(hearing.log_at - hearing.log_drift_weight),
            n=seen.n,
            mean=1 - seen.total / seen.n if seen.n else None,
            sentence=hearing.drift_sentence,
            asked=False,
            mode=seen.gate.mode.value,
        ),
    )


def _ratio(hearing: Hearing) -> tuple[GateEvidence, ...]:
    """What stands beside the gates in canary: whether sessions were given out by the share."""
    ratio, terms = hearing.views.ratio, hearing.rules.terms
    if ratio is None:
        return ()
    return (
        GateEvidence(
            gate=sample_ratio.NAME,
            for_log10=0.0,
            needed_log10=0.0,
            against_log10=_log10(ratio.log_e),
            roll_back_at_log10=_log10(sample_ratio.log_hold_at(terms)),
            n=ratio.sessions,
            mean=ratio.given / ratio.sessions if ratio.sessions else None,
            sentence=sample_ratio.sentence(ratio, terms),
            asked=False,
            mode=terms.gates.sample_ratio.mode.value,
        ),
    )


def _pooled_log10(hearing: Hearing, place: int) -> float | None:
    leans = place in hearing.asked and not hearing.shows(place) and hearing.by_pool(place)
    return _log10(hearing.log_pooled(place)) if leans else None


def _harm(hearing: Hearing) -> tuple[str, ...]:
    """The gates that make up the harm, the loudest first; less than a tenth of it is left out."""
    worse = hearing.views.worse
    parts = [
        (hearing.log_part(place), place, harm(hearing.rules, gate, worse.codes))
        for place, gate in enumerate(worse.gates)
        if gate.demand.mode is Mode.ACT
    ]
    if worse.drift is not None and worse.drift.acts:
        parts.append((hearing.log_drift_part, len(parts), worse.drift.sentence))
    return tuple(
        [
            f"{told}: shown to be worse than that"
            for part, _, told in sorted(parts, reverse=True)
            if part > worse.log_harm + math.log(0.1)
        ]
    )


def _watch(hearing: Hearing) -> tuple[str, ...]:
    level = hearing.views.worse.log_harm
    said = [hearing.sentence(place) for place in hearing.suspected]
    if hearing.drift_holds:
        said.append(hearing.drift_sentence)
    held = tuple([*said, *unpaired(hearing.rules, hearing.views.started)])
    if level < math.log(WARN_AT):
        return held if said else ("live: no harm shown", *held)
    warned = f"live: harm is likely, the detectors stand at 10^{level / LN_10:.1f}"
    return (
        f"{warned} and roll back at 10^{hearing.log_at / LN_10:.1f}",
        *_harm(hearing),
        *held,
    )


def _resent(hearing: Hearing) -> tuple[str, ...]:
    """How many sessions of stored requests it rests on, as a sentence."""
    seen = hearing.views.started
    if not seen.resent:
        return ()
    return (
        f"replayed: besides {seen.sessions:,} sessions, {seen.resent:,} of stored requests that were "
        "sent again, for agreement and flags alone",
    )


def _pool(hearing: Hearing) -> tuple[str, ...]:
    """Whose sessions it rests on, as a sentence."""
    rests = _rests_on(hearing)
    if not rests:
        return ()
    told = ", ".join([f"{tenant} {count:,}" for tenant, count in sorted(rests.items())])
    return (f"pooled: this rests on {sum(rests.values()):,} sessions of the model ({told})",)


def _shown(hearing: Hearing) -> tuple[str, ...]:
    seen = hearing.views.started
    if hearing.rollout.stage is Stage.MIRROR:
        shown = [hearing.sentence(place) for place in hearing.asked]
        return (*shown, *covered.covered(hearing), *_pool(hearing), *_resent(hearing))
    served = f"the candidate served {seen.served:,} sessions at this step and no harm is shown"
    return (served, *[hearing.sentence(place) for place in hearing.asked])
