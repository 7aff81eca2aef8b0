"""The verdict on one standing: promote, hold or roll back, with numbers and reasons.

Promotion is shown or it is not: every gate's evidence must reach 1/alpha, and anything missing
(traffic, scores, hours of the clock) means hold. Rollback needs only the weighted mean of the
gates' harm, and nothing ever blocks it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from cutover.evidence import covered, drift, sample_ratio
from cutover.evidence.gates import WARN_AT, Rules, log_promote_at, log_roll_back_at
from cutover.evidence.hearing import Hearing
from cutover.evidence.needs import lacks, needs
from cutover.evidence.reasons import harm, measured
from cutover.evidence.tally import Views
from cutover.evidence.unpaired import unpaired
from cutover.evidence.verdict import GateEvidence, Kind, Verdict, Words
from cutover.rollout import Rollout
from cutover.stages import Stage
from policies.gates import Mode

__all__ = ["GateEvidence", "Kind", "Verdict", "judge"]

LN_10 = math.log(10)
_STILL = (Stage.OFF, Stage.ROLLED_BACK)
_NEAR = 0.01
"""Nats: far more than rounding can come to."""


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
    if rollout.stage in _STILL:
        stage = rollout.stage
        return _verdict(hearing, Kind.HOLD, lambda: Words((f"nothing is compared in {stage}",)))
    if views.worse.log_harm >= log_at:
        return _verdict(hearing, Kind.ROLL_BACK, lambda: Words(_harm(hearing)))
    if rollout.stage is Stage.LIVE:
        return _verdict(hearing, Kind.HOLD, lambda: Words(_watch(hearing)))
    if lacks(hearing):
        return _verdict(hearing, Kind.HOLD, lambda: _wanting(hearing))
    return _verdict(hearing, Kind.PROMOTE, lambda: Words(_shown(hearing)))


def _verdict(hearing: Hearing, kind: Kind, say: Callable[[], Words]) -> Verdict:
    seen = hearing.views.started
    return Verdict(
        kind=kind,
        say=say,
        weigh=partial(_gates, hearing),
        harm_log10=_log10(hearing.views.worse.log_harm),
        roll_back_at_log10=_log10(hearing.log_at),
        sessions=seen.sessions,
        served=seen.served,
        repeated=seen.repeated,
        missing=seen.missing,
        late=seen.late,
        unpaired=seen.unpaired,
        pooled=_rests_on(hearing) if kind is Kind.PROMOTE else {},
        calm=_is_calm(hearing),
    )


def _is_calm(hearing: Hearing) -> bool:
    """Whether no gate that acts comes near to what makes its harm likely, anywhere."""
    level = min(log_promote_at(hearing.rules.terms), math.log(WARN_AT), hearing.log_at)
    acting = [g for g in hearing.views.worse.gates if g.demand.mode is Mode.ACT]
    return all([gate.harm.log_e < level - _NEAR for gate in acting])


def _gates(hearing: Hearing) -> tuple[GateEvidence, ...]:
    places = range(len(hearing.views.started.gates))
    each = [_gate(hearing, place) for place in places]
    return (*each, *_drift(hearing), *_ratio(hearing))


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
        say=partial(hearing.sentence, place),
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
            say=lambda: hearing.drift_sentence,
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
            say=partial(sample_ratio.sentence, ratio, terms),
            asked=False,
            mode=terms.gates.sample_ratio.mode.value,
        ),
    )


def _pooled_log10(hearing: Hearing, place: int) -> float | None:
    if hearing.views.pooled is None:
        return None
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


def _wanting(hearing: Hearing) -> Words:
    wanting = needs(hearing)
    waits_for = "; ".join([need.short for need in wanting])
    return Words(tuple([need.reason for need in wanting]), waits_for)


def _watch(hearing: Hearing) -> tuple[str, ...]:
    level = hearing.views.worse.log_harm
    said = [hearing.sentence(place) for place in hearing.suspected]
    if hearing.drift_holds:
        said.append(hearing.drift_sentence)
    seen = hearing.views.started
    if seen.scale is not None and seen.scale.moved:
        said.append(seen.scale.sentence)
    held = tuple([*said, *unpaired(hearing.rules, seen)])
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
