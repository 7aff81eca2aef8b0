"""What bears on a decision beside the verdict: pins, freezes, the plan, incidents, another candidate's evidence."""

from __future__ import annotations

from cutover.align import CHANGED, begins, changed, mixed
from cutover.cabinet import Cabinet, File
from cutover.decide import Circumstances, onward, retried_by
from cutover.emergency import incidents
from cutover.evidence.dossier import COMPARING
from cutover.evidence.look import Look
from cutover.evidence.observation import Line
from cutover.plans.frozen import frozen
from cutover.stages import Signal, Stage
from policies.policy import RetriedBy


def circumstances(cabinet: Cabinet, file: File, *, approved: bool = False) -> Circumstances:
    """All of them, of one rollout at this moment."""
    pinned = (
        file.declared is not None
        and cabinet.policy.tenants[file.declared.tenant].pinned is not None
    )
    # It is asked of every rollout at every tick, and matters only where something could move.
    still = at_rest(cabinet, file) if file.promotes else ""
    return Circumstances(
        approved=approved,
        pinned=pinned,
        frozen=void(cabinet, file) or still,
        waits=planned(cabinet, file) if file.promotes else "",
        rejected=rejected(cabinet, file) if file.promotes else "",
    )


def void(cabinet: Cabinet, file: File) -> str:
    """Says that the evidence is about another candidate than the policy's, or measured otherwise; else ""."""
    if file.rollout.stage not in COMPARING:
        return ""
    return CHANGED if changed(cabinet, file) else mixed(file)


def looked(
    cabinet: Cabinet,
    file: File,
    recorded: int,
    tail: Line,
    alarm: float,
    gaps: tuple[str, ...],
) -> Look:
    """All that the verdict of this moment rests on besides the recorded sessions."""
    now_us, pooled, measure = cabinet.now_us(), None, ""
    if file.declared is not None and file.dossier is not None:
        measure = file.dossier.bound.measure.digest
        comparators = file.dossier.yardstick.name
        pooled = cabinet.pool.pooled(file.declared, file.rollout, comparators, now_us)
    return Look(
        file.rollout,
        recorded,
        tail,
        now_us,
        alarm,
        gaps,
        cabinet.policy_sha256,
        file.newcomers.ratio,
        pooled,
        measure,
    )


def planned(cabinet: Cabinet, file: File) -> str:
    """What a rollout's next move, or its beginning, waits for: its turn in the plan, a clock that is off; "" for nothing."""
    rollout, terms = file.rollout, cabinet.terms(file)
    if rollout.stage is Stage.OFF and file.declared and file.declared.start == "mirror":
        return begins(cabinet, file, Signal.START)
    if rollout.stage is Stage.ROLLED_BACK:
        by = retried_by(rollout, terms, for_harm=file.for_harm)
        return cabinet.clock_off() if by is RetriedBy.CONTROLLER else ""
    signal = Signal.START if rollout.stage is Stage.OFF else onward(rollout, terms)
    return cabinet.fleet.waits(rollout, signal, file.told) if signal else ""


def rejected(cabinet: Cabinet, file: File) -> str:
    """Whose no keeps the controller from proposing the next move of a rollout, and until when; "" for nobody's."""
    found = cabinet.rejections.get(file.rollout.key)
    if found is None or file.proposal is not None:
        return ""
    terms = cabinet.terms(file).approvals.rejected
    return found.sentence(file.rollout, terms, file.told.sessions, cabinet.now_us())


def at_rest(cabinet: Cabinet, file: File) -> str:
    """Why a rollout may not be widened now, whatever its evidence; "" where it may."""
    return (
        unaccepted(cabinet, file)
        or in_emergency(cabinet, file)
        or drilled(cabinet, file)
        or under_incident(cabinet, file)
        or cabinet.clock_off()
        or reduced(cabinet, file)
        or frozen_now(cabinet, file)
        or file.crowded
    )


def under_incident(cabinet: Cabinet, file: File) -> str:
    """The open incident that holds a rollout, its own first; "" where none does."""
    candidate = file.declared.candidate if file.declared else None
    return incidents.holding(cabinet.incidents, file.rollout.key, candidate)


def drilled(cabinet: Cabinet, file: File) -> str:
    """Says that a drill of a rollout is under way: its times are of the step that it began in."""
    if any(one.key == file.rollout.key for one in cabinet.drills):
        return "nothing is widened until its rollback drill has ended"
    return ""


def unaccepted(cabinet: Cabinet, file: File) -> str:
    """What is missing of the acceptance report that the policy asks for before canary; "" for nothing."""
    return cabinet.reports.gap(file.rollout, cabinet.terms(file).acceptance, cabinet.now_us())


def reduced(cabinet: Cabinet, file: File) -> str:
    """Says that a GPU of its candidate is hot or lost, where no capacity is declared to reckon with."""
    name = file.declared.candidate.upstream if file.declared else ""
    upstream = cabinet.policy.upstreams.get(name)
    for one in cabinet.switches.halved:
        if one.upstream == name and upstream and upstream.capacity.in_flight is None:
            return f"nothing is widened to {name}, of which only half is accepted: {one.why}"
    return ""


def in_emergency(cabinet: Cabinet, file: File) -> str:
    """The emergency that concerns a rollout: nothing is widened while everything goes to the primary."""
    for one in cabinet.switches.emergencies:
        if one.concerns(file.rollout.key):
            return f"nothing is widened until the emergency {one.name} is over: {one.reason}"
    return ""


def frozen_now(cabinet: Cabinet, file: File) -> str:
    """Until when a rollout is frozen, and why; "" where it is not."""
    key, now_us = file.rollout.key, cabinet.now_us()
    # Who breaks the glass opens the calendar's freezes, and those placed before; not what came later.
    found = frozen(
        cabinet.almanac,
        key,
        now_us,
        broken=cabinet.freezes.broken(key, now_us) is not None,
        placed=cabinet.freezes.spans(key, now_us),
    )
    return found.sentence if found else ""
