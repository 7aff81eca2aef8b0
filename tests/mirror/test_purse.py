"""When the day's money is spent, for whom, and what is charged to whom."""

import pytest
from builders import accepted, replied, two_sided

from mirror.exchange import Leg, Side
from mirror.journal.spending import AVOIDED
from mirror.purse import Purse, over
from policies.policy import Policy
from policies.prices import Money

USED = b'{"usage": {"prompt_tokens": 1000, "completion_tokens": 100}}'
PRICED = {"*": {"input": 2, "output": 10}}
URLS = "http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"


def a_policy(prices=PRICED, own=None, whole=None):
    written = two_sided(*URLS).model_dump(mode="json")
    written["upstreams"]["cloud"]["prices"] = prices
    written["terms"]["sampling"]["budget_per_day"] = own
    written["budget_per_day"] = whole
    return Policy.model_validate(written)


def spent(clinic=0, ward=0, currency="USD"):
    return {("clinic", "chat", currency): clinic, ("ward", "chat", currency): ward}


def empty(policy, today, side=Side.PRIMARY):
    return Purse(policy).empty(policy.rollout_of("clinic", "chat"), side, today)


@pytest.mark.parametrize(
    ("own", "whole", "today", "is_empty"),
    [
        (1, None, spent(clinic=999_999), False),
        (1, None, spent(clinic=1_000_000), True),
        (1, None, spent(ward=5_000_000), False),  # another's
        (None, 1, spent(ward=1_000_000), True),  # everybody's
        (None, 3, spent(clinic=1_000_000, ward=1_000_000), False),
        (None, None, spent(clinic=10**12), False),
    ],
)
def test_a_budget_is_of_one_rollout_or_of_the_deployment(own, whole, today, is_empty):
    money = [None if amount is None else {"amount": amount} for amount in (own, whole)]
    policy = a_policy(own=money[0], whole=money[1])
    assert empty(policy, today) is is_empty
    assert Purse(policy).kept is (own is not None or whole is not None)


def test_what_costs_nothing_is_sent_whatever_was_spent():
    policy = a_policy(own={"amount": 1})
    assert not empty(policy, spent(clinic=10**9), Side.CANDIDATE)


def test_money_of_another_currency_is_not_counted():
    assert not over(Money(amount=1, currency="MYR"), spent(clinic=10**9))
    assert over(Money(amount=1, currency="MYR"), spent(clinic=10**6, currency="MYR"))


def test_a_copy_to_the_primary_is_charged_and_one_to_ones_own_server_is_not():
    policy = a_policy()
    purse, rollout = Purse(policy), policy.rollout_of("clinic", "chat")
    copy = replied(1, Leg.SHADOW, side=Side.PRIMARY, body=USED)
    charge = purse.charge(rollout, accepted(1), copy)
    assert (charge.millionths, charge.estimated) == (3_000, False)
    assert (charge.account.leg, charge.account.upstream) == ("shadow", "cloud")
    assert purse.charge(rollout, accepted(1), replied(1, Leg.SHADOW, body=USED)) is None


def test_an_answer_of_the_candidate_avoids_what_the_primary_would_have_charged():
    policy = a_policy()
    purse, rollout = Purse(policy), policy.rollout_of("clinic", "chat")
    saved = purse.avoided(rollout, accepted(1), replied(1, side=Side.CANDIDATE, body=USED))
    assert (saved.account.leg, saved.account.model) == (AVOIDED, "big")
    assert saved.millionths == 3_000
    assert purse.avoided(rollout, accepted(1), replied(1, body=USED)) is None


def test_what_has_no_price_is_charged_to_nobody_where_no_budget_counts_it():
    policy = a_policy(prices={})
    copy = replied(1, Leg.SHADOW, side=Side.PRIMARY, body=USED)
    assert Purse(policy).charge(policy.rollout_of("clinic", "chat"), accepted(1), copy) is None
