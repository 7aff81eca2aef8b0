"""Rollouts that do without their primary: only where the tenant forbids it is there anything to do without."""

from __future__ import annotations

from collections.abc import Iterator

from policies.fault import Place
from policies.policy import Cloud, Location, Policy, Rollout

HINT = "; or, for a rollout that is live already, say `without_primary: true`"


def without_primary_faults(policy: Policy) -> Iterator[tuple[Place, str]]:
    """Every `without_primary` that has no effect."""
    for at, rollout in enumerate(policy.rollouts):
        if rollout.without_primary and not _forbidden(policy, rollout):
            place: Place = ("rollouts", at, "without_primary")
            yield place, "has no effect: the tenant permits the primary; remove it"


def _forbidden(policy: Policy, rollout: Rollout) -> bool:
    tenant = policy.tenants.get(rollout.tenant)
    upstream = policy.upstreams.get(rollout.primary.upstream)
    forbids = tenant is not None and tenant.cloud is Cloud.FORBIDDEN
    return forbids and upstream is not None and upstream.location is Location.CLOUD
