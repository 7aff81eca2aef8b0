"""What people are told of an event, and what a cloud is not told."""

import json

import pytest
from rollouts import a_policy
from told import destination

from cutover.notices.notice import LISTED, TYPES, Notice, for_destination, letter, notice
from mirror.journal.events import Event
from policies.notify import Happening

PATIENT = "wrong dose for Mrs Tan"
TENANTS = {
    "clinic": {"identify": {"header": "c"}, "cloud": "allowed"},
    "ward": {"identify": {"header": "w"}, "cloud": "forbidden"},
}
MOVE = {
    "signal": "widen",
    "from_stage": "canary",
    "to_stage": "canary",
    "from_share": "5",
    "to_share": "10",
}
BACK = MOVE | {"signal": "roll_back", "to_stage": "rolled_back", "to_share": "0"}
OF_CHAT = ("rollout", "clinic/chat")
CASES = [
    ("state.transition", OF_CHAT, MOVE, "moved", "clinic/chat moved", ""),
    (
        "state.transition",
        OF_CHAT,
        BACK,
        "rolled_back",
        "was rolled back",
        "crossfade resume clinic/",
    ),
    (
        "state.transition",
        OF_CHAT,
        MOVE | {"signal": "narrow", "to_share": "2"},
        "rolled_back",
        "was narrowed (canary -> canary, 5 -> 2 % of sessions)",
        "",
    ),
    (
        "approval.proposed",
        OF_CHAT,
        {"signal": "widen", "to_share": "10"},
        "proposed",
        "widen to 10 % is proposed",
        "crossfade approve clinic/chat --as",
    ),
    ("approval.void", OF_CHAT, {}, "proposed", "its proposal is void", ""),
    ("approval.rejected", OF_CHAT, {}, "warned", "who may not tried to approve", ""),
    ("proposal.rejected", OF_CHAT, {}, "proposed", "its proposal was rejected", ""),
    ("proposal.rejection_withdrawn", OF_CHAT, {}, "proposed", "rejection of its proposal", ""),
    (
        "dry_run.would_roll_back",
        OF_CHAT,
        {"stage": "mirror"},
        "warned",
        "would have been rolled back",
        "",
    ),
    (
        "dry_run.would_roll_back",
        OF_CHAT,
        {"stage": "live"},
        "alarm",
        "the candidate still answers people",
        "crossfade roll-back clinic/chat",
    ),
    (
        "dry_run.would_propose",
        OF_CHAT,
        {"to_share": "20"},
        "moved",
        "would have moved to 20 %",
        "",
    ),
    (
        "dry_run.would_promote",
        OF_CHAT,
        {"to_share": "50"},
        "moved",
        "would have moved to 50 %",
        "",
    ),
    ("signoff.drawn", OF_CHAT, {}, "proposed", "wait for clinical sign-off", "signoff list"),
    (
        "hold.placed",
        OF_CHAT,
        {"stage": "mirror"},
        "held",
        "in mirror",
        "crossfade resume clinic/chat",
    ),
    ("hold.lifted", OF_CHAT, {"stage": "mirror"}, "recovered", "is held no more", ""),
    (
        "candidate.served_by_other",
        OF_CHAT,
        {"upstream": "gpu", "exchange": "e1"},
        "alarm",
        "another answered",
        "crossfade explain e1",
    ),
    ("emergency.on", ("emergency", "*/chat"), {}, "alarm", "emergency */chat", "emergency off"),
    ("emergency.off", ("emergency", "all"), {}, "recovered", "emergency all is over", ""),
    (
        "breaker.opened",
        OF_CHAT,
        {"upstream": "gpu"},
        "warned",
        "the circuit breaker to gpu is open",
        "crossfade status",
    ),
    (
        "breaker.closed",
        OF_CHAT,
        {"upstream": "gpu", "open_s": 70},
        "recovered",
        "the circuit breaker to gpu is closed",
        "",
    ),
    (
        "upstream.drained",
        ("upstream", "gpu"),
        {"until_us": 0},
        "warned",
        "gpu is drained",
        "return gpu",
    ),
    (
        "upstream.drained",
        ("upstream", "gpu"),
        {"until_us": 1},
        "warned",
        "until 1970-01-01",
        "",
    ),
    ("upstream.returned", ("upstream", "gpu"), {}, "recovered", "may be asked again", ""),
    ("harm.warned", OF_CHAT, {}, "warned", "harm is likely", "crossfade roll-back clinic/chat"),
    (
        "evidence.begun_anew",
        OF_CHAT,
        {"changed": ["reask"]},
        "warned",
        "changed how its sessions count",
        "put the policy back",
    ),
    ("harm.calmed", OF_CHAT, {}, "recovered", "no longer likely", ""),
    (
        "acceptance.passed",
        ("acceptance", "5f00"),
        {},
        "moved",
        "an acceptance report (5f00) reached all of its targets",
        "",
    ),
    (
        "acceptance.missed",
        ("acceptance", "5f00"),
        {},
        "warned",
        "an acceptance report (5f00) did not reach all of its targets",
        "read the report",
    ),
    (
        "capacity.halved",
        ("upstream", "gpu"),
        {},
        "alarm",
        "upstream gpu: only half of its capacity is accepted",
        "look at its GPUs and their cooling",
    ),
    (
        "capacity.restored",
        ("upstream", "gpu"),
        {},
        "recovered",
        "upstream gpu: its whole capacity is accepted",
        "",
    ),
    (
        "rollback.waits",
        OF_CHAT,
        {"cause": "blame"},
        "warned",
        "its rollback waits a little",
        "crossfade roll-back clinic/chat",
    ),
    (
        "rollback.waits",
        OF_CHAT,
        {"cause": "primary"},
        "alarm",
        "because its primary fails",
        "crossfade roll-back clinic/chat",
    ),
    ("rollback.waited", OF_CHAT, {}, "recovered", "waits no more", ""),
    ("rollback.alarm", OF_CHAT, {}, "alarm", "a primary that fails too", "see to the primary"),
    ("clock.jumped", ("clock", "controller"), {"off_s": 9}, "alarm", "jumped", "set it right"),
    ("clock.jumped", ("clock", "controller"), {"off_s": 0}, "recovered", "right again", ""),
    ("drill.passed", OF_CHAT, {}, "moved", "drill has passed", ""),
    ("drill.failed", OF_CHAT, {}, "alarm", "drill has not passed", "drill clinic/chat again"),
    (
        "incident.reported",
        OF_CHAT,
        {"incident": 3, "held": 2, "exchange": "e1"},
        "alarm",
        "incident 3 was reported; rollouts held: 2",
        "crossfade incident close 3",
    ),
    ("incident.closed", OF_CHAT, {}, "recovered", "its incident is closed", ""),
    ("incident.holding", OF_CHAT, {}, "held", "held by an incident", ""),
    ("incident.over", OF_CHAT, {}, "recovered", "with its candidate is closed", ""),
    ("freeze.placed", ("freeze", "all"), {}, "held", "frozen: all; nothing", ""),
    ("freeze.lifted", ("freeze", "all"), {}, "recovered", "freeze of all is over", ""),
    ("freeze.broken", ("freeze", "*/chat"), {}, "warned", "*/chat may be widened", ""),
    ("freeze.mended", ("freeze", "all"), {}, "recovered", "of all count again", ""),
    ("audit.gap", ("spool", "proxy-1"), {}, "alarm", "records were lost", "audit.gap"),
    ("process.crash_recovered", ("spool", "proxy-1"), {}, "warned", "was killed", ""),
    (
        "routes.unpublished",
        ("route_table", "the route table"),
        {},
        "alarm",
        "go on as before",
        "readyz",
    ),
    (
        "routes.published",
        ("route_table", "the route table"),
        {},
        "recovered",
        "is published again",
        "",
    ),
    (
        "store.put_back",
        ("store", "the store"),
        {"fence": 2, "fence_in_force": 5},
        "alarm",
        "put back from a copy",
        "crossfade status",
    ),
    (
        "store.reconciled",
        ("store", "the store"),
        {"rolled_back": ["clinic/chat"], "switched_on": []},
        "warned",
        "rolled back: clinic/chat; switched on again: none",
        "crossfade status",
    ),
    (
        "signer.refused",
        ("log", "ward"),
        {"size": 3},
        Happening.ALARM,
        "log of ward is signed no further",
        "crossfade fsck",
    ),
    (
        "signer.refused",
        ("log", ""),
        {"size": 3},
        Happening.ALARM,
        "deployment's own event log",
        "crossfade fsck",
    ),
    (
        "signer.resumed",
        ("log", "ward"),
        {"size": 3},
        Happening.RECOVERED,
        "log of ward is looked at again",
        "",
    ),
    (
        "signer.key_rotated",
        ("signing_key", "0a1b2c3d"),
        {},
        Happening.WARNED,
        "another key signs the event log: 0a1b2c3d",
        "",
    ),
    (
        "log.unsigned",
        ("part", "signer"),
        {},
        Happening.ALARM,
        "waited for its signer for three minutes",
        "whether it runs",
    ),
    (
        "log.signed",
        ("part", "signer"),
        {},
        Happening.RECOVERED,
        "signed again by its signer",
        "",
    ),
    *(
        (
            "review.performed",
            ("store", "event logs"),
            {"found": found, "before": "whole"},
            Happening.ALARM,
            what,
            "crossfade fsck",
        )
        for found, what in (
            ("changed", "some of it was changed"),
            ("gap", "some of it is missing"),
            ("not_tried", "could not be reviewed"),
        )
    ),
    (
        "review.performed",
        ("store", "event logs"),
        {"found": "whole", "before": "changed"},
        Happening.RECOVERED,
        "event log whole again",
        "",
    ),
    (
        "clock.apart",
        ("machine", "gpu-2"),
        {"off_s": 3600},
        Happening.ALARM,
        "on gpu-2 why not: what it records",
        "set it right",
    ),
    (
        "clock.apart",
        ("machine", "gpu-2"),
        {"off_s": 0},
        Happening.RECOVERED,
        "the clock of gpu-2 agrees",
        "",
    ),
    (
        "key.missing",
        ("tenant", "ward"),
        {},
        Happening.ALARM,
        "a key of ward cannot be had",
        "crossfade keys list",
    ),
]


def event(
    type, about=OF_CHAT, details=MOVE, *, by=("service", "controller"), why="why not", of=None
):
    kind, id = about
    tenant = (id.partition("/")[0] if kind == "rollout" else "") if of is None else of
    body = {
        "object": {"kind": kind, "id": id},
        "actor": {"kind": by[0], "name": by[1]},
        "reason": why,
        "details": details,
    }
    return Event(tenant, 1, 1_700_000_000_000_000, type, json.dumps(body), "", "")


def told(found, policy=None, **given):
    return for_destination(destination(**given), policy or a_policy(tenants=TENANTS), found)


@pytest.mark.parametrize(("type", "about", "details", "kind", "what", "to_do"), CASES)
def test_every_event_is_told_in_words_with_what_to_do(type, about, details, kind, what, to_do):
    found = notice(event(type, about, details))
    assert found.kind == kind
    assert what in found.what
    assert to_do in found.to_do and bool(found.to_do) == bool(to_do)


def test_every_type_has_its_case():
    assert {case[0] for case in CASES} == set(TYPES)


def test_whose_log_a_review_found_changed_is_told_to_no_cloud_that_a_tenant_forbids():
    found = {"found": "changed", "before": "whole"}
    told_of = notice(
        event("review.performed", ("store", "event logs"), found, why="event 2 of ward")
    )
    assert told(told_of).why == "event 2 of ward"
    heard = told(told_of, location="cloud")
    assert (heard.kind, heard.why) == (Happening.ALARM, "")
    assert "ward" not in letter(destination(), a_policy(), [heard]).body


def test_a_night_without_news_is_told_to_nobody():
    found = notice(event("review.performed", details={"found": "whole", "before": "whole"}))
    assert found is None
    assert told(found) is None


def test_an_event_that_says_less_than_we_know_is_told_all_the_same():
    found = notice(event("state.transition", details={}))
    assert (found.kind, found.what) == (Happening.WARNED, "state.transition of clinic/chat")


@pytest.mark.parametrize(
    ("given", "heard"),
    [
        ({}, True),
        ({"kinds": ["moved"]}, True),
        ({"kinds": ["alarm"]}, False),
        ({"tenants": ["clinic"]}, True),
        ({"tenants": ["ward"]}, False),
        ({"routes": ["chat"]}, True),
        ({"routes": ["audio"]}, False),
        ({"tenants": ["clinic"], "routes": ["audio"]}, False),
    ],
)
def test_a_destination_hears_what_it_asked_for(given, heard):
    assert (told(notice(event("state.transition")), **given) is not None) is heard


def test_what_concerns_all_is_told_whatever_tenants_were_asked_for():
    found = notice(event("emergency.on", ("emergency", "all"), {}))
    assert told(found, tenants=["ward"], routes=["audio"]) == found


def test_on_the_premises_people_read_what_people_wrote():
    found = notice(
        event("hold.placed", details={"stage": "live"}, by=("human", "erik"), why=PATIENT)
    )
    assert told(found).why == f"{PATIENT} (said by erik)"


@pytest.mark.parametrize("by", [("human", "erik"), ("service", "proxy")])
def test_a_cloud_is_not_told_what_people_or_servers_said(by):
    found = notice(event("hold.placed", details={"stage": "live"}, by=by, why=PATIENT))
    heard = told(found, location="cloud")
    assert (heard.what, heard.why) == (found.what, "")


def test_a_cloud_is_told_our_own_reasons():
    assert told(notice(event("state.transition")), location="cloud").why == "why not"


def test_a_cloud_hears_nothing_that_a_tenant_caused_that_forbids_it():
    of_ward = notice(event("state.transition", ("rollout", "ward/chat")))
    assert told(of_ward, location="cloud") is None
    assert told(of_ward) is not None
    of_nobody_known = notice(event("state.transition", ("rollout", "gone/chat")))
    assert told(of_nobody_known, location="cloud") is None


OF_ALL = [case for case in CASES if case[1][0] != "rollout" and case[0] != "review.performed"]
"""Those whose words name what they are about, and no tenant by itself."""


@pytest.mark.parametrize("case", OF_ALL)
def test_where_a_tenant_forbids_the_cloud_what_concerns_all_is_told_it_without_words(case):
    found = notice(event(case[0], ("upstream", "ward-gpu"), case[2], why="ward is down"))
    heard = told(found, location="cloud")
    assert "ward" not in letter(destination(), a_policy(), [heard]).body
    assert heard.kind == found.kind
    open_policy = a_policy(tenants={"clinic": TENANTS["clinic"]})
    assert "ward" in told(found, open_policy, location="cloud").what


def test_a_letter_of_one_notice_is_titled_by_it():
    to = destination(page="https://board.lan/crossfade")
    sent = letter(to, a_policy(), [notice(event("state.transition", details=BACK))])
    assert sent.title.startswith(
        "crossfade test (not for production): clinic/chat was rolled back"
    )
    assert sent.body.splitlines() == [
        "clinic/chat was rolled back (canary -> rolled_back, 5 -> 0 % of sessions), "
        "2023-11-14 22:13:20 UTC",
        "why: why not",
        "to do: find out why; `crossfade resume clinic/chat --as YOU --reason WHY` mirrors again "
        "after its rest",
        "page: https://board.lan/crossfade/rollout?tenant=clinic&route=chat",
    ]
    assert sent.kinds == {Happening.ROLLED_BACK}


def test_a_letter_of_many_lists_some_and_counts_the_others():
    many = [Notice(Happening.MOVED, "t", "chat", n, f"case {n}") for n in range(LISTED + 5)]
    sent = letter(destination(), a_policy(production=True), many, untold_since_us=1)
    assert sent.title == f"crossfade test: {LISTED + 5} notices"
    assert sent.body.count("case ") == LISTED
    assert "and 5 more: `crossfade status`" in sent.body
    assert "what happened since 1970-01-01 00:00:00 UTC could not be told in time" in sent.body


def test_a_reason_is_one_short_line():
    found = notice(event("state.transition", why="a\nto do: nothing\x1b[31m" + "x" * 1000))
    assert found.why.startswith("a to do: nothing [31mxx")
    assert len(found.why) == 300
