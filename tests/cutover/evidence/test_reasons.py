"""Sentences for an engineering lead: the gate, numbers with units, and how much more."""

import pytest
from builders import REHEARSAL, REHEARSAL_RULES, failure, scored

from cutover.evidence.eprocess import MeanAbove
from cutover.evidence.gates import Basis, Gate, demands
from cutover.evidence.observation import Rules
from cutover.evidence.reasons import duration, finding, measured, more_needed, percent
from cutover.evidence.tally import Account
from cutover.stages import Stage


def said(rows, gate, rules=REHEARSAL_RULES, stage=Stage.MIRROR, step=0):
    account = Account.begin(rules, stage, step)
    account.take(rows)
    tally = account.look([], 10**15).closed
    return finding(
        rules, next(one for one in tally.gates if one.demand.name == gate), tally.codes
    )


@pytest.mark.parametrize(
    ("row", "gate", "sentence"),
    [
        (
            scored(1, equivalence=0.80),
            Gate.EQUIVALENCE,
            "equivalence: agreement with the primary is 0.15 below the primary's with itself "
            "(at most 0.15 below is asked), over 1 session",
        ),
        (
            failure(scored(1)),
            Gate.ERRORS,
            "errors: the candidate alone failed in 100 % of exchanges "
            "(less than 10 % is asked), over 1 session",
        ),
        (
            scored(1),
            Gate.LATENCY,
            "latency: 0 % of the candidate's answers failed or took over 2,000 ms, or 800 ms to a "
            "stream's first token (less than 10 % is asked), over 1 session",
        ),
        (
            scored(1, fail_codes=("DOSE_CONFLICT", "EMPTY", "DOSE_CONFLICT")),
            Gate.FLAGS,
            "flags: 100 % of answers have a fail flag or never came (less than 15 % is asked), "
            "mostly DOSE_CONFLICT (2), EMPTY (1), over 1 session",
        ),
    ],
)
def test_each_gate_says_what_it_saw_and_what_is_asked(row, gate, sentence):
    assert said([row], gate) == sentence


def test_a_candidate_that_agrees_more_than_the_primary_with_itself():
    rows = [scored(n, equivalence=0.97) for n in range(3)]
    assert "is 0.02 above the primary's with itself" in said(rows, Gate.EQUIVALENCE)
    assert said(rows, Gate.EQUIVALENCE).endswith("over 3 sessions")


def test_agreement_is_not_called_quality():
    rules = Rules(REHEARSAL, Basis.BAR)
    assert said([scored(1, equivalence=0.71)], Gate.EQUIVALENCE, rules) == (
        "equivalence: agreement with the primary is 0.71 "
        "(more than 0.65 is asked; agreement, not quality), over 1 session"
    )


def test_nothing_seen_is_said_as_nothing_seen():
    assert said([], Gate.FLAGS) == "flags: no session has shown anything yet"


def test_latency_of_served_sessions_says_so():
    rows = [scored(1, serving="candidate"), scored(2)]
    assert said(rows, Gate.LATENCY, stage=Stage.CANARY, step=1).endswith(
        "over 1 session it served here"
    )


def test_badness_is_told_in_the_gates_own_unit():
    equivalence, *_, flags = demands(REHEARSAL.gates, Basis.NOISE)[:4]
    assert measured(REHEARSAL_RULES, equivalence, 0.65) == pytest.approx(-0.15)
    assert measured(Rules(REHEARSAL, Basis.BAR), equivalence, 0.3) == pytest.approx(0.7)
    assert measured(REHEARSAL_RULES, flags, 0.3) == 0.3


def test_how_much_more_is_needed():
    three = 3.0
    assert more_needed(MeanAbove(0.9), 1.0, three) == "at least 43 sessions"
    assert more_needed(MeanAbove(0.9).after([1.0] * 40), 1.0, three) == "about 3 more sessions"
    assert (
        more_needed(MeanAbove(0.9).after([0.5] * 40), 1.0, three)
        == "better answers than so far"
    )


@pytest.mark.parametrize(
    ("seconds", "told"), [(3, "3 seconds"), (600, "10 minutes"), (86_400, "24.0 hours")]
)
def test_spans_of_time(seconds, told):
    assert duration(seconds) == told


def test_shares_are_told_as_percents():
    assert [percent(x) for x in (0, 0.0185, 0.1, 1)] == ["0 %", "1.85 %", "10 %", "100 %"]
