"""Acceptance as a gate before canary: a report that nothing is asked of, or that could never pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policies.fault import Place, listed
from policies.policy import Policy, Rollout, Target
from policies.routes import Route

type Finding = tuple[Place, str]

_WORDS = frozenset({Route.CHAT, Route.REASON})
_NEEDED: Mapping[str, tuple[frozenset[Route], ...]] = {
    "reason_p95_s": (frozenset({Route.REASON}),),
    "audio_p95_s": (frozenset({Route.AUDIO}),),
    "retrieval_p95_ms": (frozenset({Route.EMBED}), frozenset({Route.RERANK})),
    "first_token_ms": (_WORDS,),
    "tokens_per_s": (_WORDS,),
    "together_tokens_per_s": (_WORDS,),
    "availability": (frozenset({Route.CHAT}),),
}
"""Each target with the routes that must be sent requests for it: one of each group."""


def acceptance_faults(policy: Policy) -> Iterator[Finding]:
    """A report that is demanded, and that nothing is asked of."""
    if any(getattr(policy.targets, name) is not None for name in _NEEDED):
        return
    places: list[Place] = [("terms",), *(("rollouts", n, "terms") for n in _own(policy))]
    terms = [policy.terms, *(policy.terms_of(policy.rollouts[n]) for n in _own(policy))]
    for place, each in zip(places, terms, strict=True):
        if each.acceptance.required:
            yield (
                (*place, "acceptance", "required"),
                "asks for a report that every target of `targets` is null in, so that it never passes; "
                "write a target",
            )


def acceptance_notes(policy: Policy) -> Iterator[Finding]:
    """Rollouts whose candidate is sent no requests of a kind that a target asks for."""
    for at, one in enumerate(policy.rollouts):
        if not policy.terms_of(one).acceptance.required:
            continue
        lacking = min((_lacking(policy, tenant) for tenant in _served(policy, one)), key=len)
        if lacking:
            yield (
                ("rollouts", at),
                f"never gets to canary: `terms.acceptance` asks for {listed(lacking)} too, and no tenant "
                "of this candidate has the routes that are measured for it; make it null in `targets`",
            )


def _own(policy: Policy) -> list[int]:
    return [at for at, one in enumerate(policy.rollouts) if one.terms is not None]


def _served(policy: Policy, rollout: Rollout) -> list[str]:
    """The tenants that have this candidate: a report of any of them is one of the candidate."""

    def key(target: Target) -> tuple[str, str]:
        return target.upstream, target.model

    wanted = key(rollout.candidate)
    return sorted({one.tenant for one in policy.rollouts if key(one.candidate) == wanted})


def _lacking(policy: Policy, tenant: str) -> list[str]:
    """The targets for which a tenant has no rollout whose requests could be measured."""
    routes = {one.route for one in policy.rollouts if one.tenant == tenant}
    return [
        name
        for name, groups in _NEEDED.items()
        if getattr(policy.targets, name) is not None and not all(routes & one for one in groups)
    ]
