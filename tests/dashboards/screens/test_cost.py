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
    assert "Write what the server was bought for" in text
    assert "250" not in text, "no price of a server is made up"


def test_payback_rests_on_what_the_reader_types_and_the_address_keeps_it(opened):
    app = opened("cost", "token-mei", capex="80000", currency="RM", rate="4")
    text = words_on(app)
    assert "It has paid for itself after" in text
    assert "Estimate: RM" in text
    assert "running costs not counted" in text
    app.number_input(key="monthly").set_value(900_000.0)
    assert "It does not pay for itself as things are" in words_on(app.run())


def test_nothing_charged_says_what_to_write(opened, control):
    control.told_of["/v1/spending"]["spending"] = []
    control.told_of["/v1/spending/days"]["days"] = []
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
    text = words_on(app)
    assert "MYR 41.50" in text
    assert "The 200 of 2,000 rollouts that saved most" in text
    assert app.selectbox(key="of").options == ["USD", "MYR"]
