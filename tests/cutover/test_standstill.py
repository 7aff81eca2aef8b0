"""What people are told of a rollout that compares nothing."""

from dataclasses import replace

import pytest
from builders import REHEARSAL, rollout

from cutover import standstill, views
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


def terms(by):
    """A rest of an hour after the first rollback."""
    retry = REHEARSAL.retry.model_copy(update={"by": by, "rests": (1.0,)})
    return REHEARSAL.model_copy(update={"cooldown_s": 3600.0, "retry": retry})


@pytest.mark.parametrize(
    ("by", "waits_for"),
    [
        (
            RetriedBy.CONTROLLER,
            "its rest, which ends at {}; then the controller mirrors it again",
        ),
        (RetriedBy.PERSON, "a person to resume it, after its rest, which ends at {}"),
    ],
)
def test_what_harm_rolled_back_keeps_its_reasons_and_says_when_it_goes_on(by, waits_for):
    move = moved(CONTROLLER.name, "errors: too many", FROZEN)
    told = standstill.told(ROLLED_BACK, move, terms(by))
    assert (told.verdict, told.reasons) == ("roll_back", ("errors: too many",))
    assert told.sessions == HARM.sessions
    assert told.waits_for == waits_for.format("2023-11-14 23:13:20 UTC")


@pytest.mark.parametrize("evidence", [HELD, FROZEN])
def test_what_a_person_rolled_back_says_who_and_why_and_waits_for_a_person(evidence):
    move = moved("erik", "complaints", evidence)
    told = standstill.told(ROLLED_BACK, move, terms(RetriedBy.CONTROLLER))
    assert told.reasons == ("rolled back by erik: complaints",)
    assert told.waits_for.startswith("a person to resume it")


def test_what_is_off_says_so():
    move = replace(moved("erik", "no longer in the policy", ""), evidence="")
    told = standstill.told(rollout(Stage.OFF), move, REHEARSAL)
    assert (told.reasons, told.waits_for) == ((standstill.OFF,), "a person to resume it")
