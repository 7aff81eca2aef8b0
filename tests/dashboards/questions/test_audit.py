"""The event log as it is looked through: what is asked, and where an event leads."""

from __future__ import annotations

import json
from datetime import date

import pytest
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


MINUTE_US = 60_000_000


@pytest.mark.parametrize(
    ("after_us", "before_us", "says"),
    [
        (0, 0, ""),
        (0, NOW_US, ""),
        (NOW_US - MINUTE_US, NOW_US + 1, ""),
        (NOW_US + MINUTE_US, NOW_US + 2 * MINUTE_US, ""),  # no later than the slack
        (NOW_US + 51 * MINUTE_US, NOW_US + 52 * MINUTE_US,
         "Told 2026-11-21 04:10 UTC, recorded between 2026-11-21 05:01 UTC and 2026-11-21 05:02 UTC: "
         "a clock was wrong, or it came late."),
        (NOW_US - 61 * MINUTE_US, NOW_US - 60 * MINUTE_US,
         "Told 2026-11-21 04:10 UTC, recorded between 2026-11-21 03:09 UTC and 2026-11-21 03:10 UTC: "
         "a clock was wrong, or it came late."),
        (0, NOW_US - 60 * MINUTE_US,
         "Told 2026-11-21 04:10 UTC, recorded before 2026-11-21 03:10 UTC: a clock was wrong, or it came late."),
    ],
)  # fmt: skip
def test_an_event_that_tells_another_time_than_it_was_recorded_at_is_marked(
    after_us, before_us, says
):
    one = made(recorded_after_us=after_us, recorded_before_us=before_us)
    assert audit.mark(one, NOW_US, Clock()) == says


def test_the_order_is_said_and_what_a_choice_of_days_leaves_out():
    assert "tells the latest time" in audit.ordered(Search())
    assert audit.mark(made(at_us=NOW_US + 61 * MINUTE_US), NOW_US, Clock()).endswith(
        "recorded before 2026-11-21 04:10 UTC: a clock was wrong, or it came late."
    )
    assert "Days are those" not in audit.ordered(Search())
    assert "stands last in the log" in audit.ordered(Search("a", order="recorded"))
    assert "name it" in audit.ordered(Search(order="recorded"))
    assert "not shown here" in audit.ordered(Search(days="7"))
    assert "order" not in Search(order="recorded").asked(NOW_US)
    assert Search("a", order="recorded").asked(NOW_US)["order"] == "recorded"
