"""Bringing a rollout in line with the policy of today: begun, switched off, or about another candidate."""

from __future__ import annotations

from cutover.approving.approvals import Grounds, outdated
from cutover.cabinet import Cabinet, File
from cutover.decide import retried_by, retry_from_us
from cutover.evidence.reasons import OTHER
from cutover.history import record_hold, record_resume
from cutover.people import CONTROLLER, Deed
from cutover.stages import Signal, Stage
from policies.policy import RetriedBy
from policies.policy import Rollout as Declared

CHANGED = "the candidate changed in the policy: this evidence is about another one"

ANEW = "evidence begins anew"
PUT_BACK = "what mirror showed is not shown by that: a person puts it back, or rolls back and mirrors anew"


def align(cabinet: Cabinet, file: File) -> None:
    """Makes the moves that the policy itself asks for; none of them needs evidence.

    A candidate that changed while it answers people holds the rollout, because neither to go on
    nor to fall back follows from a change of the file: a person rolls back, or restores the policy.
    Where sessions count otherwise, or answers are compared with another yardstick, than the evidence
    was, it is gathered anew in mirror, and canary widens no further. In live nothing rests on it but
    detectors that restart.
    """
    match file.rollout.stage:
        case Stage.OFF | Stage.ROLLED_BACK if file.declared is not None:
            _begin(cabinet, file, file.declared)
        case Stage.MIRROR if why := _void(cabinet, file):
            _move(cabinet, file, why, Signal.STOP, Signal.START)
        case Stage.CANARY | Stage.LIVE if file.declared is not None and changed(cabinet, file):
            _hold(cabinet, file, CHANGED)
        case Stage.MIRROR | Stage.CANARY | Stage.LIVE if file.declared is not None:
            _hold_or_lift(cabinet, file)
        case Stage.MIRROR | Stage.CANARY | Stage.LIVE | Stage.ROLLED_BACK:
            if file.declared is None:
                _move(cabinet, file, "no longer in the policy", Signal.STOP)


def _begin(cabinet: Cabinet, file: File, declared: Declared) -> None:
    """Mirrors what the policy starts, and again what has rested after a rollback."""
    rollout = file.rollout
    if rollout.stage is Stage.OFF:
        if declared.start == "mirror" and not begins(cabinet, file, Signal.START):
            _move(cabinet, file, "the policy starts it", Signal.START)
    elif _rested(cabinet, file):
        times = len(cabinet.terms(file).retry.rests)
        why = f"its rest after rollback {rollout.attempt} of {times} is over"
        _move(cabinet, file, why, Signal.RETRY)


def begins(cabinet: Cabinet, file: File, signal: Signal) -> str:
    """Why the controller does not begin to mirror yet what is off or has rested; "" where it may.

    Neither the day of an entry nor the end of a rest is known while the clock is off.
    """
    return cabinet.clock_off() or cabinet.fleet.waits(file.rollout, signal, file.told)


def expire(cabinet: Cabinet, file: File) -> None:
    """Ends an open proposal that no longer stands, so that a new one can be made."""
    if file.proposal is None:
        return
    now_us = cabinet.now_us()
    by_us = file.proposal.at_us if cabinet.clock_off() else now_us  # no jump ends it
    if why := outdated(file.proposal, grounds(cabinet, file), by_us):
        with cabinet.changing(file) as conn:
            cabinet.void(conn, file, why, now_us)


def grounds(cabinet: Cabinet, file: File) -> Grounds:
    """What holds now, for a proposal to be tested against."""
    bound = cabinet.bound(file)
    return Grounds(
        bound.policy_sha256, bound.candidate, file.rollout, file.promotes, file.told.reasons
    )


def changed(cabinet: Cabinet, file: File) -> bool:
    """Whether the evidence is about another candidate than the policy declares now."""
    declared = file.declared
    return declared is not None and cabinet.candidate(declared) != file.rollout.candidate


def mixed(file: File) -> str:
    """Says that answers count, or are compared, otherwise than the evidence to promote did; else ""."""
    if file.dossier is None or file.rollout.stage not in (Stage.MIRROR, Stage.CANARY):
        return ""
    if not file.dossier.unlike:
        return file.dossier.yardstick.mixed
    to_do = ANEW if file.rollout.stage is Stage.MIRROR else PUT_BACK
    return f"{file.dossier.unlike}; {to_do}"


def _void(cabinet: Cabinet, file: File) -> str:
    """Why the evidence of a declared rollout is to be gathered anew; "" where it is not."""
    if file.declared is None:
        return ""
    if changed(cabinet, file):
        return CHANGED
    kept = file.dossier
    replaced = kept is not None and (kept.unlike or kept.yardstick.replaced)
    return mixed(file) if replaced else ""


def _rested(cabinet: Cabinet, file: File) -> bool:
    """Whether it is for the controller, and time, to mirror a rolled back rollout again."""
    rollout, terms = file.rollout, cabinet.terms(file)
    return (
        retried_by(rollout, terms, for_harm=file.for_harm) is RetriedBy.CONTROLLER
        and not rollout.held_by
        and cabinet.now_us() >= retry_from_us(rollout, terms)
        and not begins(cabinet, file, Signal.RETRY)
    )


def _move(cabinet: Cabinet, file: File, reason: str, *signals: Signal) -> None:
    deed = Deed(CONTROLLER, cabinet.now_us(), reason)
    with cabinet.changing(file) as conn:
        for signal in signals:
            cabinet.move(conn, file, signal, deed)


def _hold(cabinet: Cabinet, file: File, reason: str) -> None:
    if not file.rollout.held_by:
        with cabinet.changing(file) as conn:
            deed = Deed(CONTROLLER, cabinet.now_us(), reason)
            file.saved = record_hold(conn, file.saved, deed)


def _hold_or_lift(cabinet: Cabinet, file: File) -> None:
    """Another's answers in the candidate's name hold it until a person has looked into them."""
    rollout = file.rollout
    sighting = cabinet.sighted.get(rollout.key)
    if rollout.held_by == CONTROLLER.name and rollout.hold_reason == CHANGED:
        reason = "the policy declares the candidate of the evidence again"
        with cabinet.changing(file) as conn:
            deed = Deed(CONTROLLER, cabinet.now_us(), reason)
            file.saved = record_resume(conn, file.saved, deed)
    if sighting is not None:
        _hold(cabinet, file, f"{OTHER} {sighting.upstream}: {sighting.what}"[:500])
