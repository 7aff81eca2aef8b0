"""What a promotion still needs: what was not shown, what is missing, and the clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cutover.evidence.covered import uncovered
from cutover.evidence.gates import Basis, log_promote_at
from cutover.evidence.hearing import Hearing
from cutover.evidence.reasons import duration, lost, missing, percent
from cutover.evidence.sample_ratio import holds, sentence
from cutover.evidence.sessions import SECOND_US
from cutover.evidence.tally import Tally
from cutover.stages import Stage


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that is missing: in short, as in "errors needs about 12 more sessions", and as a sentence."""

    short: str
    reason: str


def needs(hearing: Hearing) -> tuple[Need, ...]:
    """What stands between this standing and a promotion; nothing missing means promote."""
    found = (*_beside(hearing), *_gates(hearing))
    return (*found, *_of_pool(hearing)) if found else ()


def lacks(hearing: Hearing) -> bool:
    """Whether there are any. What costs least to find out is asked first, and no more than one is put into words."""
    if any(_wants(hearing, place) for place in range(len(hearing.views.started.gates))):
        return True
    return next(_beside(hearing), None) is not None


def _beside(hearing: Hearing) -> Iterator[Need]:
    """What is needed beside the gates' own evidence."""
    seen = hearing.views.started
    yield from [Need(gap, gap) for gap in hearing.gaps]
    yield from _missing(hearing, seen)
    if hearing.rollout.stage is Stage.MIRROR:
        yield from [Need(*pair) for pair in uncovered(hearing)]
    else:
        yield from _served(hearing, seen)
        yield from _share(hearing)
    if hearing.drift_holds:
        yield Need("agreement as at first", hearing.drift_sentence)


def _wants(hearing: Hearing, place: int) -> bool:
    """Whether a gate stands in the way."""
    if place in hearing.suspected:
        return True
    return place in hearing.asked and not hearing.is_shown(place)


def _of_pool(hearing: Hearing) -> list[Need]:
    """What the pool adds, where the policy asks it and something is still missing."""
    if hearing.views.pooled is None:
        return []
    count = hearing.views.pooled.sessions
    said = f"{sum(count.values()):,} sessions of {len(count)} tenants show no more"
    reason = f"the pool of the model: {hearing.unpooled or said}"
    return [Need(reason, reason)]


def _gates(hearing: Hearing) -> list[Need]:
    """What the gates themselves still need, and those that only watch and see harm coming."""
    needs = []
    for place, tally in enumerate(hearing.views.started.gates):
        name = tally.demand.title
        if place in hearing.suspected:
            needs.append(Need(f"a better result at the gate {name}", hearing.sentence(place)))
        elif _wants(hearing, place):
            more = f"{name} needs {hearing.more(tally)}"
            needs.append(Need(more, hearing.sentence(place)))
    return needs


def _share(hearing: Hearing) -> list[Need]:
    """What people approved is a share: another one is not what the evidence of a step is about."""
    ratio, terms = hearing.views.ratio, hearing.rules.terms
    if ratio is None or not holds(ratio, terms):
        return []
    return [Need("the candidate to be given its share of the sessions", sentence(ratio, terms))]


def _missing(hearing: Hearing, seen: Tally) -> list[Need]:
    if seen.sessions == 0:
        return [Need("sessions", "no session has been compared yet")]
    found = [Need(*pair) for pair in missing(hearing.rules, seen)]
    return found or _lately_missing(hearing, seen)


def _lately_missing(hearing: Hearing, seen: Tally) -> list[Need]:
    """What the share of all hides: many good sessions, and then none that could be scored."""
    likely = hearing.views.log_unscored >= log_promote_at(hearing.rules.terms)
    if hearing.rules.basis is Basis.NEIGHBOURS or not likely:
        return []
    most = percent(hearing.rules.terms.gates.missing_at_most)
    reason = (
        f"lately more than {most} of answered exchanges are shown to have no equivalence score "
        f"({percent(seen.missing)} of all at this stage{lost(seen)}): what is missing cannot speak for "
        "the candidate"
    )
    return [Need("scores that are missing", reason)]


def _served(hearing: Hearing, seen: Tally) -> list[Need]:
    steps = hearing.rules.terms.steps
    step = steps[min(hearing.rollout.step, len(steps) - 1)]  # the policy may have lost steps
    needs = []
    if seen.served < step.min_served:
        left = step.min_served - seen.served
        more = f"{left:,} more sessions served by the candidate"
        reason = (
            f"the candidate served {seen.served:,} of {step.min_served:,} sessions at this step"
        )
        more += hearing.when(left * seen.sessions / seen.served if seen.served else None)
        needs.append(Need(more, reason))
    soaked_s = (hearing.now_us - hearing.rollout.since_us) / SECOND_US
    if soaked_s < step.soak_s:
        more = f"{duration(step.soak_s - soaked_s)} more at this step"
        reason = f"{duration(soaked_s)} of {duration(step.soak_s)} at this step have passed"
        needs.append(Need(more, reason))
    return needs
