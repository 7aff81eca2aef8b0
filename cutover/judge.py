"""The verdict on one standing: promote, hold or roll back, with numbers and reasons.

Promotion is shown or it is not: every gate's evidence must reach 1/alpha, and anything missing
(traffic, scores, hours of the clock) means hold. Rollback needs only the weighted mean of the
gates' harm, and nothing ever blocks it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from cutover.gates import WARN_AT, Basis, Gate, log_promote_at, log_roll_back_at
from cutover.observation import Rules
from cutover.reasons import duration, finding, harm, measured, missing, more_needed
from cutover.rollout import Rollout
from cutover.sessions import SECOND_US
from cutover.stages import Stage
from cutover.tally import GateTally, Tally, Views

LN_10 = math.log(10)


class Kind(StrEnum):
    """What all gates say together."""

    PROMOTE = "promote"
    HOLD = "hold"
    ROLL_BACK = "roll_back"


@dataclass(frozen=True, slots=True)
class GateEvidence:
    """What speaks for and against one gate; e-values are given as log10.

    `for_log10` reaches `needed_log10` when the gate is shown. `against_log10` at
    `roll_back_at_log10` rolls back by itself; less does when several gates speak together. `mean`
    is in the gate's own unit (a difference or an agreement for equivalence, else a share), None
    before the first of its `n` sessions.
    """

    gate: Gate
    for_log10: float
    needed_log10: float
    against_log10: float
    roll_back_at_log10: float
    n: int
    mean: float | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict, its reasons in plain words, and the numbers behind it.

    `harm_log10` is the weighted mean of all gates, `roll_back_at_log10` what it needs. `missing`
    is the share of answered exchanges without a score. `waits_for` says in short what a hold
    waits for, "" where it waits for nothing.
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


@dataclass(frozen=True, slots=True)
class _Need:
    short: str  # "errors: about 12 more sessions"
    reason: str


@dataclass(frozen=True, slots=True)
class _Hearing:
    """Everything one verdict is made of."""

    rules: Rules
    rollout: Rollout
    views: Views
    log_at: float  # natural logarithm of the level that rolls back
    now_us: int
    gaps: tuple[str, ...]


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
    hearing = _Hearing(rules, rollout, views, log_at, now_us, gaps)
    if rollout.stage in (Stage.OFF, Stage.ROLLED_BACK):
        return _verdict(hearing, Kind.HOLD, (f"nothing is compared in {rollout.stage}",))
    if views.worse.log_harm >= log_at:
        return _verdict(hearing, Kind.ROLL_BACK, _harm(hearing))
    if rollout.stage is Stage.LIVE:
        return _verdict(hearing, Kind.HOLD, _watch(hearing))
    needs = _needs(hearing)
    if needs:
        waits_for = "; ".join([need.short for need in needs])
        return _verdict(hearing, Kind.HOLD, tuple([n.reason for n in needs]), waits_for)
    return _verdict(hearing, Kind.PROMOTE, _shown(hearing))


def _verdict(
    hearing: _Hearing, kind: Kind, reasons: tuple[str, ...], waits_for: str = ""
) -> Verdict:
    seen = hearing.views.started
    return Verdict(
        kind=kind,
        reasons=reasons,
        gates=tuple([_gate(hearing, place) for place in range(len(seen.gates))]),
        harm_log10=_log10(hearing.views.worse.log_harm),
        roll_back_at_log10=_log10(hearing.log_at),
        sessions=seen.sessions,
        served=seen.served,
        repeated=seen.repeated,
        missing=seen.missing,
        waits_for=waits_for,
        late=seen.late,
    )


def _log10(log: float) -> float:
    """Natural to decimal; an empty detector (minus infinity) is told as an e-value of one."""
    return 0.0 if log == -math.inf else log / LN_10


def _gate(hearing: _Hearing, place: int) -> GateEvidence:
    tally = hearing.views.started.gates[place]
    against = hearing.views.worse.gates[place].harm.log_e
    mean = tally.mean
    return GateEvidence(
        gate=tally.demand.gate,
        for_log10=_log10(_log_for(hearing, place)),
        needed_log10=_log10(log_promote_at(hearing.rules.terms)),
        against_log10=_log10(against),
        roll_back_at_log10=_log10(hearing.log_at - _log_weight(hearing, place)),
        n=tally.n,
        mean=None if mean is None else measured(hearing.rules, tally.demand.gate, mean),
        sentence=_sentence(hearing, place),
    )


def _asked(hearing: _Hearing) -> tuple[int, ...]:
    """Places of the gates whose promotion evidence this standing must show itself."""
    gates = hearing.views.started.gates
    if hearing.rollout.stage is Stage.MIRROR:
        return tuple(range(len(gates)))
    return tuple([place for place, gate in enumerate(gates) if gate.served_only])


def _log_for(hearing: _Hearing, place: int) -> float:
    """A gate's promotion evidence: this standing's where it is asked, else what mirror showed."""
    if place in _asked(hearing):
        return hearing.views.log_shown(place)
    return hearing.views.carried.get(hearing.views.started.gates[place].demand.gate, 0.0)


def _sentence(hearing: _Hearing, place: int) -> str:
    seen = hearing.views.started
    found = finding(hearing.rules, seen.gates[place], seen.codes)
    if seen.late and seen.gates[place].demand.gate is Gate.LATENCY:
        found += f", {seen.late:,} copies sent over a minute late left out"
    if _part(hearing, place) >= hearing.log_at:
        return f"{found}: shown to be worse than that"
    if place not in _asked(hearing):
        return f"{found}: no harm shown"
    if _is_shown(hearing, place):
        return f"{found}: shown"
    return f"{found}: not shown yet, needs {_more(hearing, seen.gates[place])}"


def _log_weight(hearing: _Hearing, place: int) -> float:
    """The logarithm of a gate's weight in the mean of harm."""
    gates = hearing.views.worse.gates
    return math.log(gates[place].demand.weight / sum([gate.demand.weight for gate in gates]))


def _part(hearing: _Hearing, place: int) -> float:
    """The logarithm of what one gate adds to the mean of harm."""
    return hearing.views.worse.gates[place].harm.log_e + _log_weight(hearing, place)


def _is_shown(hearing: _Hearing, place: int) -> bool:
    return hearing.views.log_shown(place) >= log_promote_at(hearing.rules.terms)


def _more(hearing: _Hearing, tally: GateTally) -> str:
    """How much more a gate needs; open sessions are left out of the estimate."""
    closed = next(g for g in hearing.views.closed.gates if g.demand == tally.demand)
    paired = tally.demand.gate is Gate.EQUIVALENCE and hearing.rules.basis is Basis.NOISE
    best = 0.5 if paired else 1.0
    return more_needed(closed.shown, best, log_promote_at(hearing.rules.terms))


def _harm(hearing: _Hearing) -> tuple[str, ...]:
    """The gates that make up the harm, the loudest first; less than a tenth of it is left out."""
    worse = hearing.views.worse
    parts = [(_part(hearing, place), place) for place in range(len(worse.gates))]
    return tuple(
        [
            f"{harm(hearing.rules, worse.gates[place], worse.codes)}: shown to be worse than that"
            for part, place in sorted(parts, reverse=True)
            if part > worse.log_harm + math.log(0.1)
        ]
    )


def _watch(hearing: _Hearing) -> tuple[str, ...]:
    level = hearing.views.worse.log_harm
    if level < math.log(WARN_AT):
        return ("live: no harm shown",)
    warned = f"live: harm is likely, the detectors stand at 10^{level / LN_10:.1f}"
    return (f"{warned} and roll back at 10^{hearing.log_at / LN_10:.1f}", *_harm(hearing))


def _shown(hearing: _Hearing) -> tuple[str, ...]:
    seen = hearing.views.started
    if hearing.rollout.stage is Stage.MIRROR:
        return tuple([_sentence(hearing, place) for place in _asked(hearing)])
    served = f"the candidate served {seen.served:,} sessions at this step and no harm is shown"
    return (served, *[_sentence(hearing, place) for place in _asked(hearing)])


def _needs(hearing: _Hearing) -> tuple[_Need, ...]:
    """What stands between this standing and a promotion; nothing missing means promote."""
    seen = hearing.views.started
    needs = [_Need(gap, gap) for gap in hearing.gaps]
    needs += _missing(hearing, seen)
    if hearing.rollout.stage is Stage.MIRROR:
        needs += _coverage(hearing, seen)
    else:
        needs += _served(hearing, seen)
    for place in _asked(hearing):
        if not _is_shown(hearing, place):
            tally = seen.gates[place]
            short = f"{tally.demand.gate} needs {_more(hearing, tally)}"
            needs.append(_Need(short, _sentence(hearing, place)))
    return tuple(needs)


def _missing(hearing: _Hearing, seen: Tally) -> list[_Need]:
    if seen.sessions == 0:
        return [_Need("sessions", "no session has been compared yet")]
    return [_Need(*pair) for pair in missing(hearing.rules, seen)]


def _coverage(hearing: _Hearing, seen: Tally) -> list[_Need]:
    hours = hearing.rules.terms.coverage.hours
    spanned = 0.0
    if seen.first_us is not None and seen.last_us is not None:
        spanned = (seen.last_us - seen.first_us) / SECOND_US / 3600
    if spanned >= hours:
        return []
    more = f"{duration((hours - spanned) * 3600)} more of the clock"
    return [_Need(more, f"the sessions span {spanned:.1f} of {hours:g} hours: needs {more}")]


def _served(hearing: _Hearing, seen: Tally) -> list[_Need]:
    steps = hearing.rules.terms.steps
    step = steps[min(hearing.rollout.step, len(steps) - 1)]  # the policy may have lost steps
    needs = []
    if seen.served < step.min_served:
        more = f"{step.min_served - seen.served:,} more sessions served by the candidate"
        reason = (
            f"the candidate served {seen.served:,} of {step.min_served:,} sessions at this step"
        )
        needs.append(_Need(more, reason))
    soaked_s = (hearing.now_us - hearing.rollout.since_us) / SECOND_US
    if soaked_s < step.soak_s:
        more = f"{duration(step.soak_s - soaked_s)} more at this step"
        reason = f"{duration(soaked_s)} of {duration(step.soak_s)} at this step have passed"
        needs.append(_Need(more, reason))
    return needs
