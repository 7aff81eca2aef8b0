"""A budget that cannot be kept is a fault before anything is sent."""

import pytest

from policies.check import faults
from policies.policy import Policy

UNHEARD = {
    "base_url": "https://llm.example.org/v1",
    "location": "cloud",
    "models": ["gpt-4o"],
}
GPU = {"base_url": "http://10.0.0.3:8000/v1", "location": "onprem", "models": ["llama", "qwen"]}
FIVE = {"amount": 5}


def rollout(**parts):
    return {
        "tenant": "a",
        "route": "chat",
        "primary": {"upstream": "cloud", "model": "gpt-4o"},
        "candidate": {"upstream": "gpu", "model": "llama"},
    } | parts


def policy(**parts):
    good = {
        "version": 1,
        "deployment": "d",
        "tenants": {"a": {"identify": {"header": "a"}, "cloud": "allowed"}},
        "rollouts": [rollout()],
    }
    return Policy.model_validate(good | parts)


def upstreams(**cloud):
    return {"cloud": UNHEARD | cloud, "gpu": GPU}


def own(**sampling):
    return [rollout(terms={"sampling": sampling})]


@pytest.mark.parametrize(
    "parts",
    [
        {"budget_per_day": FIVE},
        {"terms": {"sampling": {"budget_per_day": FIVE}}},
        {"rollouts": own(budget_per_day=FIVE)},
    ],
)
def test_a_model_without_a_price_is_a_fault_where_a_budget_counts_it(parts):
    ((place, why),) = faults(policy(upstreams=upstreams(), **parts))
    assert place == ("rollouts", 0, "primary")
    assert "no price is known of model `gpt-4o` of upstream `cloud`" in why
    assert "write `upstreams.cloud.prices`" in why


@pytest.mark.parametrize(
    "prices", [{"gpt-4o": {"input": 2, "output": 0}}, {"*": {"input": 1, "output": 2}}]
)
def test_a_written_price_is_enough(prices):
    assert faults(policy(upstreams=upstreams(prices=prices), budget_per_day=FIVE)) == []


@pytest.mark.parametrize(
    ("route", "price", "missing"),
    [
        ("chat", {"input": 1}, "`output`"),
        ("chat", {"output": 1}, "`input`"),
        ("reason", {"audio_minute": 1}, "`input`, `output`"),
        ("embed", {"output": 1}, "`input`"),
        ("embed", {"input": 1}, ""),
        ("rerank", {"input": 1}, ""),
        ("audio", {"audio_minute": 0.006}, ""),
        ("audio", {"input": 1, "output": 1}, ""),
        ("audio", {"input": 1}, "`output`"),
    ],
)
def test_a_budget_asks_that_all_a_route_is_charged_by_is_priced(route, price, missing):
    priced = {
        "upstreams": upstreams(prices={"gpt-4o": price}),
        "rollouts": [rollout(route=route)],
        "routes": [{"route": route}],
    }
    found = faults(policy(budget_per_day=FIVE, **priced))
    assert faults(policy(**priced)) == []
    if not missing:
        assert found == []
        return
    ((place, why),) = found
    assert place == ("rollouts", 0, "primary")
    assert f"says nothing of {missing}: write it, 0 where it is free" in why


def test_without_a_budget_nobody_needs_a_price():
    assert faults(policy(upstreams=upstreams())) == []


def test_a_price_in_another_currency_is_a_fault():
    priced = upstreams(prices={"*": {"input": 2, "output": 2, "currency": "USD"}})
    budget = {"amount": 5, "currency": "MYR"}
    ((_, why),) = faults(policy(upstreams=priced, budget_per_day=budget))
    assert "priced in USD and the budget is in MYR" in why


def test_the_price_of_a_model_that_is_none_of_the_upstream_is_a_fault():
    ((place, why),) = faults(policy(upstreams=upstreams(prices={"gpt-5": {"input": 1}})))
    assert place == ("upstreams", "cloud", "prices", "gpt-5")
    assert "no model of this upstream" in why
