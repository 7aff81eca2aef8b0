"""Whether the evidence covers the clock: its hours, and the day, the night and the peak by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.evidence.gates import Gate, Rules, log_promote_at
from cutover.evidence.hearing import Hearing, best_of
from cutover.evidence.reasons import duration, measured, more_needed, number_needed, percent
from cutover.evidence.strata import OWN_EVIDENCE_ABOVE, SECOND_US, Shown, Strata, Stratum


def uncovered(hearing: Hearing) -> Iterator[tuple[str, str]]:
    """What of the clock is not covered yet: in short, and as a sentence."""
    yield from _hours(hearing)
    strata = hearing.views.started.strata
    if strata is None:
        return
    ahead = _ahead(hearing, strata)
    for place, stratum in enumerate(strata.each):
        if strata.share(stratum) > OWN_EVIDENCE_ABOVE:
            yield from _by_itself(hearing, strata, place)
        elif stratum.name in ahead:
            more = f"{duration(ahead[stratum.name] * 60)} more of {stratum.name}"
            yield more, f"{_named(strata, stratum)} has not passed once yet: needs {more}"


def covered(hearing: Hearing) -> tuple[str, ...]:
    """That the strata are covered, as a sentence; nothing where none are asked for."""
    strata = hearing.views.started.strata
    if strata is None:
        return ()
    told = [
        _named(strata, one) + (" by itself" if strata.share(one) > OWN_EVIDENCE_ABOVE else "")
        for one in strata.each
    ]
    return (f"covered: {', '.join(told)}",)


def _hours(hearing: Hearing) -> Iterator[tuple[str, str]]:
    seen, hours = hearing.views.started, hearing.rules.terms.coverage.hours
    spanned = 0.0
    if seen.first_us is not None and seen.last_us is not None:
        spanned = (seen.last_us - seen.first_us) / SECOND_US / 3600
    if spanned < hours:
        more = f"{duration((hours - spanned) * 3600)} more of the clock"
        yield more, f"the sessions span {spanned:.1f} of {hours:g} hours: needs {more}"


def _ahead(hearing: Hearing, strata: Strata) -> dict[str, float]:
    """The minutes of each stratum that are still to pass once."""
    seen = hearing.views.started
    if seen.first_us is None or seen.last_us is None:
        return dict(strata.week.needs)
    return strata.week.ahead(seen.first_us, seen.last_us)


def _by_itself(hearing: Hearing, strata: Strata, place: int) -> Iterator[tuple[str, str]]:
    """What a stratum with a fair part of the sessions does not show by itself."""
    stratum = strata.each[place]
    lacking = [one for one in hearing.asked if not _shown(hearing, place, one)]
    if not lacking:
        return
    closed = hearing.views.closed.strata
    known = (closed or strata).each[place].gates
    slowest = max([known[one] for one in lacking], key=lambda gate: _sessions(hearing, gate))
    best = best_of(hearing.rules, slowest.demand)
    log_at = log_promote_at(hearing.rules.terms)
    more = more_needed(slowest.shown, best, log_at)
    time = hearing.when(number_needed(slowest.shown, best, log_at) / strata.share(stratum))
    told = ", ".join([_told(hearing.rules, stratum.gates[one]) for one in lacking])
    yield (
        f"{stratum.name} needs {more}{time}",
        f"{_named(strata, stratum)} does not show by itself yet: {told}; needs {more} of {stratum.name}{time}",
    )


def pooled(hearing: Hearing) -> bool:
    """Whether a stratum that must show the gates by itself shows one by the pool alone."""
    strata = hearing.views.started.strata
    own = (
        [
            place
            for place, one in enumerate(strata.each)
            if strata.share(one) > OWN_EVIDENCE_ABOVE
        ]
        if strata
        else []
    )
    return any(not _by_own(hearing, place, gate) for place in own for gate in hearing.asked)


def _shown(hearing: Hearing, place: int, gate: int) -> bool:
    """Whether a stratum shows a gate, or the pool does."""
    strata = hearing.views.started.strata
    assert strata is not None, "there are strata to ask"
    by_pool = hearing.by_pool(gate, strata.each[place].name)
    return _by_own(hearing, place, gate) or by_pool


def _by_own(hearing: Hearing, place: int, gate: int) -> bool:
    """Whether a stratum shows a gate; what an optional gate never saw there blocks nothing."""
    looks = [hearing.views.closed.strata, hearing.views.started.strata]
    gates = [look.each[place].gates[gate] for look in looks if look is not None]
    if gates[-1].demand.optional and gates[-1].n == 0:
        return True
    return max([one.shown.log_e for one in gates]) >= log_promote_at(hearing.rules.terms)


def _sessions(hearing: Hearing, gate: Shown) -> int:
    best = best_of(hearing.rules, gate.demand)
    return number_needed(gate.shown, best, log_promote_at(hearing.rules.terms))


def _named(strata: Strata, stratum: Stratum) -> str:
    return f"{stratum.name}, {percent(strata.share(stratum))} of the sessions,"


def _told(rules: Rules, gate: Shown) -> str:
    """What a gate saw in a stratum, and what is asked there."""
    demand = gate.demand
    if gate.mean is None:
        return f"{demand.name} has seen nothing"
    mean, bar = (measured(rules, demand, bad) for bad in (gate.mean, demand.bar))
    if demand.gate is Gate.EQUIVALENCE or demand.is_difference(rules.basis):
        return f"{demand.name} {mean:.2f} (more than {bar:.2f} is asked)"
    return f"{demand.name} {percent(mean)} (less than {percent(bar)} is asked)"
