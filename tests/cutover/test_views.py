"""What people are told of a rollout."""

import json
from dataclasses import replace

import pytest
from builders import REHEARSAL, rollout
from rollouts import a_policy

from cutover import views
from cutover.approving.approvals import Approval, Proposal
from cutover.evidence.gates import Gate
from cutover.evidence.verdict import GateEvidence, Kind, Verdict, Words
from cutover.people import CONTROLLER
from cutover.stages import Signal, Stage
from cutover.views import Known

POLICY = a_policy()
DECLARED = POLICY.rollouts[0]
EVIDENCE = GateEvidence(
    Gate.ERRORS, 0.5, 1.3, float("-inf"), 3.0, 12, 0.0, lambda: "errors: none"
)
VERDICT = Verdict(
    Kind.HOLD,
    lambda: Words(("too few",), "12 more sessions"),
    lambda: (EVIDENCE,),
    0.1,
    3.0,
    12,
    0,
    0,
    0.0,
)
TOLD = views.tell(VERDICT)
PROPOSAL = Proposal(
    "p1", "clinic", "chat", Signal.ENTER_CANARY, 0.0, 20.0, 1, CONTROLLER, "shown", 1, 2,
    "p", "c", "{}", "e",
)  # fmt: skip


def told(known):
    return views.view(POLICY, DECLARED, known)


def test_what_was_rolled_back_in_a_dry_run_says_first_why_and_waits_for_no_end_of_that():
    told_of = replace(
        TOLD, verdict="roll_back", reasons=("rolled back by erik: slow",), waits_for="a person"
    )
    rolled_back = Known(rollout(Stage.ROLLED_BACK), told_of, None, {}, dry_run=("DRY RUN",))
    view = told(rolled_back)
    assert (view.reasons, view.waits_for) == (
        ("rolled back by erik: slow", "DRY RUN"),
        "a person",
    )
    mirrored = replace(rolled_back, rollout=rollout(Stage.MIRROR))
    assert told(mirrored).reasons[0] == "DRY RUN"


def test_what_is_live_waits_for_nothing_and_is_watched():
    live = Known(rollout(Stage.LIVE), replace(TOLD, waits_for=""), None, {})
    assert told(live).waits_for == views.WATCHED
    assert told(replace(live, rollout=rollout(Stage.MIRROR))).waits_for == ""


def test_a_view_is_json_with_every_field_of_the_api():
    view = told(Known(rollout(Stage.CANARY, 1), TOLD, PROPOSAL, {"seen": 3, "compared": 2}))
    body = json.loads(json.dumps(view.body(), allow_nan=False))
    assert body["share"] == 50.0
    assert body["steps"][1] == {
        "percent": 50.0, "min_served": 10, "soak_s": 0.0, "latency_evidence": True,
    }  # fmt: skip
    assert body["evidence"][0]["against"] == -views.FINITE
    assert body["ledger"] == {
        "seen": 3, "excluded": 0, "unsampled": 0, "shed": 0, "failed": 0, "pending": 0,
        "compared": 2,
    }  # fmt: skip
    assert (body["comparisons"], body["sessions"]) == (2, 12)
    assert body["candidate"] == {"upstream": "gpu", "model": "own"}
    assert (body["cloud"], body["pinned"]) == ("allowed", False)


@pytest.mark.parametrize(
    ("known", "waits_for"),
    [
        (Known(rollout(), TOLD, None, {}), "12 more sessions"),
        (
            Known(rollout(), TOLD, PROPOSAL, {}),
            "a lead to approve the move to 20 % of the sessions",
        ),
        (
            Known(rollout(held_by="erik", hold_reason="no"), TOLD, PROPOSAL, {}),
            "erik to lift the hold: no",
        ),
        (
            Known(rollout(), TOLD, PROPOSAL, {}, "KeyError"),
            "a fault of ours to be mended: KeyError",
        ),
    ],
)
def test_the_first_thing_it_waits_for_is_told(known, waits_for):
    assert told(known).waits_for == waits_for


@pytest.mark.parametrize(
    ("given", "people"), [(0, "2 leads"), (1, "one more lead (anna has approved)")]
)
def test_how_many_people_are_still_needed_is_told(given, people):
    approved = replace(PROPOSAL, approvals=(Approval("anna", "yes", 1),) * given)
    known = Known(rollout(), TOLD, approved, {})
    assert views.waits_for(known, 2).startswith(people)


@pytest.mark.parametrize(
    ("stage", "step", "needed"),
    [
        (Stage.OFF, 0, 0),
        (Stage.MIRROR, 0, 1),
        (Stage.CANARY, 0, 0),
        (Stage.CANARY, 1, 1),
        (Stage.LIVE, 0, 0),
        (Stage.ROLLED_BACK, 0, 0),
    ],
)
def test_people_are_needed_before_anyone_and_before_everyone_is_served(stage, step, needed):
    assert views.needed(rollout(stage, step), REHEARSAL) == needed
