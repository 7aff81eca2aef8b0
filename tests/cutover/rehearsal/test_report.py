import json

import pytest
from rehearsed import a_move, a_view

from cutover.rehearsal.report import Answer, Rehearsed, Served, report, rolled_back, served


def an_answer(at_s=0.0, **changes):
    values = {
        "tenant": "clinic-1", "route": "chat", "accepted_us": round(at_s * 1e6),
        "side": "primary", "answered": True, "failed_over": False,
    }  # fmt: skip
    return Answer(**{**values, **changes})


def reported(view, answers=(), *, first_bad_us=None, client_errors=0):
    rehearsed = Rehearsed(view, sessions=7, first_bad_us=first_bad_us)
    found = report("rehearsal", [rehearsed], answers, client_errors, 12.34)
    assert json.loads(json.dumps(found)) == found
    return found


def test_a_report_has_exactly_the_promised_keys():
    found = reported(a_view(transitions=[a_move("mirror", "rolled_back", 10)]))
    assert list(found) == ["policy", "rollouts", "served", "seconds"]
    (rollout,) = found["rollouts"]
    assert list(rollout) == [
        "tenant", "route", "stage", "share", "verdict", "reasons", "sessions", "comparisons",
        "evidence", "transitions", "ledger", "rollback",
    ]  # fmt: skip
    assert rollout["evidence"] == [
        {"gate": "errors", "for": 0.5, "against": -0.2, "needed": 1.0}
    ]
    assert list(rollout["transitions"][0]) == ["from", "to", "share", "at", "actor", "reason"]
    assert set(rollout["ledger"]) == {
        "seen", "excluded", "unsampled", "shed", "failed", "pending", "compared",
    }  # fmt: skip
    assert list(rollout["rollback"]) == [
        "seconds_from_first_bad_answer", "seconds_from_decision", "candidate_answers_after_decision",
    ]  # fmt: skip
    assert found["served"] == {"primary": 0, "candidate": 0, "failover": 0, "client_errors": 0}
    assert found["seconds"] == 12.3


def test_every_answer_is_counted_in_one_place():
    answers = [
        an_answer(),
        an_answer(),
        an_answer(side="candidate"),
        an_answer(failed_over=True),
        an_answer(answered=False),
        an_answer(side="candidate", answered=False),
    ]
    assert served(answers, 2) == Served(primary=2, candidate=1, failover=1, client_errors=2)


def test_transitions_are_told_in_time_with_their_share():
    moves = [
        a_move("canary", "live", 1000.5, to_share=100.0),
        a_move("mirror", "canary", 10, to_share=20.0, actor="lead"),
    ]
    told = reported(a_view(transitions=moves))["rollouts"][0]["transitions"]
    assert [(move["from"], move["to"], move["share"]) for move in told] == [
        ("mirror", "canary", 20.0),
        ("canary", "live", 100.0),
    ]
    assert told[1]["at"] == "1970-01-01T00:16:40.500+00:00"


def rollback_of(view, answers, first_bad_us=None):
    return reported(view, answers, first_bad_us=first_bad_us)["rollouts"][0]["rollback"]


def test_without_a_rollback_there_is_nothing_to_time():
    assert rollback_of(a_view(transitions=[a_move("mirror", "canary", 5)]), []) is None


BACK = a_view(stage="rolled_back", transitions=[a_move("canary", "rolled_back", 10)])


def test_a_rollback_is_timed_by_the_requests_accepted_after_it():
    answers = [
        an_answer(9.9, side="candidate"),
        an_answer(10.1, side="candidate"),
        an_answer(10.4, side="candidate", answered=False),
        an_answer(10.9),
        an_answer(10.8, side="candidate", tenant="clinic-2"),
    ]
    assert rollback_of(BACK, answers, first_bad_us=4_000_000) == {
        "seconds_from_first_bad_answer": 6.0,
        "seconds_from_decision": 0.4,
        "candidate_answers_after_decision": 2,
    }


def test_a_rollback_that_nobody_was_late_for_took_no_time():
    assert rollback_of(BACK, [an_answer(9.9, side="candidate"), an_answer(11)]) == {
        "seconds_from_first_bad_answer": None,
        "seconds_from_decision": 0.0,
        "candidate_answers_after_decision": 0,
    }


@pytest.mark.parametrize("first_bad_us", [None, 10_000_001])
def test_bad_answers_after_the_decision_did_not_cause_it(first_bad_us):
    found = rollback_of(BACK, [], first_bad_us=first_bad_us)
    assert found["seconds_from_first_bad_answer"] is None


def test_answers_of_a_later_attempt_are_not_late():
    view = a_view(
        transitions=[a_move("canary", "rolled_back", 10), a_move("rolled_back", "mirror", 20)]
    )
    answers = [an_answer(30, side="candidate")]
    assert rollback_of(view, answers)["candidate_answers_after_decision"] == 0


def test_the_last_rollback_counts():
    moves = [a_move("canary", "rolled_back", at) for at in (30, 10)]
    assert rolled_back(a_view(transitions=moves)).at_us == 30_000_000
