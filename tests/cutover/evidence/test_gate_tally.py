"""One gate's two processes: what closed and open sessions say to each."""

import math

import pytest
from builders import REHEARSAL, failure, scored

from cutover.evidence.eprocess import UNKNOWN, MeanAbove, MeanAboveLately, MeanAboveSince
from cutover.evidence.gate_tally import LATELY, GateTally
from cutover.evidence.gates import Basis, Rules, demands
from cutover.evidence.observation import OpenSession, observe
from cutover.evidence.tally import Tally
from cutover.stages import Stage

RULES = Rules(REHEARSAL, Basis.NOISE)
ERRORS = demands(REHEARSAL.gates, Basis.NOISE)[1]


def begun(**given):
    bar = ERRORS.bar
    return GateTally(ERRORS, MeanAbove(1 - bar), MeanAboveSince(bar, 5), **given)


def session(row):
    return observe(RULES, row.session, row.accepted_us, [row])


def test_an_open_session_is_at_its_worst_for_a_promotion_and_at_its_least_for_harm():
    found = begun().after([OpenSession("a", 0, {"errors": 0.2}), OpenSession("b", 1)])
    assert found.shown == begun().shown.after([UNKNOWN, UNKNOWN])
    assert found.harm == begun().harm.after([0.2, UNKNOWN])
    assert (found.n, found.mean) == (0, None)


def test_where_only_served_sessions_show_it_others_speak_for_harm_alone():
    line = [session(failure(scored(1))), session(scored(2, serving="candidate"))]
    found = begun(served_only=True).after(line)
    assert (found.shown.n, found.harm.n, found.n) == (1, 2, 1)


def test_the_last_sessions_alone_are_told_apart():
    line = [session(scored(n)) for n in range(LATELY)] + [session(failure(scored(99)))]
    found = begun().after(line)
    assert found.mean == pytest.approx(1 / 21)
    assert found.lately.mean == pytest.approx(1 / 20)


@pytest.mark.parametrize(
    ("stage", "kind"), [(Stage.CANARY, MeanAboveSince), (Stage.LIVE, MeanAboveLately)]
)
def test_anew_it_has_seen_nothing_and_is_held_against_the_bar_that_is_given(stage, kind):
    first = Tally.begin(RULES, stage).gates[1]
    gate = first.after([session(failure(scored(n))) for n in range(9)])
    assert gate.anew(gate.demand.bar) == first
    other = gate.anew(0.4)
    assert (other.demand.bar, other.harm.m, other.n) == (0.4, 0.4, 0)
    assert isinstance(other.harm, kind)
    assert other.harm.log_e == (-math.inf if stage is Stage.LIVE else 0.0)
