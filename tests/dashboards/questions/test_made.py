"""What is told of bundles that were made at the controller's machine, and which are those."""

from __future__ import annotations

import json

from fake_fleet import event
from fake_rollouts import HOUR_US, NOW_US

from dashboards.clock import Clock
from dashboards.questions import made
from dashboards.questions.audit import Log
from dashboards.wire import read

DETAILS = {
    "from_us": NOW_US - 24 * HOUR_US, "to_us": NOW_US, "profile": "redacted", "purpose": "Quarterly audit",
    "requested_by": "os:anna", "approved_by": "", "manifest_sha256": "ab" * 32, "events": 12_345,
}  # fmt: skip


def created(*all, **other):
    usual = {
        "type": made.TYPE,
        "actor": {"kind": "human", "name": "os:anna"},
        "details": DETAILS,
    }
    log = {"events": [event(9, **(usual | other)), *all], "next": None}
    return read(Log, json.dumps(log).encode()).events


def test_those_of_orders_and_other_events_are_none_of_them():
    assert len(made.by_hand(created(event(8), event(7, type="export.asked")))) == 1
    assert made.by_hand(created(details=DETAILS | {"order": "e1"})) == []


def test_when_what_of_who_and_the_digest_are_told():
    (one,) = created()
    assert made.title(one) == "klinik-penang  ·  redacted"
    assert made.story(one, Clock()) == [
        "2026-11-20 04:10 UTC to 2026-11-21 04:10 UTC",
        "anna, at the controller's machine, made it, 2026-11-21 04:10 UTC: Quarterly audit",
        f"12,345 events, manifest SHA-256 {'ab' * 32}",
    ]


def test_who_asked_and_who_approved_are_told_where_it_was_somebody_else():
    (one,) = created(details=DETAILS | {"requested_by": "cora", "approved_by": "dewi"})
    assert made.story(one, Clock())[2:4] == ["cora asked for it.", "dewi approved it."]


def test_an_event_of_another_version_is_told_as_far_as_it_is_known():
    (one,) = created(details=None, tenant="")
    assert made.title(one) == "the deployment's own log  ·  unknown profile"
    assert "(unknown) to (unknown)" in made.story(one, Clock())
