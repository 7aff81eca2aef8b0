"""What copies cost today, what the candidates' answers saved, and when a server has paid for itself. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import words
from dashboards.clock import Clock

PATH, DAYS = "/v1/spending", "/v1/spending/days"
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
class Day:
    """The deployment's whole UTC day that began at `day_us`."""

    day_us: int
    currency: str
    spent: float
    avoided: float


@dataclass(frozen=True, slots=True)
class Days:
    """The days before today; one on which nothing was charged or avoided is not there."""

    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True)
class Server:
    """What a person says their server costs, None where they did not say it.

    Bought for `capex`, run for `monthly`, in their own `currency`, of which `rate` is one unit of the API's.
    """

    capex: float | None
    monthly: float | None
    currency: str
    rate: float | None


@dataclass(frozen=True, slots=True)
class Basis:
    """What a day saves, copies paid, and in words what that was taken from."""

    a_day: float
    told: str


def totals(found: Spending) -> list[Spent]:
    """The whole deployment's, one for each currency."""
    return [one for one in found.spending if not one.tenant]


def money(amount: float, currency: str) -> str:
    """An amount as people read it: `RM 1,204.50`."""
    digits = 2 if abs(amount) >= 0.1 or amount == 0 else 4
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


def currencies(found: Spending, days: Days) -> list[str]:
    """Those in which anything was charged, that of the most avoided first."""
    avoided: dict[str, float] = {}
    told: list[Spent | Day] = [*totals(found), *days.days]
    for one in told:
        avoided[one.currency] = avoided.get(one.currency, 0.0) + one.avoided
    return sorted(avoided, key=lambda name: (-avoided[name], name))


def basis(
    found: Spending, days: Days, currency: str, now_us: int, clock: Clock
) -> Basis | None:
    """What a day saves: the mean of the whole days told, else of today so far; None while that is too young."""
    whole = [one for one in days.days if one.currency == currency]
    today_us = found.resumes_us - DAY_US
    if whole:
        first_us = min(one.day_us for one in whole)
        number = (today_us - first_us) // DAY_US
        saved = sum(one.avoided - one.spent for one in whole)
        since = clock.when(first_us)
        return Basis(
            saved / number, f"the mean of {words.counted(number, 'whole day')} since {since}"
        )
    gone_us = now_us - today_us
    today = next((one for one in totals(found) if one.currency == currency), None)
    if today is None or not EARLY_US <= gone_us <= DAY_US:
        return None
    saved = (today.avoided - today.spent) * DAY_US / gone_us
    return Basis(saved, f"today alone, of which {words.duration(gone_us)} are over")


def payback(found: Basis | None, of: str, server: Server) -> str:
    """When a server has paid for itself, in one sentence that names what it rests on; `of` is the API's currency."""
    if found is None:
        return "Unknown yet: no whole day is told, and of today less than an hour is over (it began at midnight UTC)."
    if server.capex is None:
        return "Write what the server was bought for: that is told nowhere else."
    currency = server.currency or of
    rate = 1.0 if currency == of else server.rate
    if rate is None:
        return f"Write how many {currency} one {of} is."
    net = found.a_day * rate - (server.monthly or 0.0) * 12 / 365
    running = "running costs taken off" if server.monthly else "running costs not counted"
    rests = (
        f"Estimate: {money(net, currency)} saved a day ({found.told}; copies paid, {running})."
    )
    if net <= 0:
        return f"It does not pay for itself as things are. {rests}"
    return f"It has paid for itself after {_long(server.capex / net)}. {rests}"


def _long(days: float) -> str:
    return f"{days:,.0f} days" if days < 730 else f"{days / 365:,.1f} years"
