"""Money in rows, and when a server has paid for itself."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from fake_fleet import told
from fake_rollouts import HOUR_US, NOW_US

from dashboards.questions import spending
from dashboards.questions.spending import Server, Spending
from dashboards.wire import read

FOUND = read(Spending, json.dumps(told()["/v1/spending"]).encode())
TOTAL = spending.totals(FOUND)[0]
SERVER = Server(capex=250_000, monthly=3_000, rate=4.2, currency="RM")


def test_each_rollout_tells_what_it_saved_first():
    rows = spending.rows(FOUND)
    assert [row["rollout"] for row in rows] == ["klinik-penang / chat", "klinik-ipoh / chat"]
    assert rows[0]["cloud spend avoided"] == "USD 41.50"
    assert rows[1]["left of the budget"] == "✗ used up (USD 2.50); no more copies today"
    assert rows[0]["left of the budget"] == "no budget"


def test_a_budget_tells_what_is_left_of_it():
    assert spending.left(TOTAL) == "USD 16.80 of USD 20.00"


def test_small_amounts_keep_their_digits():
    assert spending.money(0.0123, "USD") == "USD 0.0123"
    assert spending.money(0, "RM") == "RM 0.00"


def test_a_whole_day_is_told_by_the_part_of_it_that_is_over():
    assert spending.a_day(TOTAL, FOUND.resumes_us, NOW_US) == pytest.approx(2 * 38.3)
    young = FOUND.resumes_us - 24 * HOUR_US + HOUR_US // 2
    assert spending.a_day(TOTAL, FOUND.resumes_us, young) is None
    assert spending.a_day(TOTAL, FOUND.resumes_us, FOUND.resumes_us + 1) is None


def test_payback_names_what_it_rests_on():
    said = spending.payback(76.6, SERVER)
    assert said.startswith(
        "It has paid for itself after 3.1 years, if every day went like today"
    )
    assert "RM 223.09 a day, running costs paid" in said
    assert "after 250 days" in spending.payback(1_000.0, replace(SERVER, rate=1, monthly=0))


def test_a_server_that_never_pays_is_told_so():
    assert spending.payback(1.0, SERVER).startswith("It does not pay for itself")
    assert "too young" in spending.payback(None, SERVER)
