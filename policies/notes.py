"""What a policy may say, and hardly anybody means: no fault, but `policy check` tells it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from policies.accepting import acceptance_notes
from policies.fault import Place
from policies.idle import held, idle
from policies.policy import Policy

type Finding = tuple[Place, str]

_APPROVED = {
    "to_canary": "before the candidate answers anyone",
    "to_live": "before it answers all",
}


def notes(policy: Policy) -> list[Finding]:
    """Every note on a policy without faults: its place, and why it is perhaps not what was meant."""
    told = (
        acceptance_notes(policy),
        idle(policy),
        _alone(policy),
        _odd(policy),
        _money(policy),
    )
    return list(itertools.chain.from_iterable(told))


def _alone(policy: Policy) -> Iterator[Finding]:
    """Steps that nobody is asked about, in production."""
    for one in held(policy):
        for name, when in _APPROVED.items():
            if policy.production and not getattr(one.terms.approvals, name):
                place = (*one.place, "approvals", name)
                yield place, f"is 0: nobody is asked {when}, in production"


def _odd(policy: Policy) -> Iterator[Finding]:
    """Numbers that are allowed and mean little."""
    for one in held(policy):
        if not one.terms.sampling.shadow_percent:
            place = (*one.place, "sampling", "shadow_percent")
            yield place, "is 0: the candidate is sent nothing in mirror, so it never leaves it"
    for name, upstream in policy.upstreams.items():
        least = upstream.signals.memory_percent
        if least <= 1:
            place = ("upstreams", name, "signals", "memory_percent")
            yield (
                place,
                f"is {least:g} %, below which no server stays; for a share of it write {least * 100:g}",
            )


def _money(policy: Policy) -> Iterator[Finding]:
    whole = policy.budget_per_day
    for one in held(policy):
        own = one.terms.sampling.budget_per_day
        if whole is None or own is None or own.currency != whole.currency:
            continue
        if own.amount > whole.amount:
            yield (
                (*one.place, "sampling", "budget_per_day"),
                f"is more than the whole deployment's {whole.amount:g} {whole.currency}, which ends first",
            )
