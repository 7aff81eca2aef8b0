"""Acceptance reports that were kept: the newest of a candidate decides, and an old one counts no more."""

import json
from dataclasses import replace

import pytest
from builders import rollout

from cutover import accepted
from cutover.accepted import DAY_US, Report
from cutover.people import Actor, Deed, Kind
from cutover.stages import Stage
from mirror.journal import events
from policies.acceptance import Acceptance

REQUIRED = Acceptance(required=True, max_age_days=30)
AT_US = 1_000 * DAY_US
PASSED = Report("clinic", "chat", "c" * 64, "t" * 64, "5" * 64, True, AT_US)
ROOT = Actor(Kind.HUMAN, "os:root")


def kept(conn, *reports):
    for one in reports:
        accepted.keep(conn, [one], Deed(ROOT, one.at_us, "160 requests"), {"SOAP, p95": "pass"})


def gap(conn, *, now_us=AT_US, of=None, demanded=REQUIRED):
    at = of or rollout()
    found = accepted.newest(conn, at.candidate, "t" * 64)
    return accepted.gap(found, at, demanded, now_us)


def test_without_a_report_there_is_a_gap_with_the_command_and_none_where_none_is_demanded(
    store,
):
    with store.read() as conn:
        found = gap(conn)
        assert "no acceptance report of this candidate by the policy's targets" in found
        assert "`crossfade acceptance -p POLICY --tenant clinic --recorded 500 --keep`" in found
        assert gap(conn, demanded=Acceptance()) == ""
        assert gap(conn, of=rollout(Stage.CANARY)) == gap(conn, of=rollout(Stage.LIVE)) == ""


def test_a_passed_report_counts_until_it_is_too_old(store):
    with store.write() as conn:
        kept(conn, PASSED)
        assert gap(conn) == gap(conn, now_us=AT_US + 30 * DAY_US) == ""
        assert "is 31 days old, 30 at most" in gap(conn, now_us=AT_US + 31 * DAY_US)


def test_the_newest_report_decides_whoever_asked_for_it(store):
    with store.write() as conn:
        missed = replace(PASSED, tenant="other", passed=False, at_us=AT_US + 1)
        kept(conn, PASSED, missed)
        assert "has not passed" in gap(conn)
        kept(conn, replace(PASSED, tenant="third", at_us=AT_US + 2))
        assert gap(conn) == ""


@pytest.mark.parametrize("other", [{"candidate": "d" * 64}, {"targets": "u" * 64}])
def test_a_report_of_another_candidate_or_by_other_targets_does_not_count(store, other):
    with store.write() as conn:
        kept(conn, replace(PASSED, **other))
        assert "no acceptance report" in gap(conn)


def test_the_event_has_hash_candidates_and_what_each_row_came_to(store):
    with store.write() as conn:
        accepted.keep(
            conn,
            [PASSED, replace(PASSED, route="reason", candidate="d" * 64)],
            Deed(ROOT, AT_US, "160 requests"),
            {"SOAP, p95": "pass"},
        )
        accepted.keep(conn, [replace(PASSED, passed=False)], Deed(ROOT, AT_US, ""), {})
        accepted.keep(conn, [], Deed(ROOT, AT_US, ""), {})
        first, second = [json.loads(one.body) for one in events.read(conn, "clinic")]
    assert (first["type"], second["type"]) == ("acceptance.passed", "acceptance.missed")
    assert first["actor"] == {"kind": "human", "name": "os:root"}
    assert first["details"] == {
        "sha256": "5" * 64,
        "targets": "t" * 64,
        "candidates": {"chat": "c" * 64, "reason": "d" * 64},
        "says": {"SOAP, p95": "pass"},
        "before": None,
        "after": "passed",
    }
    assert (second["details"]["before"], second["details"]["after"]) == ("passed", "missed")
