"""The page of money."""

from __future__ import annotations

from fake_fleet import spent
from looking import words_on


def test_it_shows_what_was_avoided_what_copies_cost_and_when_a_server_is_paid(opened):
    app = opened("cost", "token-mei")
    text = words_on(app)
    assert not app.exception
    for word in (
        "USD 41.50",
        "USD 3.20",
        "USD 16.80 of USD 20.00",
        "klinik-penang / chat",
        "used up",
    ):
        assert word in text, word
    assert "When has the server paid for itself" in text


def test_nothing_charged_says_what_to_write(opened, control):
    control.told_of["/v1/spending"]["spending"] = []
    text = words_on(opened("cost", "token-mei"))
    assert "Nothing was charged today" in text
    assert "prices" in text


def test_two_currencies_and_many_rollouts_are_shown(opened, control):
    many = [spent(f"klinik-{n:04}", "chat") for n in range(2_000)]
    control.told_of["/v1/spending"]["spending"] = [
        spent("", ""), spent("", "", currency="MYR"), *many,
    ]  # fmt: skip
    app = opened("cost", "token-mei")
    assert not app.exception
    assert "MYR 41.50" in words_on(app)
