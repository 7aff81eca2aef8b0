"""Money in rows, and when a server has paid for itself."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from fake_fleet import told
from fake_rollouts import HOUR_US, NOW_US

from dashboards.clock import Clock
from dashboards.questions import spending
from dashboards.questions.spending import DAY_US, Basis, Day, Days, Server, Spending
from dashboards.wire import read

FOUND = read(Spending, json.dumps(told()["/v1/spending"]).encode())
TOTAL = spending.totals(FOUND)[0]
SERVER = Server(capex=250_000, monthly=3_000, rate=4.2, currency="RM")
MIDNIGHT_US = FOUND.resumes_us - DAY_US
NONE = Days(())
MEAN = Basis(76.6, "the mean of 3 whole days")


def day(ago, avoided, currency="USD"):
    return Day(MIDNIGHT_US - ago * DAY_US, currency, 10.0, avoided)


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
    assert spending.money(0.4, "USD") == "USD 0.40"
    assert spending.money(0, "RM") == "RM 0.00"


def test_a_days_saving_is_the_mean_of_the_whole_days_and_a_day_without_any_counts_as_nothing():
    days = Days((day(4, 50.0), day(1, 90.0), day(2, 9e9, "MYR")))
    found = spending.basis(FOUND, days, "USD", NOW_US, Clock())
    assert found is not None
    assert found.a_day == 120.0 / 4
    assert found.told.startswith("the mean of 4 whole days since 2026-11-16 16:10 UTC")


def test_without_a_whole_day_today_is_told_by_the_part_of_it_that_is_over():
    found = spending.basis(FOUND, NONE, "USD", NOW_US, Clock())
    assert found is not None
    assert found.a_day == pytest.approx(2 * 38.3)
    assert found.told == "today alone, of which 12 h 0 min are over"
    young = MIDNIGHT_US + HOUR_US // 2
    assert spending.basis(FOUND, NONE, "USD", young, Clock()) is None
    assert spending.basis(FOUND, NONE, "USD", FOUND.resumes_us + 1, Clock()) is None
    assert spending.basis(FOUND, NONE, "MYR", NOW_US, Clock()) is None


def test_currencies_are_told_by_what_was_avoided_in_them():
    assert spending.currencies(FOUND, Days((day(1, 900.0, "MYR"),))) == ["MYR", "USD"]


def test_payback_names_what_it_rests_on():
    said = spending.payback(MEAN, "USD", SERVER)
    assert said.startswith(
        "It has paid for itself after 3.1 years. Estimate: RM 223.09 saved a day"
    )
    assert "the mean of 3 whole days; copies paid, running costs taken off" in said
    own = replace(SERVER, rate=None, monthly=None, currency="")
    said = spending.payback(replace(MEAN, a_day=1_000.0), "USD", own)
    assert "after 250 days. Estimate: USD 1,000.00 saved a day" in said
    assert "running costs not counted" in said


def test_a_server_that_never_pays_is_told_so():
    assert spending.payback(replace(MEAN, a_day=1.0), "USD", SERVER).startswith(
        "It does not pay for itself as things are"
    )


def test_what_nobody_said_is_asked_for_and_never_guessed():
    assert "Unknown yet" in spending.payback(None, "USD", SERVER)
    assert "Write what the server was bought for" in spending.payback(
        MEAN, "USD", replace(SERVER, capex=None)
    )
    assert (
        spending.payback(MEAN, "USD", replace(SERVER, rate=None))
        == "Write how many RM one USD is."
    )
