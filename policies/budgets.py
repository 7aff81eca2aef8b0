"""What makes a budget in money impossible to keep: a side without a price, or in another currency."""

from __future__ import annotations

from collections.abc import Iterator

from policies.fault import Place, listed
from policies.policy import Policy, Rollout, Target
from policies.price_list import WRITTEN, tariff
from policies.prices import Money, Price
from policies.routes import Route

type Finding = tuple[Place, str]

_BY_TOKEN = ("input", "output")
_SAYS_NOTHING = {Route.EMBED, Route.RERANK}  # their answers have no tokens to pay for


def budget_faults(policy: Policy) -> Iterator[Finding]:
    """Every side that a budget would count, and cannot. A side that is never charged is no fault."""
    for at, rollout in enumerate(policy.rollouts):
        own = policy.terms_of(rollout).sampling.budget_per_day
        for budget, name in (
            (own, "sampling.budget_per_day"),
            (policy.budget_per_day, "budget_per_day"),
        ):
            if budget is not None:
                yield from _uncountable(policy, rollout, budget, name, at)


def _uncountable(
    policy: Policy, rollout: Rollout, budget: Money, name: str, at: int
) -> Iterator[Finding]:
    for side, target in (("primary", rollout.primary), ("candidate", rollout.candidate)):
        if target.upstream not in policy.upstreams:
            continue  # told already
        why = _why(policy, rollout.route, target, budget)
        if why:
            yield (
                ("rollouts", at, side),
                f"{why}; without it `{name}` cannot count what it costs",
            )


def _why(policy: Policy, route: Route, target: Target, budget: Money) -> str:
    known = tariff(policy, target)
    of = f"model `{target.model}` of upstream `{target.upstream}`"
    if known is None:
        return f"no price is known of {of}: write `upstreams.{target.upstream}.prices`"
    if not known.free and known.price.currency != budget.currency:
        return (
            f"{of} is priced in {known.price.currency} and the budget is in {budget.currency}: "
            "write both in one currency, for no rate of exchange is known here"
        )
    missing = _unwritten(known.price, route) if known.source == WRITTEN else ()
    if missing:
        return (
            f"the price of {of} says nothing of {listed(missing)}: write it, 0 where it is free"
        )
    return ""


def _unwritten(price: Price, route: Route) -> tuple[str, ...]:
    """What a route's answers may be charged by, and the policy does not price."""
    said = price.model_fields_set
    if route is Route.AUDIO and ("audio_minute" in said or said.isdisjoint(_BY_TOKEN)):
        asked: tuple[str, ...] = ("audio_minute",)
    else:
        asked = _BY_TOKEN[:1] if route in _SAYS_NOTHING else _BY_TOKEN
    return tuple(one for one in asked if one not in said)
