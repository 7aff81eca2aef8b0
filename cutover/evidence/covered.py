"""Whether the evidence covers the clock: its hours, and the day, the night and the peak by themselves.

The clock is that of the proxies, which stamp what they take, and one of them may be wrong. So nothing is covered
before the standing began nor after now, a session that was stamped later than it was compared says nothing of the time,
and a few sessions in a stratum are not yet a look at it.
"""

from __future__ import annotations

from collections.abc import Iterator

from cutover.evidence.counted import DAY_US
from cutover.evidence.gates import Gate, Rules, log_promote_at
from cutover.evidence.hearing import Hearing, best_of
from cutover.evidence.reasons import (
    MANY,
    duration,
    measured,
    more_needed,
    number_needed,
    percent,
)
from cutover.evidence.scored import AHEAD_US
from cutover.evidence.strata import (
    KEPT_DAYS,
    OWN_EVIDENCE_ABOVE,
    SECOND_US,
    Shown,
    Strata,
    Stratum,
)

LEAST = 20
"""Sessions of a stratum that are a look at it, where it has a small part of all."""

OFTEN = 3
"""A stratum with fewer that has passed so many times as often as it must has no more to show."""


def uncovered(hearing: Hearing) -> Iterator[tuple[str, str]]:
    """What of the clock is not covered yet: in short, and as a sentence."""
    yield from _ahead_of_now(hearing)
    yield from _hours(hearing)
    strata = hearing.views.started.strata
    if strata is None:
        return
    ahead, often = _ahead(hearing, strata), _ahead(hearing, strata, OFTEN)
    for place, stratum in enumerate(strata.each):
        own = strata.share(stratum) > OWN_EVIDENCE_ABOVE
        passes = strata.week.passes[stratum.name]
        if own:
            yield from _by_itself(hearing, strata, place)
        if stratum.name in ahead and (passes > 1 or not own):
            more = f"{duration(ahead[stratum.name] * 60)} more of {stratum.name}"
            yield (
                more,
                f"{_named(strata, stratum)} has not passed {_times(passes)} yet: needs {more}",
            )
        elif stratum.name in often and stratum.sessions:
            yield from _too_few(strata, stratum, own=own)


def covered(hearing: Hearing) -> tuple[str, ...]:
    """That the strata are covered, as a sentence; nothing where none are asked for."""
    strata = hearing.views.started.strata
    if strata is None:
        return ()
    return (f"covered: {'; '.join([_how(strata, one) for one in strata.each])}",)


def _how(strata: Strata, stratum: Stratum) -> str:
    if not stratum.sessions:
        return f"{stratum.name} passed without any traffic: nothing is known of it"
    own = strata.share(stratum) > OWN_EVIDENCE_ABOVE
    named = _named(strata, stratum)
    return f"{named} by itself" if own else named.removesuffix(",")


def span_us(hearing: Hearing) -> tuple[int, int] | None:
    """The first and the last start that say something of the clock: none before the standing nor after now."""
    seen = hearing.views.started
    if seen.first_us is None or seen.last_us is None:
        return None
    first_us = max(seen.first_us, hearing.rollout.since_us)
    return first_us, max(first_us, min(seen.last_us, hearing.now_us))


def _ahead_of_now(hearing: Hearing) -> Iterator[tuple[str, str]]:
    """That a proxy stamps what it takes with a time that has not come, today or within the last day."""
    views, seen = hearing.views, hearing.views.started
    starts = [one.start_us for one in views.tail]
    if hearing.now_us - seen.wrong_us <= DAY_US:
        starts.append(seen.ahead_us)
    latest_us = max([seen.last_us or 0, *starts])
    ahead_us = latest_us - hearing.now_us
    if ahead_us > AHEAD_US:
        off = duration(ahead_us / SECOND_US)
        yield (
            "proxies with the right time",
            f"a session began {off} later than now: the clock of a proxy is wrong, so it is not known "
            "which times of the day were seen; set the clocks of the proxies' machines right, and wait a day",
        )


def _too_few(strata: Strata, stratum: Stratum, *, own: bool) -> Iterator[tuple[str, str]]:
    """A stratum that passed, and in which hardly anybody was seen."""
    name, sessions, seen = stratum.name, stratum.sessions, len(stratum.days)
    days = min(strata.week.passes[name], KEPT_DAYS)
    if not own and sessions < LEAST:
        more = f"{LEAST - sessions} more session{'s' * (LEAST - sessions != 1)} of {name}"
        yield (
            more,
            f"{_named(strata, stratum)} has seen {sessions}: needs {more}, or to pass {OFTEN} times as often",
        )
    elif seen < days:
        more = f"sessions on {days - seen} more day{'s' * (days - seen != 1)} of {name}"
        yield (
            more,
            f"{_named(strata, stratum)} has seen them on {seen} of {days} days: needs {more}",
        )


def _times(passes: int) -> str:
    return "once" if passes == 1 else f"{passes} times"


def _hours(hearing: Hearing) -> Iterator[tuple[str, str]]:
    span, hours = span_us(hearing), hearing.rules.terms.coverage.hours
    spanned = (span[1] - span[0]) / SECOND_US / 3600 if span else 0.0
    if spanned < hours:
        more = f"{duration((hours - spanned) * 3600)} more of the clock"
        yield more, f"the sessions span {spanned:.1f} of {hours:g} hours: needs {more}"


def _ahead(hearing: Hearing, strata: Strata, times: int = 1) -> dict[str, float]:
    """The minutes of each stratum that are still to pass, `times` as often as it must."""
    return strata.week.ahead(*(span_us(hearing) or (0, 0)), times)


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
    needed = number_needed(slowest.shown, best, log_at)
    time = "" if needed >= MANY else hearing.when(needed / strata.share(stratum))
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
        return f"{demand.title} has seen nothing"
    mean, bar = (measured(rules, demand, bad) for bad in (gate.mean, demand.bar))
    if demand.gate is Gate.EQUIVALENCE or demand.is_difference(rules.basis):
        return f"{demand.title} {mean:.2f} (more than {bar:.2f} is asked)"
    return f"{demand.title} {percent(mean)} (less than {percent(bar)} is asked)"
