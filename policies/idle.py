"""Settings that change nothing, each for want of something beside it: `policy check` notes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from policies.fault import Place, listed
from policies.gates import Mode, Promotion, WatchGate
from policies.policy import Policy, Rollout, Terms
from policies.routes import Route

type Finding = tuple[Place, str]

FLOOR = 100
"""Sessions that the floor of `drift` is taken from, at least."""
POOLED = 5
"""Fewer tenants of a model show nothing together."""


@dataclass(frozen=True, slots=True)
class Held:
    """Terms where they are written, and the rollouts that they hold for."""

    place: Place
    terms: Terms
    rollouts: Sequence[Rollout]

    def tenants(self) -> list[str]:
        """Whose rollouts these are."""
        return sorted({one.tenant for one in self.rollouts})


def held(policy: Policy) -> Iterator[Held]:
    """All terms of a policy that hold for any rollout."""
    common = [one for one in policy.rollouts if one.terms is None]
    if common:
        yield Held(("terms",), policy.terms, common)
    for at, one in enumerate(policy.rollouts):
        if one.terms is not None:
            yield Held(("rollouts", at, "terms"), one.terms, [one])


def idle(policy: Policy) -> Iterator[Finding]:
    """Every setting without effect."""
    for one in held(policy):
        yield from _acceptance(one)
        yield from _coverage(one)
        yield from _gates(one)
        yield from _sign_off(one)
        yield from _resend(policy, one)
        yield from _pooled(policy, one)
        yield from _reasks(policy, one)
        yield from _sessions(one)
    yield from _consents(policy)
    yield from _pinned(policy)
    yield from _notices(policy)


def _acceptance(one: Held) -> Iterator[Finding]:
    asked = one.terms.acceptance
    if "max_age_days" in asked.model_fields_set and not asked.required:
        place = (*one.place, "acceptance", "max_age_days")
        yield place, "has no effect without `required: true`"


def _coverage(one: Held) -> Iterator[Finding]:
    coverage = one.terms.coverage
    if coverage.margins.model_fields_set and not coverage.asked:
        place = (*one.place, "coverage", "margins")
        yield place, "have no effect: no stratum is asked for"


def _gates(one: Held) -> Iterator[Finding]:
    gates = one.terms.gates
    watching = [(name, getattr(gates, name)) for name in type(gates).model_fields]
    codes = [(f"flags.codes.{code}", gate) for code, gate in gates.flags.codes.items()]
    for name, gate in [*watching, *codes]:
        shown = isinstance(gate, WatchGate) and gate.promotion is Promotion.SHOWN
        if shown and gate.mode is Mode.OBSERVE:
            place = (*one.place, "gates", *name.split("."), "promotion")
            yield place, "has no effect with `mode: observe`: such a gate blocks no promotion"


def _sign_off(one: Held) -> Iterator[Finding]:
    asked = one.terms.sign_off
    if asked is None:
        return
    lacking = sorted(set(asked.routes) - {each.route for each in one.rollouts})
    if len(lacking) == len(set(asked.routes)) or (
        lacking and "routes" in asked.model_fields_set
    ):
        place = (*one.place, "sign_off", "routes")
        yield place, f"no rollout of these terms is of {listed(lacking)}: nothing there is read"


def _resend(policy: Policy, one: Held) -> Iterator[Finding]:
    agreed = [name for name in one.tenants() if _tenant_says(policy, name, "resend")]
    if one.terms.low_traffic.resend is not None and not agreed:
        place = (*one.place, "low_traffic", "resend")
        yield place, "has no effect: no tenant of these rollouts agrees (`tenants.NAME.resend`)"


def _pooled(policy: Policy, one: Held) -> Iterator[Finding]:
    if not one.terms.low_traffic.pooled_gate:
        return
    most = max(len(_alike(policy, each)) for each in one.rollouts)
    if most < POOLED:
        yield (
            (*one.place, "low_traffic", "pooled_gate"),
            f"shows nothing: a pool needs {POOLED} tenants of one route, primary and candidate, and none "
            f"has more than {most}",
        )


def _alike(policy: Policy, rollout: Rollout) -> set[str]:
    """The tenants that are in a pool with a rollout, as far as is plain to see."""
    return {
        one.tenant
        for one in policy.rollouts
        if (one.route, one.primary, one.candidate)
        == (rollout.route, rollout.primary, rollout.candidate)
        and _tenant_says(policy, one.tenant, "pool")
    }


def _reasks(policy: Policy, one: Held) -> Iterator[Finding]:
    """A drift gate that acts, where the primary is asked again too seldom for its floor."""
    sampling, drift = one.terms.sampling, one.terms.gates.drift
    if drift.mode is Mode.OBSERVE:
        return
    most = 0 if not sampling.reask_max_per_day else sampling.reask_burst
    seldom = most < FLOOR and not (sampling.reask_max_per_day and sampling.reask_percent)
    agreed = [name for name in one.tenants() if _tenant_says(policy, name, "reask")]
    if seldom or not agreed:
        place = (*one.place, "gates", "drift", "mode")
        yield (
            place,
            f"has no effect: its floor needs {FLOOR} sessions in which the primary is asked again",
        )


def _sessions(one: Held) -> Iterator[Finding]:
    asked = one.terms.sessions
    if "again_after_s" in asked.model_fields_set and asked.again_after_s < asked.open_s:
        yield (
            (*one.place, "sessions", "again_after_s"),
            f"is shorter than `open_s`, which holds in its place: {asked.open_s:g} s",
        )


def _consents(policy: Policy) -> Iterator[Finding]:
    """Consents of tenants that nothing makes use of."""
    for name, tenant in policy.tenants.items():
        terms = [one.terms for one in held(policy) if name in one.tenants()]
        if not terms:
            continue
        if tenant.resend and all(one.low_traffic.resend is None for one in terms):
            place: Place = ("tenants", name, "resend")
            yield place, "has no effect without `terms.low_traffic.resend`"
        asked = [one.sampling for one in terms]
        if tenant.reask and not any(
            one.reask_max_per_day and (one.reask_burst or one.reask_percent) for one in asked
        ):
            yield (
                ("tenants", name, "reask"),
                "has no effect: `terms.sampling` asks the primary again for nobody, and what is measured "
                "against its noise is never shown",
            )


def _pinned(policy: Policy) -> Iterator[Finding]:
    """Tenants that stay where they are, and whose rollouts are compared all the same."""
    for name, tenant in policy.tenants.items():
        count = sum(one.tenant == name for one in policy.rollouts)
        if tenant.pinned is not None and count:
            what = "its rollout is" if count == 1 else f"its {count} rollouts are"
            place: Place = ("tenants", name, "pinned")
            yield place, f"{what} compared in mirror, and never go{'es' * (count == 1)} on"


def _notices(policy: Policy) -> Iterator[Finding]:
    known: set[Route] = {one.route for one in policy.rollouts}
    for at, one in enumerate(policy.notify):
        if lacking := sorted(set(one.routes) - known):
            yield (
                ("notify", at, "routes"),
                f"there is no rollout of {listed(lacking)} to tell of",
            )


def _tenant_says(policy: Policy, name: str, consent: str) -> bool:
    return name in policy.tenants and bool(getattr(policy.tenants[name], consent))
