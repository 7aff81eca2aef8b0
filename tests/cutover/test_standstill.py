"""What people are told of a rollout that compares nothing."""

from dataclasses import replace

import pytest
from builders import REHEARSAL, rollout

from cutover import standstill, views, zone
from cutover.approving import approvals
from cutover.evidence.verdict import Kind, Verdict, Words
from cutover.history import Moved
from cutover.people import CONTROLLER
from cutover.rollout import Transition
from cutover.stages import Signal, Stage
from policies.policy import RetriedBy

NOW = 1_700_000_000_000_000
HARM = Verdict(
    Kind.ROLL_BACK, lambda: Words(("errors: too many",)), tuple, 3.1, 3.0, 12, 0, 0, 0.0
)
FROZEN = approvals.freeze(views.tell(HARM).body())[0]
HELD = approvals.freeze(views.tell(replace(HARM, kind=Kind.HOLD)).body())[0]
ROLLED_BACK = rollout(Stage.ROLLED_BACK, since_us=NOW)


def moved(actor, reason, evidence):
    """A rollback from canary."""
    move = Transition(
        "clinic", "chat", Signal.ROLL_BACK, Stage.CANARY, Stage.ROLLED_BACK, 20.0, 0.0, 2, NOW,
        actor, reason,
    )  # fmt: skip
    return Moved(move, evidence)


BY_HARM = moved(CONTROLLER.name, "errors: too many", FROZEN)


def clocked(at_us):
    """A moment in Kuala Lumpur."""
    return zone.moment(at_us, "Asia/Kuala_Lumpur")


def terms(by):
    """A rest of an hour after the first rollback."""
    retry = REHEARSAL.retry.model_copy(update={"by": by, "rests": (1.0,)})
    return REHEARSAL.model_copy(update={"cooldown_s": 3600.0, "retry": retry})


def test_what_harm_rolled_back_keeps_its_reasons():
    told = standstill.told(ROLLED_BACK, BY_HARM)
    assert (told.verdict, told.reasons) == ("roll_back", ("errors: too many",))
    assert told.sessions == HARM.sessions


@pytest.mark.parametrize(
    ("by", "before", "after"),
    [
        (RetriedBy.CONTROLLER, "its rest, which ends {}; then the controller mirrors it again",
         "the controller to mirror it again: its rest has ended"),
        (RetriedBy.PERSON, "a person to resume it, after its rest, which ends {}",
         "a person to resume it: its rest has ended"),
    ],
)  # fmt: skip
def test_a_rest_is_told_as_of_now_on_both_clocks_and_as_past_once_it_is_over(by, before, after):
    def told(now_us):
        return standstill.rest(
            ROLLED_BACK, terms(by), for_harm=True, now_us=now_us, moment=clocked
        )

    assert told(NOW) == before.format("2023-11-14 23:13:20 UTC (Nov 15 07:13:20 Kuala Lumpur)")
    assert told(NOW + 3_600_000_000) == after


def test_a_rest_is_that_of_the_terms_of_now():
    longer = terms(RetriedBy.PERSON).model_copy(update={"cooldown_s": 7_200.0})
    told = standstill.rest(ROLLED_BACK, longer, for_harm=True, now_us=NOW, moment=clocked)
    assert told.endswith("which ends 2023-11-15 00:13:20 UTC (08:13:20 Kuala Lumpur)")
    mirrored = rollout(Stage.MIRROR)
    assert not standstill.rest(mirrored, longer, for_harm=True, now_us=NOW, moment=clocked)


@pytest.mark.parametrize(
    ("move", "for_harm"),
    [
        (moved(CONTROLLER.name, "errors: too many", FROZEN), True),
        (moved(CONTROLLER.name, "the candidate's server was taken out", HELD), False),
        (moved("erik", "complaints", FROZEN), False),
        (moved("erik", "complaints", HELD), False),
    ],
)
def test_harm_is_said_to_be_shown_only_where_the_controller_rolled_back_for_it(move, for_harm):
    told = standstill.rolled_back(ROLLED_BACK, move)
    assert told is not None
    assert (told.by, told.reason) == (move.transition.actor, move.transition.reason)
    assert told.for_harm is for_harm


def test_what_is_off_was_rolled_back_by_nobody():
    off = moved("erik", "no longer in the policy", "")
    assert standstill.rolled_back(rollout(Stage.OFF), off) is None


@pytest.mark.parametrize("evidence", [HELD, FROZEN])
def test_what_a_person_rolled_back_says_who_and_why_and_waits_for_a_person(evidence):
    move = moved("erik", "complaints", evidence)
    told = standstill.told(ROLLED_BACK, move)
    assert told.reasons == ("rolled back by erik: complaints",)
    again = terms(RetriedBy.CONTROLLER)
    waits = standstill.rest(ROLLED_BACK, again, for_harm=False, now_us=NOW, moment=clocked)
    assert waits.startswith("a person to resume it")


def test_what_is_off_says_so():
    move = replace(moved("erik", "no longer in the policy", ""), evidence="")
    told = standstill.told(rollout(Stage.OFF), move)
    assert (told.reasons, told.waits_for) == ((standstill.OFF,), "a person to resume it")
