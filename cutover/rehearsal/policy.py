"""The policy of a rehearsal: someone's terms and tenants, with replay servers in place of upstreams.

Addresses, credentials, model names and route rules are the replay servers'; terms, tenants, the
cloud rules and who may approve stay as the given policy has them. A rehearsal is never production.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import HttpUrl

from mirror.exchange import Side
from policies.patients import Patient
from policies.policy import (
    Cloud,
    Identity,
    Location,
    Policy,
    Rollout,
    Route,
    RouteRule,
    Target,
    Tenant,
    Upstream,
)

EXAMPLE = Path(__file__).parents[2] / "policies" / "examples" / "rehearsal.yaml"


@dataclass(frozen=True, slots=True)
class Cast:
    """Which recorded models play which part."""

    primary: str
    candidate: str
    noise: str | None = None
    worsen_to: str | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """Every recorded model that is needed."""
        parts = (self.primary, self.candidate, self.noise, self.worsen_to)
        return tuple(dict.fromkeys(model for model in parts if model))

    def played_by(self, side: Side) -> str:
        """The recorded model that stands on one side."""
        return self.primary if side is Side.PRIMARY else self.candidate


@dataclass(frozen=True, slots=True)
class Wire:
    """Model names as requests carry them: with several routes in the file, `MODEL@ROUTE`."""

    routes: tuple[str, ...]

    def name(self, model: str, route: str) -> str:
        """The name of a recorded model on one route."""
        return model if len(self.routes) == 1 else f"{model}@{route}"

    def names(self, model: str) -> dict[str, str]:
        """Every name on the wire of a recorded model, and the model itself."""
        return {self.name(model, route): model for route in self.routes}


SESSION_HEADER = "x-session-id"
PATIENT_HEADER = "x-patient-id"
"""By which the app of a rehearsal says of which of its invented patients it asks."""


class UnfitPolicy(ValueError):
    """A policy that cannot be rehearsed with these answers: what stands in the way, what to do."""


def with_tenants(example: Policy, count: int, routes: Iterable[str]) -> Policy:
    """`example` with `count` tenants `clinic-N` that each move every route from cloud to on-prem."""
    names = [f"clinic-{number}" for number in range(1, count + 1)]
    model = {"models": ("any",)}
    nowhere = HttpUrl("http://127.0.0.1:1/v1")
    return example.model_copy(
        update={
            "upstreams": {
                "primary": Upstream(base_url=nowhere, location=Location.CLOUD, **model),
                "candidate": Upstream(base_url=nowhere, location=Location.ONPREM, **model),
            },
            "tenants": {
                name: Tenant(identify=Identity(header=name), cloud=Cloud.ALLOWED, reask=True)
                for name in names
            },
            "rollouts": tuple(
                Rollout(
                    tenant=name,
                    route=Route(route),
                    primary=Target(upstream="primary", model="any"),
                    candidate=Target(upstream="candidate", model="any"),
                )
                for name in names
                for route in routes
            ),
        }
    )


def first_tenants(policy: Policy, count: int | None) -> Policy:
    """`policy` with the rollouts of its first `count` tenants only. Raises UnfitPolicy."""
    if count is None:
        return policy
    names = list(dict.fromkeys(rollout.tenant for rollout in policy.rollouts))
    if count > len(names):
        raise UnfitPolicy(
            f"--tenants {count}: the policy has rollouts of {len(names)} tenants only "
            f"({', '.join(names)})"
        )
    kept = tuple(rollout for rollout in policy.rollouts if rollout.tenant in names[:count])
    return policy.model_copy(update={"rollouts": kept})


def staged(
    policy: Policy, *, cast: Cast, wire: Wire, base_url: Callable[[str, Side], str]
) -> Policy:
    """`policy` with its upstreams played by replay servers. Raises UnfitPolicy.

    `base_url` says where the server listens that plays an upstream's part on a side.
    """
    rollouts = tuple(
        _recast(rollout, cast, wire)
        for rollout in policy.rollouts
        if rollout.route in wire.routes
    )
    if not rollouts:
        have = ", ".join(sorted({rollout.route for rollout in policy.rollouts}))
        raise UnfitPolicy(
            f"the answers are of route {', '.join(wire.routes)}, the policy's rollouts of {have}"
        )
    tenants = {rollout.tenant: policy.tenants[rollout.tenant] for rollout in rollouts}
    return policy.model_copy(
        update={
            "production": False,
            "upstreams": _upstreams(policy, rollouts, cast, wire, base_url),
            "tenants": {
                name: _with_our_app(name, tenant, reask=cast.noise is not None)
                for name, tenant in tenants.items()
            },
            "routes": tuple(
                RouteRule(route=Route(route), model=wire.name(cast.primary, route))
                for route in wire.routes
            ),
            "rollouts": rollouts,
            "session_header": SESSION_HEADER,
        }
    )


def _with_our_app(name: str, tenant: Tenant, *, reask: bool) -> Tenant:
    """A tenant whose app is the rehearsal's; its primary is asked again only with its consent."""
    return tenant.model_copy(
        update={
            "identify": Identity(api_key_sha256=(_fingerprint(app_key(name)),)),
            "pass_through": None,
            "reask": tenant.reask and reask,
            "patient": Patient(header=PATIENT_HEADER),
        }
    )


def app_key(tenant: str) -> str:
    """The API key that a tenant's app uses in a rehearsal. It opens nothing else."""
    return f"rehearsal-{tenant}"


def written(policy: Policy) -> str:
    """The policy as YAML, as `policies.load` reads it."""
    text: str = yaml.safe_dump(
        policy.model_dump(mode="json", exclude_none=True), sort_keys=False, allow_unicode=True
    )
    return text


def demands(policy: Policy) -> str:
    """The margins and alphas in one line, for the screen: what this rehearsal calls enough."""
    terms = policy.terms
    gates, alpha = terms.gates, terms.alpha
    steps = " -> ".join(step.size for step in terms.steps)
    return (
        f"equivalence margin {gates.equivalence.margin:g}, errors <= {gates.errors.at_most:.1%}, "
        f"slow <= {gates.latency.at_most:.1%}, flags <= {gates.flags.at_most:.1%}; alpha "
        f"{alpha.promote:g} to promote, {alpha.roll_back:g} to roll back; steps {steps}"
    )


def _recast(rollout: Rollout, cast: Cast, wire: Wire) -> Rollout:
    return rollout.model_copy(
        update={
            "primary": rollout.primary.model_copy(
                update={"model": wire.name(cast.primary, rollout.route)}
            ),
            "candidate": rollout.candidate.model_copy(
                update={"model": wire.name(cast.candidate, rollout.route)}
            ),
            "start": "mirror",
        }
    )


def _upstreams(
    policy: Policy,
    rollouts: tuple[Rollout, ...],
    cast: Cast,
    wire: Wire,
    base_url: Callable[[str, Side], str],
) -> dict[str, Upstream]:
    played: dict[str, Side] = {}
    for rollout in rollouts:
        for side, target in (
            (Side.PRIMARY, rollout.primary),
            (Side.CANDIDATE, rollout.candidate),
        ):
            if played.setdefault(target.upstream, side) is not side:
                raise UnfitPolicy(
                    f"upstream {target.upstream!r} is primary and candidate at once; "
                    "a rehearsal needs an upstream of its own for each side"
                )
    return {
        name: Upstream(
            base_url=HttpUrl(base_url(name, side)),
            location=policy.upstreams[name].location,
            models=tuple(wire.names(cast.played_by(side))),
        )
        for name, side in played.items()
    }


def _fingerprint(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
