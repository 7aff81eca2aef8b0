"""What a side costs: written prices first, then the lists of clouds, and never nothing by mistake."""

import pytest

from policies.policy import Policy, Target
from policies.price_list import FREE, tariff
from policies.prices import Price


def policy(**cloud):
    sides = {
        "primary": {"upstream": "cloud", "model": "gpt-4o"},
        "candidate": {"upstream": "gpu", "model": "own"},
    }
    at = {
        "base_url": "https://api.openai.com/v1",
        "location": "cloud",
        "models": ["gpt-4o", "whisper-1", "gpt-0-unheard-of"],
    }
    gpu = {"base_url": "http://10.0.0.3/v1", "location": "onprem", "models": ["own"]}
    return Policy.model_validate(
        {
            "version": 1,
            "deployment": "d",
            "upstreams": {"cloud": at | cloud, "gpu": gpu},
            "tenants": {"a": {"identify": {"header": "a"}, "cloud": "allowed"}},
            "rollouts": [{"tenant": "a", "route": "chat", **sides}],
        }
    )


def at(model, **cloud):
    return tariff(policy(**cloud), Target(upstream="cloud", model=model))


def test_the_price_list_knows_the_models_of_a_cloud_by_its_address():
    found = at("gpt-4o")
    assert found.price.input > 0 and found.price.output > found.price.input
    assert (found.price.currency, found.free) == ("USD", False)
    assert found.source.startswith("price list")


def test_recordings_are_priced_by_the_minute():
    price = at("whisper-1").price
    assert price.audio_minute == pytest.approx(0.006)
    assert (price.input, price.output) == (0, 0)


@pytest.mark.parametrize(
    ("model", "address"),
    [
        ("gpt-0-unheard-of", "https://api.openai.com/v1"),
        ("gpt-4o", "https://llm.example.org/v1"),
    ],
)
def test_what_no_list_has_is_not_taken_for_nothing(model, address):
    assert at(model, base_url=address) is None


def test_the_policys_own_prices_come_first_and_a_star_is_for_all_others():
    prices = {"gpt-4o": {"input": 1, "currency": "MYR"}, "*": {"output": 7}}
    assert at("gpt-4o", prices=prices).price == Price(input=1, currency="MYR")
    assert at("gpt-0-unheard-of", prices=prices).price == Price(output=7)


def test_ones_own_server_costs_nothing_unless_the_policy_says_so():
    assert tariff(policy(), Target(upstream="gpu", model="own")) is FREE
