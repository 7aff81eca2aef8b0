"""What each stage of a rollout needs at least: sessions and clock, for a candidate without a blemish.

A lower bound for planning, computed from the policy alone. A real candidate has a flag here and a slow
answer there, and needs more; nothing can need less.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cutover.evidence.asking import burst_of
from cutover.evidence.enough import observations_until
from cutover.evidence.gates import (
    Basis,
    Demand,
    Gate,
    Rules,
    Score,
    basis_of,
    demands,
    log_promote_at,
    titled,
)
from policies.gates import Mode
from policies.policy import Policy, Rollout, Terms

MOST = 1_000_000
"""Sessions beyond this are told as "never"."""


@dataclass(frozen=True, slots=True)
class Need:
    """One stage's demand: sessions of the tenant's route, hours of clock, and what decides.

    `sessions` is None where the stage can never end, whatever the traffic.
    """

    stage: str
    sessions: int | None
    hours: float
    decided_by: str

    def days(self, sessions_a_day: float) -> float | None:
        """Days at a rate of sessions; the clock counts where it is the longer. None for never."""
        if self.sessions is None:
            return None
        return max(self.sessions / sessions_a_day, self.hours / 24)


def needs(policy: Policy, rollout: Rollout) -> tuple[Need, ...]:
    """What mirror and each canary step of a rollout need, in order; of a pinned tenant mirror alone.

    Live has no end to reach.
    """
    terms = policy.terms_of(rollout)
    tenant = policy.tenants[rollout.tenant]
    basis = basis_of(rollout.route, reask=tenant.reask)
    if basis is Basis.NEIGHBOURS:  # there are no steps
        return (_mirror(terms, basis, 0),)
    mirror = _mirror(terms, basis, _graded(policy, rollout))
    if tenant.pinned is not None:  # it takes none
        return (mirror,)
    return (mirror, *[_step(terms, at, basis) for at in range(len(terms.steps))])


def beyond_traffic(policy: Policy, rollout: Rollout) -> list[str]:
    """The gates that a promotion asks for and no traffic shows, by their names, whatever the candidate is like."""
    terms = policy.terms_of(rollout)
    basis = basis_of(rollout.route, reask=policy.tenants[rollout.tenant].reask)
    graded = 0.0 if basis is Basis.NEIGHBOURS else _graded(policy, rollout)
    return [one.name for one in _asked(terms, basis, graded) if _beyond(one, basis, terms)]


def _beyond(demand: Demand, basis: Basis, terms: Terms) -> bool:
    return spotless(demand, basis, terms) >= MOST


def _graded(policy: Policy, rollout: Rollout) -> float:
    """The share of exchanges that a judge grades."""
    judge = policy.judge
    return judge.sample_percent / 100 if judge and policy.judged(rollout) else 0.0


def _asked(terms: Terms, basis: Basis, graded: float) -> list[Demand]:
    """What mirror must surely show."""
    every = demands(terms.gates, basis)
    return [one for one in every if one.mode is not Mode.OBSERVE and _sure(one, basis, graded)]


def _mirror(terms: Terms, basis: Basis, graded: float) -> Need:
    """All gates together, so the one that needs most sessions decides. A judge grades a share of the exchanges.

    What may see nothing on a route is left out: then it asks nothing either.
    """
    asked = _asked(terms, basis, graded)
    each = {
        one.name: _seen(spotless(one, basis, terms), one, terms, basis, graded) for one in asked
    }
    for one in asked:
        if each[one.name] is None:
            why = (
                "no traffic shows it"
                if _beyond(one, basis, terms)
                else "sampling gives too little"
            )
            return Need("mirror", None, terms.coverage.hours, f"{one.title}: {why}")
    known = {gate: sessions for gate, sessions in each.items() if sessions is not None}
    slowest = max(known, key=lambda gate: known[gate])
    return Need("mirror", known[slowest], terms.coverage.hours, titled(slowest))


def _sure(demand: Demand, basis: Basis, graded: float) -> bool:
    """Whether a promotion surely asks that a gate was shown."""
    if not demand.optional:
        return True
    again = demand.gate is Gate.SEVERE and basis is Basis.NOISE
    return demand.shown and (again or (_by_judge(demand) and graded > 0))


def _by_judge(demand: Demand) -> bool:
    return demand.gate is Gate.QUALITY and demand.code != Score.SCHEMA


def _step(terms: Terms, at: int, basis: Basis) -> Need:
    """Enough sessions answered by the candidate, which are only its share of all."""
    step = terms.steps[at]
    served, why = step.min_served, "min_served"
    if terms.asks_speed(at):
        latency = next(d for d in demands(terms.gates, basis) if d.gate is Gate.LATENCY)
        shown = 0 if latency.mode is Mode.OBSERVE else spotless(latency, basis, terms)
        served, why = max((served, why), (shown, Gate.LATENCY.value))
    if step.percent is None:  # the share follows from the traffic: so many sessions a day
        assert step.sessions is not None, "a step has one measure"
        hours = max(step.soak_s / 3600, 24 * served / step.sessions)
        return Need(f"canary {step.size}", served, hours, why)
    sessions = math.ceil(round(served / (step.percent / 100), 6))
    return Need(f"canary {step.size}", sessions, step.soak_s / 3600, why)


def spotless(demand: Demand, basis: Basis, terms: Terms) -> int:
    """Observations until a gate can be shown by a candidate that never errs.

    Without a blemish means: agrees with the primary exactly as the primary agrees with itself
    (badness 0.5 on the scale of differences), or fully with a declared bar, and badness 0 elsewhere.
    """
    goodness = 0.5 if demand.is_difference(basis) else 1.0
    return observations_until(1 - demand.bar, goodness, log_promote_at(terms), MOST)


def _seen(
    observations: int, demand: Demand, terms: Terms, basis: Basis, graded: float
) -> int | None:
    """Sessions of the route until so many are observed, given how many are shadowed, re-asked and graded."""
    sampling = terms.sampling
    if observations >= MOST or sampling.shadow_percent == 0:
        return None
    shadowed: float = observations
    if _by_judge(demand):  # of a session's exchanges any may be drawn
        shadowed /= 1 - (1 - graded) ** terms.sessions.exchanges
    if demand.gate in (Gate.EQUIVALENCE, Gate.SEVERE) and basis is Basis.NOISE:
        burst = burst_of(Rules(terms, basis))
        beyond = max(0, observations - burst)
        if beyond and sampling.reask_percent == 0:
            return None
        if beyond:
            shadowed = burst + beyond / (sampling.reask_percent / 100)
    return math.ceil(round(shadowed / (sampling.shadow_percent / 100), 6))
