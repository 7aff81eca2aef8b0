"""What copies have cost today, what is left of the budgets, and what the candidates' answers saved.

For people and Prometheus. Amounts are in whole units of their currency (dollars, not cents); a day is UTC's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

from mirror.journal.spending import AVOIDED, DAY_US, Sum
from mirror.proxy.metrics import Sample, page
from policies.policy import Policy
from policies.prices import Money

MILLION = 1_000_000
_TYPES = {
    "crossfade_spent_today": ("gauge", "What copies and re-asks cost since midnight UTC."),
    "crossfade_avoided_today": (
        "gauge",
        "What the primary would have charged for what the candidate answered.",
    ),
    "crossfade_budget_per_day": ("gauge", "What copies and re-asks may cost in a day."),
}


@dataclass(frozen=True, slots=True)
class Spending:
    """One rollout's day, or the deployment's, whose tenant and route are "".

    `budget` is None where there is none; `legs` are those that were charged, `estimated` of them
    those whose answers did not say what they used. `is_spent` says that no more copies are sent.
    """

    tenant: str
    route: str
    currency: str
    spent: float
    avoided: float
    budget: float | None
    legs: int
    estimated: int

    @property
    def is_spent(self) -> bool:
        """Whether the day's money is gone."""
        return self.budget is not None and self.spent >= self.budget


def spending(policy: Policy, sums: Sequence[Sum]) -> list[Spending]:
    """The deployment first, then each rollout that was charged for, saved something or has a budget."""
    found: dict[tuple[str, str, str], list[Sum]] = defaultdict(list)
    for one in sums:
        of = one.account
        for tenant, route in (("", ""), (of.tenant, of.route)):
            found[tenant, route, of.currency].append(one)
    budgets = dict(_budgets(policy))
    for (tenant, route), budget in budgets.items():
        found.setdefault((tenant, route, budget.currency), [])
    return [_of(key, sums, budgets.get(key[:2])) for key, sums in sorted(found.items())]


def _budgets(policy: Policy) -> Iterator[tuple[tuple[str, str], Money]]:
    if policy.budget_per_day is not None:
        yield ("", ""), policy.budget_per_day
    for one in policy.rollouts:
        own = policy.terms_of(one).sampling.budget_per_day
        if own is not None:
            yield (one.tenant, one.route.value), own


def _of(key: tuple[str, str, str], sums: Sequence[Sum], budget: Money | None) -> Spending:
    charged = [one for one in sums if one.account.leg != AVOIDED]
    saved = [one for one in sums if one.account.leg == AVOIDED]
    counts = budget is not None and budget.currency == key[2]
    return Spending(
        *key,
        spent=sum(one.millionths for one in charged) / MILLION,
        avoided=sum(one.millionths for one in saved) / MILLION,
        budget=budget.amount if budget is not None and counts else None,
        legs=sum(one.legs for one in charged),
        estimated=sum(one.estimated for one in charged),
    )


def body(day: int, found: Sequence[Spending]) -> dict[str, object]:
    """As JSON types. `resumes_us` is when the day and its budgets end."""
    rows = [asdict(one) | {"is_spent": one.is_spent} for one in found]
    return {"resumes_us": (day + 1) * DAY_US, "spending": rows}


def text(found: Sequence[Spending]) -> str:
    """The page that Prometheus reads; the deployment's own row has no tenant."""
    return page(_TYPES, _samples(found))


def _samples(found: Sequence[Spending]) -> Iterator[Sample]:
    read: dict[str, Callable[[Spending], float | None]] = {
        "crossfade_spent_today": lambda one: one.spent,
        "crossfade_avoided_today": lambda one: one.avoided,
        "crossfade_budget_per_day": lambda one: one.budget,
    }
    for one in found:
        labels = (("tenant", one.tenant), ("route", one.route), ("currency", one.currency))
        for name, value_of in read.items():
            value = value_of(one)
            if value is not None:
                yield name, labels, value
