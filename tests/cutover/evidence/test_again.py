"""One verdict computed again: what is gone, what differs, and what had no verdict behind it."""

import json
from dataclasses import replace

import pytest
from builders import REHEARSAL, REHEARSAL_RULES, rollout, scored
from hypothesis import given
from hypothesis import strategies as st

from cutover.approving.approvals import freeze
from cutover.evidence.again import Before, Outcome, look_behind, unequal, unkept, verdict_again
from cutover.evidence.course import Observation
from cutover.evidence.look import REVISION, Look
from cutover.evidence.observation import observe
from cutover.evidence.recorded import Part, folded
from cutover.evidence.standing import Standing
from cutover.stages import Stage

LOOK = Look(rollout(), 3, (), 100, 20.0, (), "p" * 64)
NOTHING = Part(Standing(1, Stage.MIRROR, 0), ())
NOBODY = Before((), NOTHING, lambda _: None)


@pytest.mark.parametrize("evidence", ["", "{}", '{"verdict":"hold"}'])
def test_a_decision_without_a_look_has_no_verdict_behind_it(evidence):
    assert look_behind(evidence) is None
    assert verdict_again(NOBODY, evidence).outcome is Outcome.NOTHING


def test_without_the_policy_or_the_sessions_it_is_a_gap():
    evidence = freeze({"look": LOOK.body()})[0]
    assert look_behind(evidence) == LOOK
    found = verdict_again(NOBODY, evidence)
    assert (found.outcome, found.why) == (Outcome.GAP, unkept(LOOK))
    assert "of SHA-256 pppppppppppppppp... is not kept" in found.why
    few = verdict_again(Before((), NOTHING, lambda _: object()), evidence)
    assert (few.outcome, few.why) == (Outcome.GAP, "0 of 3 sessions are there")


@pytest.mark.parametrize(
    ("revision", "outcome"), [(REVISION, Outcome.DIFFERS), (1, Outcome.GAP)]
)
def test_another_versions_verdict_that_would_be_told_otherwise_is_a_gap(revision, outcome):
    told = {"kind": "promote", "look": replace(LOOK, recorded=0, revision=revision).body()}
    if revision == 1:
        del told["look"]["revision"]  # it knew of none
    evidence = freeze(told)[0]
    before = Before((), NOTHING, lambda _: REHEARSAL_RULES)
    found = verdict_again(before, evidence)
    assert found.outcome is outcome
    assert found.why.startswith("another version of crossfade") is (outcome is Outcome.GAP)


def test_what_differs_is_named():
    assert unequal({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}) == (
        "b recorded 2, again 3, c recorded None, again 4"
    )


def told(number):
    """A session as it is recorded, one in three of them bad."""
    row = scored(number, fail_codes=("DOSE",) if number % 3 == 0 else ())
    session = observe(REHEARSAL_RULES, row.session, row.accepted_us, [row])
    values = json.loads(json.dumps(session.told()))
    return Observation(number, row.session, row.accepted_us, row.accepted_us, values)


KEPT = Part(Standing(1, Stage.MIRROR, 0), [told(number) for number in range(1, 13)])
OTHER_RULES = replace(REHEARSAL_RULES, terms=REHEARSAL.model_copy(update={"mixture_every": 2}))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 12), st.sampled_from([REHEARSAL_RULES, OTHER_RULES]), st.booleans()
        )
    )
)
def test_in_whatever_order_it_is_asked_sums_are_those_of_all_sessions_at_once(asked):
    before = Before((), KEPT, lambda _: REHEARSAL_RULES)
    for recorded, rules, measured in asked:
        part = replace(KEPT, kept=KEPT.kept[:recorded])
        whole = folded(rules, [part], Stage.MIRROR)
        assert before.upto(rules, recorded, measured=measured).closed == whole.closed
