"""The event log as it is looked through: what is asked, and where an event leads."""

from __future__ import annotations

import json
from datetime import date

from fake_fleet import event
from fake_rollouts import NOW_US

from dashboards.clock import Clock
from dashboards.questions import audit
from dashboards.questions.audit import BETWEEN, DAY_US, Link, Log, Search
from dashboards.wire import read

KUALA_LUMPUR = Clock("Asia/Kuala_Lumpur")


def made(**other):
    log = {"events": [event(9, **other)], "next": None}
    return read(Log, json.dumps(log).encode()).events[0]


def test_what_is_looked_for_is_asked_and_what_is_not_is_left_out():
    assert Search().asked(NOW_US) == {}
    assert Search(" a ", "aisyah", "hold.placed", "1", " a/chat", "people").asked(NOW_US) == {
        "tenant": "a", "actor": "aisyah", "kind": "hold.placed", "object": "a/chat", "deeds": "people",
        "since_us": f"{NOW_US - DAY_US}",
    }  # fmt: skip


def test_days_are_those_of_the_clinics_clock_and_the_last_one_is_whole():
    day = date(2026, 11, 21)
    asked = Search(days=BETWEEN, first=day, last=day).asked(NOW_US, KUALA_LUMPUR)
    assert (int(asked["until_us"]) - int(asked["since_us"])) == DAY_US
    assert KUALA_LUMPUR.when(int(asked["since_us"])).endswith("(Nov 21 00:00 Kuala Lumpur)")
    assert Search(days=BETWEEN, last=day).asked(NOW_US).keys() == {"until_us"}
    assert Search(days=BETWEEN, last=date.max).asked(NOW_US).keys() == {"until_us"}
    assert Search(first=day).asked(NOW_US) == {}, "days count where they are asked for alone"


def test_an_address_names_one_event_of_a_log_or_none():
    assert audit.one("clinic-a/1204") == {"tenant": "clinic-a", "seq": "1204", "limit": "1"}
    assert audit.one("/7") == {"tenant": "", "seq": "7", "limit": "1"}
    for nonsense in (
        "",
        "clinic-a",
        "clinic-a/",
        "a/0",
        "a/-1",
        "a/b/1",
        "a b/1",
        "a/1\n",
        "a/" + "9" * 17,
    ):
        assert audit.one(nonsense) is None, nonsense
    assert audit.one(made().id) == {"tenant": "klinik-penang", "seq": "9", "limit": "1"}


def test_an_event_leads_to_what_it_is_about():
    key = {"tenant": "klinik-penang", "route": "chat"}
    rollout = Link("Rollout klinik-penang / chat", "rollout", key)
    assert audit.links(made()) == [rollout]
    asked = made(details={"proposal": "p-7", "comparison": 12, "incident": 3})
    assert audit.links(asked) == [
        rollout,
        Link("Approvals of it", "approvals", key),
        Link("Comparison #12", "comparisons", {"number": "12"}),
        Link("Incidents", "incidents", {}),
    ]
    assert audit.links(made(object={"kind": "user", "id": "a/b"}, details=None)) == []
    assert (
        audit.links(
            made(object={"kind": "rollout", "id": "nobody"}, details={"comparison": "x"})
        )
        == []
    )


def test_when_and_where_it_stands_is_said():
    assert (
        audit.place(made(), Clock())
        == "2026-11-21 04:10 UTC  ·  hold.placed  ·  klinik-penang #9"
    )
    assert audit.place(made(tenant=""), Clock()).endswith("the deployment #9")
