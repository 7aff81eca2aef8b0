"""Recorded sessions added up by the measure of today."""

from dataclasses import replace

import pytest
from builders import REHEARSAL, scored

from cutover.evidence.course import Observation
from cutover.evidence.gates import Basis, Rules
from cutover.evidence.measure import Stretch, measure_of
from cutover.evidence.recorded import Part, folded
from cutover.evidence.standing import Standing
from cutover.evidence.tally import Account
from cutover.stages import Stage

RULES, OTHER = Rules(REHEARSAL, Basis.NOISE), Rules(REHEARSAL, Basis.BAR)
MIRROR, LIVE = Standing(1, Stage.MIRROR, 0), Standing(2, Stage.LIVE, 0)


def kept(rules, first, sessions):
    account = Account.begin(rules, Stage.MIRROR)
    rows = [scored(first + n, recorded_key=f"k{first + n}") for n in range(sessions)]
    account.take(rows)
    joined = account.look([], 10**15).joined
    return [
        Observation(n, one.id, one.start_us, 0, one.told()) for n, one in enumerate(joined, 1)
    ]


def test_sessions_of_todays_measure_are_added_up_and_no_others():
    mine, theirs = measure_of(RULES), measure_of(OTHER)
    mirror = Part(MIRROR, kept(RULES, 0, 5), (Stretch(1, 0, mine),))
    live = Part(LIVE, kept(OTHER, 100, 6), (Stretch(2, 0, theirs), Stretch(2, 4, mine)))
    account = folded(RULES, [mirror, live], Stage.LIVE)
    assert account.closed.sessions == 2
    assert account.carried["errors"] > 0
    other = folded(OTHER, [mirror, live], Stage.LIVE)
    assert other.closed.sessions == 4
    assert other.carried["errors"] == 0


def test_what_does_not_count_has_been_answered_all_the_same():
    live = Part(LIVE, kept(OTHER, 100, 6), (Stretch(2, 0, measure_of(OTHER)),))
    account = folded(RULES, [Part(MIRROR, ()), live], Stage.LIVE)
    account.take([scored(102, recorded_key="k102"), scored(300, recorded_key="k103")])
    seen = account.look([], 10**15)
    assert [(one.id, one.fresh) for one in seen.joined] == [("s000300", 0)]


def test_sessions_of_which_nothing_is_known_count_as_they_always_did():
    assert folded(RULES, [Part(MIRROR, kept(OTHER, 0, 6))], Stage.MIRROR).closed.sessions == 6


def changed(rules, part, **values):
    """The same rules but for some keys of one part of their terms."""
    terms = rules.terms
    new = getattr(terms, part).model_copy(update=values)
    return replace(rules, terms=terms.model_copy(update={part: new}))


def latency(rules):
    slower = rules.terms.gates.latency.model_copy(update={"target_ms": 9_000.0})
    return changed(rules, "gates", latency=slower)


def declared(rules, bar):
    other = rules.terms.gates.equivalence.model_copy(update={"bar": bar})
    return changed(rules, "gates", equivalence=other)


def measured(number, count, comparators, agreement):
    rows = [
        scored(number + n, comparators=comparators, equivalence=agreement, noise_floor=None)
        for n in range(count)
    ]
    account = Account.begin(OTHER, Stage.LIVE)
    account.take(rows)
    joined = account.look([], 10**15).joined
    return [
        Observation(number + n, one.id, one.start_us, 0, one.told())
        for n, one in enumerate(joined)
    ]


def exchanged(today):
    """Workers were exchanged in live, then the policy became that of today, and all went on as it was."""
    mirror = Part(MIRROR, measured(1, 50, "v1", 0.8), (Stretch(1, 0, measure_of(OTHER)),))
    kept = [*measured(1, 200, "v2", 0.58), *measured(201, 300, "v2", 0.58)]
    then = (Stretch(2, 0, measure_of(OTHER)), Stretch(2, 200, measure_of(today)))
    return folded(today, [mirror, Part(LIVE, kept, then)], Stage.LIVE).closed


def test_a_change_of_policy_does_not_make_an_exchange_of_workers_harm():
    today = latency(OTHER)
    before, after = exchanged(OTHER), exchanged(today)
    assert (before.sessions, after.sessions) == (500, 300)
    assert (after.scale.first, after.scale.name) == ("v1", "v2")
    assert after.scale == before.scale
    assert after.log_harm < 5  # an alarm is at 6.9 and more


def test_a_bar_that_is_declared_anew_is_of_what_counts_since():
    after = exchanged(declared(OTHER, 0.5))
    assert (after.scale.first, after.scale.name, after.scale.bars) == ("v2", "v2", {})


def test_what_counted_is_forgotten_where_workers_were_exchanged_under_another_measure():
    ours, theirs = measure_of(RULES), measure_of(latency(RULES))
    kept = [*measured(1, 30, "v1", 0.8), *measured(31, 30, "v2", 0.8)]
    kept += measured(61, 5, "v2", 0.8)
    then = (Stretch(2, 0, ours), Stretch(2, 30, theirs), Stretch(2, 60, ours))
    tally = folded(RULES, [Part(LIVE, kept, then)], Stage.LIVE).closed
    by_name = {one.demand.name: one.n for one in tally.gates}
    assert (by_name["severe"], by_name["errors"]) == (0, 35)
    assert tally.scale.name == "v2"


@pytest.mark.parametrize("stage", [Stage.MIRROR, Stage.CANARY])
def test_what_coverage_asked_decides_what_counts_in_mirror_alone(stage):
    margins = REHEARSAL.coverage.margins.model_copy(update={"errors": 0.05})
    asked = changed(RULES, "coverage", strata=None, hours=24.0)
    today = changed(asked, "coverage", margins=margins)
    assert measure_of(asked).differs(measure_of(today), Stage.MIRROR)
    mirror = Part(MIRROR, kept(asked, 0, 9), (Stretch(1, 0, measure_of(asked)),))
    parts = [mirror]
    if stage is Stage.CANARY:
        parts.append(Part(Standing(2, stage, 0), ()))
    account = folded(today, parts, stage)
    if stage is Stage.MIRROR:
        assert account.closed.sessions == 0
    else:
        assert account.carried["errors"] > 0
