import json

from builders import intended
from papers import NOW_US, event

from cutover.reports import departed
from cutover.reports.authority import Authority
from cutover.reports.placing import Signed
from mirror.egress_record import Done
from mirror.journal import departures, events


def left(at_us, subject="", **said):
    details = {
        "egress": "x",
        "purpose": "shadow",
        "upstream": "openai",
        "sent_bytes": 100,
        "call": "POST",
    }
    more = {"subject": subject} if subject else {}
    return json.loads(event("egress.done", at_us=at_us, details=details | more, **said))


APPLIED = json.loads(
    event(
        "policy.applied",
        at_us=NOW_US,
        actor={"kind": "human", "name": "os:anna"},
        details={"after": "aa"},
    )
)
AUTHORITY = Authority([APPLIED])


def test_each_request_is_told_with_the_policy_it_left_under_and_who_put_that_in_force():
    before, after = departed.rows([left(NOW_US - 1), left(NOW_US + 1, "K7")], AUTHORITY)
    assert (before["policy_sha256"], before["in_force_by"]) == ("", "")
    assert (after["policy_sha256"], after["in_force_by"], after["subject"]) == (
        "aa",
        "os:anna",
        "K7",
    )
    assert tuple(after) == departed.COLUMNS


def test_requests_are_counted_by_patient_purpose_and_policy():
    told = [
        left(NOW_US + 3, "K7"),
        left(NOW_US + 1, "K7", outcome="failed"),
        left(NOW_US + 2, "Q2"),
    ]
    first, second = departed.groups(told, AUTHORITY)
    assert (first.subject, first.requests, first.failed, first.sent_bytes) == ("K7", 2, 1, 200)
    assert (first.first_us, first.last_us) == (NOW_US + 1, NOW_US + 3)
    assert second.subject == "Q2"
    assert first.body()["first_plus8"].endswith("+08:00")


def test_what_did_not_leave_is_not_counted():
    assert departed.groups([json.loads(event("request.served"))], AUTHORITY) == []


def test_what_the_store_writes_of_a_request_tells_its_patient(store):
    """The event is the drainer's own, of a record as proxies write it: none that a test made up."""
    intent = intended(1, subject="XUTVCIP7YBVQRJJWP5VR")
    with store.write() as conn:
        departures.take(conn, "proxy-1", [intent, Done(intent, "", 200, 5000)])
        found = [json.loads(one.body) for one in events.read(conn, intent.tenant)]
    (group,) = departed.groups(found, AUTHORITY)
    assert group.subject == intent.subject
    (row,) = departed.rows(found, AUTHORITY)
    assert row["subject"] == intent.subject


def test_one_whose_time_is_out_of_the_logs_order_says_so_and_is_counted():
    at_us = 4_000_000_000_000_000
    found = [left(NOW_US + 1, seq=1), left(at_us, seq=2)]
    signed = Signed((1, 2), (NOW_US + 2, NOW_US + 60_000_000))
    right, wrong = departed.rows(found, AUTHORITY, signed)
    assert right["in_force_by"] == "os:anna"
    assert wrong["in_force_by"].startswith(
        "os:anna (its time is a wrong clock's: recorded between "
    )
    (group,) = departed.groups(found, AUTHORITY, signed)
    assert (group.requests, group.in_doubt, group.body()["in_doubt"]) == (2, 1, 1)


def test_where_clocks_are_right_no_byte_tells_of_signatures():
    found = [left(NOW_US + seq * 1_000_000, "K7", seq=seq) for seq in range(1, 90)]
    signed = Signed((40, 90), (NOW_US + 40_500_000, NOW_US + 90_500_000))
    assert list(departed.rows(found, AUTHORITY, signed)) == list(
        departed.rows(found, AUTHORITY)
    )
    bodies = [one.body() for one in departed.groups(found, AUTHORITY, signed)]
    assert bodies == [one.body() for one in departed.groups(found, AUTHORITY)]
    assert "in_doubt" not in bodies[0]
