"""What each side of a rollout costs: as the policy says, else as the known price lists of clouds do.

The lists are those of the package genai-prices, as they were when it was released: nothing is ever
fetched. They are asked for upstreams in the cloud alone, by address and model; an upstream on-premises
costs nothing unless the policy says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from policies.policy import Location, Policy, Target
from policies.prices import ANY_MODEL, Price

LISTED = "USD"  # the currency of the lists
WRITTEN = "policy"


@dataclass(frozen=True, slots=True)
class Tariff:
    """A price, and where it is from. Amounts in millionths are tokens times the price of a million."""

    price: Price
    source: str = WRITTEN

    @property
    def free(self) -> bool:
        """Whether nothing is ever charged."""
        return not (self.price.input or self.price.output or self.price.audio_minute)


FREE = Tariff(Price(input=0, output=0, audio_minute=0), "on-premises")


def tariff(policy: Policy, target: Target) -> Tariff | None:
    """What a side costs; None where nobody knows, which is never taken for nothing."""
    upstream = policy.upstreams[target.upstream]
    written = upstream.prices.get(target.model) or upstream.prices.get(ANY_MODEL)
    if written is not None:
        return Tariff(written)
    if upstream.location is Location.ONPREM:
        return FREE
    return _listed(str(upstream.base_url), target.model)


@lru_cache(maxsize=256)
def _listed(address: str, model: str) -> Tariff | None:
    """The list's price of a model at an address, without its discounts (cached input, batches)."""
    from genai_prices import Usage, calc_price  # takes seconds, and few policies need it

    try:
        found = calc_price(Usage(input_tokens=1), model, provider_api_url=address)
        output = calc_price(Usage(output_tokens=1), model, provider_api_url=address)
    except LookupError:
        return None
    hour = getattr(found.model_price, "input_audio_hours", None) or 0
    price = Price(
        input=float(found.total_price * 1_000_000),
        output=float(output.total_price * 1_000_000),
        audio_minute=float(hour) / 60,
        currency=LISTED,
    )
    return Tariff(price, f"price list ({found.model.id})")
