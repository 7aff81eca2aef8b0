"""An event says who did what to what, when and why, in the log that it belongs to."""

import json

import pytest
from rollouts import BEN

from cutover import deeds
from cutover.people import CONTROLLER, Deed
from mirror.journal import events

DEED = Deed(BEN.actor, 300, "as planned")


@pytest.mark.parametrize(
    ("given", "tenant", "said"),
    [
        ({}, "", {}),
        ({"tenant": "clinic"}, "clinic", {}),
        (
            {"details": {"n": 1}, "outcome": "failed"},
            "",
            {"details": {"n": 1}, "outcome": "failed"},
        ),
    ],
)
def test_every_event_says_who_when_why_and_to_what(store, given, tenant, said):
    with store.write() as conn:
        deeds.report(conn, DEED, "plan.declared", ("plan", "winter"), **given)
        (found,) = events.read(conn, tenant)
    body = json.loads(found.body)
    expected = {
        "type": "plan.declared",
        "actor": {"kind": "human", "name": "ben", "roles": "lead"},
        "object": {"kind": "plan", "id": "winter"},
        "at_us": 300,
        "reason": "as planned",
        "outcome": "ok",
    }
    assert {name: body[name] for name in expected | said} == expected | said


def test_what_a_person_s_reason_says_of_a_patient_is_covered_in_the_event(store):
    said = "complaint of 880512-10-5233, call 012-345 6789; p95 9.1 s over 2,000 sessions"
    with store.write() as conn:
        for actor in (BEN.actor, CONTROLLER):
            deeds.report(conn, Deed(actor, 300, said), "hold.placed", ("rollout", "a/chat"))
        person, controller = [json.loads(one.body)["reason"] for one in events.read(conn, "")]
    assert person == "complaint of [mykad], call [phone]; p95 9.1 s over 2,000 sessions"
    assert controller == said
