import json

from papers import NOW_US, event

from cutover.reports import seen
from cutover.reports.placing import Signed


def test_who_saw_which_payload_is_told_the_oldest_first():
    actor = {"kind": "human", "name": "rita", "roles": "clinical-reviewer"}
    details = {"exchanges": 1, "exchange_ids": ["e1"]}
    events = [
        event("export.created", at_us=NOW_US + 5, actor=actor),
        event("payload.viewed", at_us=NOW_US, actor=actor, details=details),
        event("state.transition"),
    ]
    first, second = seen.rows([json.loads(one) for one in events])
    assert (first["actor"], first["roles"], first["exchange_ids"]) == (
        "rita",
        "clinical-reviewer",
        "e1",
    )
    assert second["type"] == "export.created"


def test_the_types_that_are_read_are_those_that_the_table_shows():
    from cutover.verifying.rows import ACCESS

    assert all(ACCESS.shows(f"{prefix}x") for prefix in seen.PREFIXES)


def test_what_a_wrong_clock_stamped_stands_where_it_was_recorded():
    hour_us = 3_600_000_000
    times = [NOW_US, 4_000_000_000_000_000, NOW_US + 2 * hour_us, 7, NOW_US + 4 * hour_us]
    signed = Signed((1, 2, 3, 4, 5), [NOW_US + place * hour_us for place in range(5)])
    events = [
        json.loads(event("payload.viewed", at_us=at_us, seq=seq))
        for seq, at_us in enumerate(times, start=1)
    ]
    assert [row["seq"] for row in seen.rows(reversed(events), signed)] == [1, 2, 3, 4, 5]
    assert len(list(signed.said(events))) == 2
    assert [row["seq"] for row in seen.rows(events)] == [4, 1, 3, 5, 2]


def test_what_was_done_behind_it_in_the_same_minute_stands_behind_it():
    signed = Signed((1, 4), (NOW_US, NOW_US + 60_000_000))
    done = (
        (2, 4_000_000_000_000_000, "legal_hold.placed"),
        (3, NOW_US + 20_000_000, "legal_hold.released"),
        (4, NOW_US + 30_000_000, "erasure.asked"),
    )
    events = [json.loads(event(type, at_us=at_us, seq=seq)) for seq, at_us, type in done]
    assert [row["seq"] for row in seen.rows(reversed(events), signed)] == [2, 3, 4]
