"""The day's money for copies: what each leg costs, what was spent, and whether anything is left.

Counted when an answer is recorded, so that a copy under way is not counted yet: the day ends at most
the copies that were in flight beyond its budget.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from mirror import prices
from mirror.choice import target_of
from mirror.exchange import Accept, Leg, Reply, Side
from mirror.journal import spending
from mirror.journal.spending import Account, Charge
from policies.policy import Policy, Rollout
from policies.price_list import FREE, Tariff, tariff
from policies.prices import Money

type Spent = Mapping[tuple[str, str, str], int]
"""Millionths by tenant, route and currency."""


@dataclass(frozen=True, slots=True)
class Purse:
    """The budgets of a policy. Prices are looked up when it is made: that takes a second, and no transaction should."""

    policy: Policy
    _tariffs: dict[tuple[str, str], Tariff | None] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Looks up what each side of each rollout costs."""
        sides = [(one.primary, one.candidate) for one in self.policy.rollouts]
        targets = {(t.upstream, t.model): t for pair in sides for t in pair}
        self._tariffs.update({key: tariff(self.policy, t) for key, t in targets.items()})

    @property
    def kept(self) -> bool:
        """Whether there is any budget to keep."""
        policy = self.policy
        own = [policy.terms_of(one).sampling.budget_per_day for one in policy.rollouts]
        return policy.budget_per_day is not None or any(own)

    def tariff(self, rollout: Rollout, side: Side) -> Tariff | None:
        """What a side costs; None where nobody knows."""
        target = target_of(rollout, side)
        return self._tariffs[target.upstream, target.model]

    def charge(self, rollout: Rollout, accept: Accept, reply: Reply) -> Charge | None:
        """What a copy or re-ask cost; None for nothing, and where no price is known."""
        return self._charge(rollout, reply.side, accept, reply, reply.leg)

    def avoided(self, rollout: Rollout, accept: Accept, served: Reply) -> Charge | None:
        """What the primary would have charged for an answer that a client got from the candidate."""
        if served.side is not Side.CANDIDATE or served.leg is not Leg.SERVED:
            return None
        return self._charge(rollout, Side.PRIMARY, accept, served, spending.AVOIDED)

    def _charge(
        self, rollout: Rollout, side: Side, accept: Accept, reply: Reply, leg: str
    ) -> Charge | None:
        known = self.tariff(rollout, side) or FREE
        cost = prices.cost(known, accept, reply)
        if not cost.millionths:
            return None
        target = target_of(rollout, side)
        account = Account(
            rollout.tenant,
            rollout.route.value,
            str(leg),
            target.upstream,
            target.model,
            known.price.currency,
        )
        return Charge(account, cost.millionths, cost.estimated)

    def empty(self, rollout: Rollout, side: Side, spent: Spent) -> bool:
        """Whether nothing more may be sent to this side today: its budget, or the deployment's, is spent."""
        known = self.tariff(rollout, side)
        if known is None or known.free:
            return False
        own = self.policy.terms_of(rollout).sampling.budget_per_day
        key = (rollout.tenant, rollout.route.value)
        return over(
            own, {place: at for place, at in spent.items() if place[:2] == key}
        ) or over(self.policy.budget_per_day, spent)


def over(budget: Money | None, spent: Spent) -> bool:
    """Whether so much has been spent of a budget that none is left."""
    if budget is None:
        return False
    used = sum(at for (_, _, currency), at in spent.items() if currency == budget.currency)
    return used >= budget.amount * 1_000_000


def spent_today(conn: Connection, now_us: int) -> Spent:
    """What copies of all rollouts cost since midnight (UTC)."""
    return spending.spent(conn, spending.day_of(now_us))


def write_down(conn: Connection, now_us: int, charges: Iterable[Charge | None]) -> None:
    """Count what was charged now."""
    spending.add(conn, spending.day_of(now_us), [one for one in charges if one is not None])
