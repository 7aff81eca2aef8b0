"""What copies cost today, what the candidates' answers saved, and when a server has paid for itself. Pure."""

from __future__ import annotations

from dataclasses import dataclass

PATH = "/v1/spending"
DAY_US = 86_400_000_000
EARLY_US = DAY_US // 24
"""So much of a day must be over before it says anything of a whole one."""


@dataclass(frozen=True, slots=True)
class Spent:
    """One rollout's day, or the deployment's, whose tenant and route are ""; money in `currency`."""

    tenant: str
    route: str
    currency: str
    spent: float
    avoided: float
    budget: float | None
    legs: int
    estimated: int
    is_spent: bool


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent and avoided since the day began; `resumes_us` is when it ends."""

    resumes_us: int
    spending: tuple[Spent, ...]


@dataclass(frozen=True, slots=True)
class Server:
    """What a person says their server costs: bought for `capex`, run for `monthly`, in their own `currency`.

    `rate` is how much of that currency one unit of the API's is.
    """

    capex: float
    monthly: float
    rate: float
    currency: str


def totals(found: Spending) -> list[Spent]:
    """The whole deployment's, one for each currency."""
    return [one for one in found.spending if not one.tenant]


def money(amount: float, currency: str) -> str:
    """An amount as people read it: `RM 1,204.50`."""
    digits = 2 if abs(amount) >= 1 or amount == 0 else 4
    return f"{currency} {amount:,.{digits}f}"


def left(one: Spent) -> str:
    """What is left of a budget, or that it is used up."""
    if one.budget is None:
        return "no budget"
    if one.is_spent:
        return f"✗ used up ({money(one.budget, one.currency)}); no more copies today"
    return f"{money(one.budget - one.spent, one.currency)} of {money(one.budget, one.currency)}"


def rows(found: Spending) -> list[dict[str, str | int]]:
    """Each rollout's day, those that saved most first."""
    each = sorted(
        (one for one in found.spending if one.tenant),
        key=lambda one: (-one.avoided, -one.spent, one.tenant, one.route),
    )
    return [
        {
            "rollout": f"{one.tenant} / {one.route}",
            "copies cost": money(one.spent, one.currency),
            "cloud spend avoided": money(one.avoided, one.currency),
            "left of the budget": left(one),
            "answers charged": one.legs,
            "of them estimated": one.estimated,
        }
        for one in each
    ]


def a_day(total: Spent, resumes_us: int, now_us: int) -> float | None:
    """What a whole day saves, copies paid, if it goes on like today; None while the day is too young."""
    gone_us = DAY_US - (resumes_us - now_us)
    if not EARLY_US <= gone_us <= DAY_US:
        return None
    return (total.avoided - total.spent) * DAY_US / gone_us


def payback(saved_a_day: float | None, server: Server) -> str:
    """When a server has paid for itself, in one sentence that names what it rests on."""
    if saved_a_day is None:
        return "The day is too young: ask again an hour after midnight UTC."
    net = saved_a_day * server.rate - server.monthly * 12 / 365
    rests = f"if every day went like today so far ({money(net, server.currency)} a day, running costs paid)"
    if net <= 0:
        return f"It does not pay for itself {rests}."
    days = server.capex / net
    told = f"{days:,.0f} days" if days < 730 else f"{days / 365:,.1f} years"
    return f"It has paid for itself after {told}, {rests}."
