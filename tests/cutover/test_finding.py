"""Comparisons are found by what is asked, the newest first, without looking through all of them."""

import json

import pytest
from sqlalchemy import insert, text

from compare.comparison import Flag, Severity
from compare.flagged import record
from compare.ledger import comparisons
from cutover import finding
from cutover.finding import Search, find, rows
from cutover.people_tables import comparison_label
from mirror.journal.store import Store
from mirror.journal.tables import exchange
from policies.routes import Route

US = 1_000_000
_SAME = {
    "session": "", "epoch": 1, "stage": "mirror", "serving": "primary",
}  # fmt: skip


def write(conn, number, tenant="a", route="chat", *, session="s", flags=(), labelled=False):
    """One comparison of the `number`-th second."""
    id, at_us = f"e{number}", number * US
    of = {**_SAME, "tenant": tenant, "route": route, "accepted_us": at_us, "session": session}
    more = {
        "method": "POST",
        "path": "/",
        "requested_model": "",
        "outcome": "compared",
        "reason": "",
    }
    conn.execute(
        insert(exchange).values(
            id=id, streaming=False, reask=False, headers="{}", body=b"", kept="", **of, **more
        )
    )
    conn.execute(
        insert(comparisons).values(
            number=number, exchange_id=id, streaming=False, attribution="both_answered",
            missing="", evidence=b"", signals="{}", late="", performance="{}", failed_over=False,
            recorded_key="", comparators="t", unpaired="", at_us=at_us,
            flags=json.dumps([[code, severity] for code, severity in flags]), **of,
        )
    )  # fmt: skip
    record(conn, number, (tenant, route), [Flag(c, Severity(s), "") for c, s in flags])
    if labelled:
        conn.execute(
            insert(comparison_label).values(
                number=number, exchange_id=id, tenant=tenant, route=route, name="mei",
                label="same", note="", at_us=at_us,
            )
        )  # fmt: skip


DOSE, SIDE = ("DOSE", "fail"), ("SIDE", "review")


@pytest.fixture
def conn(store):
    with store.write() as conn:
        write(conn, 1, "a", "chat", session="s1", flags=[DOSE])
        write(conn, 2, "a", "reason", flags=[SIDE, DOSE], labelled=True)
        write(conn, 3, "b", "chat", session="s1", flags=[SIDE])
        write(conn, 4, "b", "chat", labelled=True)
        write(conn, 5, "c", "chat")
        yield conn


CASES = [
    ({}, [5, 4, 3, 2, 1]),
    ({"tenants": ("a",)}, [2, 1]),
    ({"tenants": ("a", "c")}, [5, 2, 1]),
    ({"tenants": ()}, []),
    ({"tenants": ("a",), "route": Route.CHAT}, [1]),
    ({"route": Route.REASON}, [2]),
    ({"flag": "DOSE"}, [2, 1]),
    ({"flag": "DOSE", "severity": Severity.REVIEW}, []),
    ({"severity": Severity.FAIL, "tenants": ("a",)}, [2, 1]),
    ({"severity": Severity.REVIEW, "route": Route.CHAT}, [3]),
    ({"severity": Severity.REVIEW, "tenants": ("b", "c")}, [3]),
    ({"session": "s1"}, [3, 1]),
    ({"session": "s1", "flag": "SIDE"}, [3]),
    ({"since_us": 3 * US}, [5, 4, 3]),
    ({"since_us": 2 * US, "until_us": 4 * US}, [3, 2]),
    ({"flag": "DOSE", "until_us": 2 * US}, [1]),
    ({"labelled": True}, [4, 2]),
    ({"labelled": True, "severity": Severity.FAIL, "tenants": ("a",)}, [2]),
    ({"labelled": True, "session": "s1"}, []),
    ({"labelled": False}, [5, 3, 1]),
    ({"labelled": False, "flag": "SIDE"}, [3]),
    ({"since_us": 9 * 3600 * US}, []),
    ({"flag": "NOBODY'S"}, []),
]


@pytest.mark.parametrize("windows", [True, False], ids=["looked through", "led"])
def test_what_is_looked_for_is_found_however_it_is_led(conn, monkeypatch, windows):
    if windows:
        monkeypatch.setattr(finding, "_led", lambda search: False)
        monkeypatch.setattr(finding, "WINDOW", 2)
    for given, numbers in CASES:
        found = find(conn, Search(**given), None, 9)
        assert (list(found.numbers), found.next) == (numbers, None), given


def test_pages_go_on_below_the_last_number_and_end(conn):
    first = find(conn, Search(), None, 2)
    assert (first.numbers, first.next) == ((5, 4), 4)
    write(conn, 6)  # what comes meanwhile moves nothing
    second = find(conn, Search(), first.next, 2)
    assert (second.numbers, second.next) == ((3, 2), 2)
    assert find(conn, Search(), second.next, 2) == finding.Numbers((1,), None)


def test_a_page_looks_no_further_than_its_windows_and_says_where_it_stopped(conn, monkeypatch):
    monkeypatch.setattr(finding, "WINDOW", 1)
    monkeypatch.setattr(finding, "WINDOWS", 2)
    first = find(conn, Search(route=Route.REASON), None, 9)
    assert first == finding.Numbers((), 4)
    assert find(conn, Search(route=Route.REASON), first.next, 9) == finding.Numbers((2,), 2)


def test_of_many_rollouts_the_windows_are_looked_through(conn, monkeypatch):
    monkeypatch.setattr(finding, "PLACES", 5)
    assert find(conn, Search(tenants=("a", "c")), None, 9).numbers == (5, 2, 1)


def test_rows_are_told_in_the_order_that_is_asked(conn):
    told = rows(conn, [2, 5, 77])
    assert [one.number for one in told] == [2, 5]
    assert (told[0].tenant, json.loads(told[0].flags)) == (
        "a",
        [["SIDE", "review"], ["DOSE", "fail"]],
    )


LED = [
    ({"flag": "DOSE"}, "ix_comparison_flag_code_number"),
    ({"flag": "DOSE", "tenants": ("a",)}, "ix_comparison_flag_tenant_code_number"),
    ({"severity": Severity.FAIL}, "ix_comparison_flag_severity_number"),
    ({"session": "s1"}, "ix_comparison_session_number"),
    ({"tenants": ("a",)}, "ix_comparison_tenant_route_number"),
    ({"labelled": True}, "ix_comparison_label_number"),
]


def test_an_index_leads_to_what_is_looked_for(home):
    store = Store.open(home.store_url)
    with store.read() as conn:
        for given, index in LED:
            query = finding._query(Search(**given), 1, 9, 3)
            told = str(query.compile(conn.engine, compile_kwargs={"literal_binds": True}))
            plan = conn.execute(text(f"EXPLAIN QUERY PLAN {told}")).all()
            assert any(index in row.detail for row in plan), [row.detail for row in plan]
    store.close()
