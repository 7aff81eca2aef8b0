"""Decisions, over every stage, verdict and circumstance."""

import itertools
from dataclasses import replace

import pytest
from builders import REHEARSAL, SECOND, rollout

from cutover.decide import (
    Apply,
    Circumstances,
    Propose,
    Stay,
    decide,
    onward,
    people_needed,
    retried_by,
    retry_from_us,
)
from cutover.evidence.verdict import Kind, Verdict, Words
from cutover.stages import TRANSITIONS, Signal, Stage
from policies.policy import Approvals, RetriedBy, Retry, Terms

ALL = list(
    itertools.product(
        Stage, (0, 1), Kind, *[(False, True)] * 4
    )  # approved, pinned, frozen, held
)


def verdict(kind):
    return Verdict(kind, lambda: Words(("because",)), tuple, 0.0, 1.0, 0, 0, 0, 0.0)


def decided(case, terms=REHEARSAL):
    stage, step, kind, approved, pinned, frozen, held = case
    at = rollout(stage, step, held_by="aisyah" if held else "", hold_reason="audit")
    around = Circumstances(approved, pinned, "month end" if frozen else "")
    return at, decide(at, verdict(kind), terms, around)


WORKING = (Stage.MIRROR, Stage.CANARY, Stage.LIVE)


@pytest.mark.parametrize("case", ALL, ids=str)
def test_what_stays_moves_nowhere_and_what_is_blamed_goes_back_whatever_its_verdict(case):
    stage, step, kind, approved, pinned, frozen, _ = case
    around = Circumstances(approved, pinned, "month end" if frozen else "")
    at = rollout(stage, step)
    staying = decide(
        at, verdict(kind), REHEARSAL, replace(around, stays="wait", blamed="newest")
    )
    assert isinstance(staying, Stay)
    blamed = decide(at, verdict(kind), REHEARSAL, replace(around, blamed="newest"))
    narrowed = decide(
        at, verdict(kind), REHEARSAL, replace(around, blamed="newest", narrows=True)
    )
    if stage in WORKING:
        assert blamed == Apply(Signal.ROLL_BACK, "newest")
        assert narrowed == Apply(Signal.NARROW, "newest")
    else:
        assert isinstance(blamed, Stay)


@pytest.mark.parametrize("case", ALL, ids=str)
def test_every_combination_has_one_lawful_decision(case):
    stage, step, kind, approved, pinned, frozen, held = case
    at, found = decided(case)
    working = stage in (Stage.MIRROR, Stage.CANARY, Stage.LIVE)
    if kind is Kind.ROLL_BACK and working:
        assert found == Apply(Signal.ROLL_BACK, "because")  # nothing ever blocks it
        return
    free = kind is Kind.PROMOTE and not (pinned or frozen or held)
    if not (free and stage in (Stage.MIRROR, Stage.CANARY)):
        assert isinstance(found, Stay)
        return
    widening = stage is Stage.CANARY and step == 0
    if widening or approved:
        assert isinstance(found, Apply)
    else:
        assert isinstance(found, Propose)
        assert (found.from_share, found.needed) == (at.share(REHEARSAL.steps), 1)
    assert found.signal in TRANSITIONS[stage]


def test_proposals_name_the_shares_they_move_between():
    _, entering = decided((Stage.MIRROR, 0, Kind.PROMOTE, False, False, False, False))
    _, leaving = decided((Stage.CANARY, 1, Kind.PROMOTE, False, False, False, False))
    assert entering == Propose(Signal.ENTER_CANARY, 0, 20, 1, "because")
    assert leaving == Propose(Signal.GO_LIVE, 50, 100, 1, "because")


def test_nobody_is_asked_where_the_policy_asks_nobody():
    terms = REHEARSAL.model_copy(update={"approvals": Approvals(to_canary=0, to_live=0)})
    _, found = decided((Stage.MIRROR, 0, Kind.PROMOTE, False, False, False, False), terms)
    assert found == Apply(Signal.ENTER_CANARY, "because")


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ((Stage.MIRROR, 0, Kind.PROMOTE, True, True, False, False), "pinned to the primary"),
        ((Stage.MIRROR, 0, Kind.PROMOTE, True, False, True, False), "month end"),
        ((Stage.MIRROR, 0, Kind.PROMOTE, True, False, False, True), "held by aisyah: audit"),
        ((Stage.MIRROR, 0, Kind.HOLD, True, False, False, False), "the verdict says"),
        ((Stage.OFF, 0, Kind.PROMOTE, True, False, False, False), "switched off"),
        ((Stage.ROLLED_BACK, 0, Kind.ROLL_BACK, True, False, False, False), "after its rest"),
    ],
)
def test_staying_says_why(case, words):
    _, found = decided(case)
    assert isinstance(found, Stay)
    assert words in found.reason


def test_the_way_onward_is_known_in_every_stage():
    assert onward(rollout(Stage.MIRROR), REHEARSAL) is Signal.ENTER_CANARY
    assert onward(rollout(Stage.CANARY, 0), REHEARSAL) is Signal.WIDEN
    assert onward(rollout(Stage.CANARY, 1), REHEARSAL) is Signal.GO_LIVE
    for stage in (Stage.OFF, Stage.LIVE, Stage.ROLLED_BACK):
        assert onward(rollout(stage), REHEARSAL) is None


def test_people_are_asked_before_the_first_and_before_the_last_step_only():
    approvals = Approvals(to_canary=1, to_live=2)
    needed = {
        signal: people_needed(rollout(Stage.CANARY), signal, approvals) for signal in Signal
    }
    assert needed.pop(Signal.ENTER_CANARY) == 1
    assert needed.pop(Signal.GO_LIVE) == 2
    assert set(needed.values()) == {0}


@pytest.mark.parametrize(
    ("attempt", "rest_s"), [(1, 60), (2, 360), (3, 1440), (4, 1440), (50, 1440)]
)
def test_each_rollback_is_followed_by_a_longer_rest(attempt, rest_s):
    at = rollout(Stage.ROLLED_BACK, since_us=5 * SECOND, attempt=attempt)
    assert retry_from_us(at, REHEARSAL) == (5 + rest_s) * SECOND
    assert retry_from_us(replace(at, attempt=1), Terms()) == 3605 * SECOND


@pytest.mark.parametrize(
    ("attempt", "for_harm", "by"),
    [
        (1, True, RetriedBy.CONTROLLER),
        (3, True, RetriedBy.CONTROLLER),
        (4, True, RetriedBy.PERSON),  # there is no rest left
        (1, False, RetriedBy.PERSON),  # a person knew why
    ],
)
def test_the_controller_retries_a_few_times_what_it_rolled_back_itself(attempt, for_harm, by):
    at = rollout(Stage.ROLLED_BACK, attempt=attempt)
    assert retried_by(at, Terms(), for_harm=for_harm) is by
    always = Terms(retry=Retry(by=RetriedBy.PERSON))
    assert retried_by(at, always, for_harm=for_harm) is RetriedBy.PERSON


def test_embeddings_have_no_steps_and_as_many_people_as_both_moves_need():
    embeds = replace(rollout(Stage.MIRROR), route="embed")
    assert onward(embeds, REHEARSAL) is Signal.GO_LIVE
    assert onward(rollout(Stage.MIRROR), REHEARSAL) is Signal.ENTER_CANARY
    for approvals in (Approvals(to_canary=2, to_live=1), Approvals(to_canary=0, to_live=2)):
        assert people_needed(embeds, Signal.GO_LIVE, approvals) == 2


def test_what_the_plan_has_wait_stays_and_harm_does_not():
    around = Circumstances(approved=True, waits="the plan's `rest` begins tomorrow")
    found = decide(rollout(), verdict(Kind.PROMOTE), REHEARSAL, around)
    assert found == Stay("the plan's `rest` begins tomorrow")
    assert isinstance(decide(rollout(), verdict(Kind.ROLL_BACK), REHEARSAL, around), Apply)
