"""Events are found by what is asked, the newest first, in pages that read a bounded part of the log."""

from dataclasses import replace

import pytest

from cutover import chronicle
from cutover.chronicle import Deeds, Order, Search, find
from mirror.journal import events

ANNA, LOOP = {"kind": "human", "name": "anna"}, {"kind": "service", "name": "controller"}


@pytest.fixture
def conn(store):
    with store.write() as conn:
        for number, (tenant, type, actor, id) in enumerate(
            [
                ("a", "hold.placed", ANNA, "a/chat"),
                ("b", "state.transition", LOOP, "b/chat"),
                ("", "user.added", ANNA, "ben"),
                ("a", "state.transition", LOOP, "a/reason"),
                ("a", "request.served", LOOP, "x1"),
            ],
            start=1,
        ):
            kind = {"user.added": "user", "request.served": "exchange"}.get(type, "rollout")
            given = {"actor": actor, "object": {"kind": kind, "id": id}, "at_us": number * 10}
            events.append(conn, tenant=tenant, type=type, reason="anna", **given)
        yield conn


def moments(page):
    return [one["at_us"] for one in page.events]


CASES = [
    ({}, [50, 40, 30, 20, 10]),
    ({"tenants": frozenset({"a"})}, [50, 40, 10]),
    ({"tenants": frozenset({"a", "b"})}, [50, 40, 20, 10]),
    ({"tenants": frozenset({""})}, [30]),
    ({"tenants": frozenset()}, []),
    ({"actor": "anna"}, [30, 10]),
    ({"actor": "ann"}, []),
    ({"kinds": frozenset({"state.transition"})}, [40, 20]),
    ({"kinds": frozenset({"state.transition", "hold.placed"}), "tenants": frozenset({"a"})}, [40, 10]),
    ({"route": "chat"}, [20, 10]),
    ({"route": "chat", "actor": "anna"}, [10]),
    ({"since_us": 20, "until_us": 50}, [40, 30, 20]),
    ({"kinds": frozenset({"nobody.did"})}, []),
    ({"object": "b/chat"}, [20]),
    ({"object": "b/cha"}, []),
    ({"deeds": Deeds.PEOPLE}, [30, 10]),
    ({"deeds": Deeds.SYSTEM}, [50, 40, 20]),
    ({"deeds": Deeds.SYSTEM, "object": "a/reason"}, [40]),
    ({"deeds": Deeds.REFUSED}, []),
    ({"deeds": Deeds.PEOPLE, "kinds": frozenset({"request.served"})}, []),
    ({"seq": 2, "tenants": frozenset({"a"})}, [40]),
]  # fmt: skip


@pytest.mark.parametrize(("chunk", "parts"), [(1, 100), (1000, 100), (1000, 1)])
def test_what_is_looked_for_is_found_however_it_is_read(conn, monkeypatch, chunk, parts):
    monkeypatch.setattr(chronicle, "CHUNK", chunk)
    monkeypatch.setattr(chronicle, "PARTS", parts)
    for given, found in CASES:
        page = find(conn, Search(**given), None, 9)
        assert (moments(page), page.next) == (found, None), given


def test_pages_go_on_after_the_last_event_and_end(conn):
    first = find(conn, Search(), None, 2)
    assert (moments(first), first.next) == ([50, 40], (40, "a", 2))
    second = find(conn, Search(), first.next, 3)
    assert (moments(second), second.next) == ([30, 20, 10], None)


def test_events_of_one_moment_are_each_told_once(conn):
    for tenant in "abc":
        given = {"actor": ANNA, "object": {"kind": "x", "id": "y"}, "at_us": 60}
        events.append(conn, tenant=tenant, type="t", **given)
    told, after = [], None
    for _ in range(3):
        page = find(conn, Search(since_us=60), after, 1)
        told += [one["tenant"] for one in page.events]
        after = page.next
    assert (told, after) == (["c", "b", "a"], None)


def test_a_page_looks_no_further_than_it_may_and_says_where_it_stopped(conn, monkeypatch):
    monkeypatch.setattr(chronicle, "SCANNED", 3)
    first = find(conn, Search(actor="anna"), None, 9)
    assert (moments(first), first.next, first.places) == ([30], (30, "", 1), ((30, "", 1),))
    assert moments(find(conn, Search(actor="anna"), first.next, 9)) == [10]


@pytest.mark.parametrize("scanned", [1, 2, 3])
@pytest.mark.parametrize("kinds", [frozenset(), frozenset({"hold.placed", "state.transition"})])
def test_where_a_page_stopped_tells_nothing_of_other_tenants(conn, monkeypatch, scanned, kinds):
    monkeypatch.setattr(chronicle, "SCANNED", scanned)
    for tenants in (frozenset({"a"}), frozenset({"a", "c"}), frozenset({""}), frozenset()):
        after, stops = None, 0
        while (
            after := find(conn, Search(tenants, "nobody", kinds), after, 9).next
        ) is not None:
            assert after[1] in tenants
            stops += 1
        logged = {"a": 2 if kinds else 3, "": 0 if kinds else 1}
        assert stops == sum(logged.get(one, 0) for one in tenants) // scanned


def test_attempts_without_a_right_are_found_whoever_made_them(conn):
    given = {"tenant": "", "object": {"kind": "user", "id": "ben"}, "actor": LOOP}
    for at, (type, outcome) in enumerate(
        [
            ("user.sign_in_failed", "refused"),
            ("approval.rejected", "denied"),
            ("access.refused", "refused"),
            ("signer.refused", "refused"),
            ("egress.done", "failed"),
        ],
        start=60,
    ):
        events.append(conn, type=type, at_us=at, outcome=outcome, **given)
    assert moments(find(conn, Search(deeds=Deeds.REFUSED), None, 9)) == [62, 61, 60]


def test_what_people_did_is_found_behind_any_number_of_served_requests(conn, monkeypatch):
    monkeypatch.setattr(chronicle, "SCANNED", 4)
    for at in range(100, 130):
        given = {"actor": LOOP, "object": {"kind": "exchange", "id": f"x{at}"}, "at_us": at}
        events.append(conn, tenant="a", type="request.served", **given)
    page = find(conn, Search(deeds=Deeds.PEOPLE), None, 9)
    assert (moments(page), page.next is None) == ([30, 10], False)
    assert moments(find(conn, Search(deeds=Deeds.PEOPLE), page.next, 9)) == []


def test_a_search_in_no_log_asks_the_store_nothing():
    assert find(None, Search(frozenset()), None, 9) == chronicle.Page((), None)


@pytest.mark.parametrize("tenants", [None, frozenset({"a", "b"})])
def test_only_one_log_is_gone_through_as_it_was_recorded_and_never_another_instead(
    conn, tenants
):
    with pytest.raises(AssertionError, match="no order"):
        find(conn, Search(tenants, order=Order.RECORDED), None, 9)
    assert find(conn, Search(frozenset(), order=Order.RECORDED), None, 9).events == ()


def clock_of_2096(conn):
    for at in (2096, 60, 2):
        given = {"actor": ANNA, "object": {"kind": "x", "id": f"y{at}"}, "at_us": at}
        events.append(conn, tenant="a", type="t", **given)


@pytest.mark.parametrize("chunk", [1, 2, 1000])
def test_one_log_is_gone_through_as_it_was_recorded_whatever_times_it_tells(
    conn, monkeypatch, chunk
):
    monkeypatch.setattr(chronicle, "CHUNK", chunk)
    clock_of_2096(conn)
    mine = Search(frozenset({"a"}), order=Order.RECORDED)
    assert moments(find(conn, replace(mine, order=Order.TOLD), None, 9))[0] == 2096
    page = find(conn, mine, None, 4)
    assert moments(page) == [2, 60, 2096, 50]
    assert moments(find(conn, mine, page.next, 4)) == [40, 10]
    for given, found in (
        ({"since_us": 20, "until_us": 100}, [60, 50, 40]),
        ({"since_us": 100}, [2096]),
        ({"actor": "anna"}, [2, 60, 2096, 10]),
        ({"kinds": frozenset({"t"})}, [2, 60, 2096]),
        ({"deeds": Deeds.PEOPLE}, [2, 60, 2096, 10]),
        ({"object": "y60"}, [60]),
        ({"seq": 4}, [2096]),
        ({"tenants": frozenset({""})}, [30]),
    ):
        assert moments(find(conn, replace(mine, **given), None, 9)) == found, given


def test_as_it_was_recorded_a_page_looks_no_further_than_it_may_either(conn, monkeypatch):
    monkeypatch.setattr(chronicle, "SCANNED", 2)
    clock_of_2096(conn)
    mine = Search(frozenset({"a"}), kinds=frozenset({"hold.placed"}), order=Order.RECORDED)
    found, after, pages = [], None, 0
    while pages == 0 or after is not None:
        page = find(conn, mine, after, 9)
        found, after, pages = found + moments(page), page.next, pages + 1
    assert (found, pages) == ([10], 4)
