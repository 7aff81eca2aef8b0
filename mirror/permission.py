"""Which sides of a rollout may be asked at all, and which may be sent copies. Pure, and of the policy alone."""

from __future__ import annotations

from mirror import unpaired
from mirror.choice import target_of
from mirror.exchange import Side
from policies.policy import Cloud, CredentialMode, Location, Policy, Rollout


def permitted(policy: Policy, tenant: str, upstream: str) -> bool:
    """Whether a tenant's bytes may go to an upstream. Checked again where sockets are opened."""
    return (
        policy.tenants[tenant].cloud is Cloud.ALLOWED
        or policy.upstreams[upstream].location is Location.ONPREM
    )


def allowed(policy: Policy, rollout: Rollout, side: Side) -> bool:
    """Whether the tenant permits this side of its rollout."""
    return permitted(policy, rollout.tenant, target_of(rollout, side).upstream)


def uncopied(policy: Policy, rollout: Rollout, side: Side) -> str:
    """Why a side is never sent a copy; empty where it may be.

    A client's own key is never kept, so it cannot be lent.
    """
    if not allowed(policy, rollout, side):
        return unpaired.NO_PERMITTED_SIDE
    upstream = policy.upstreams[target_of(rollout, side).upstream]
    forwarded = upstream.credential.mode is CredentialMode.FORWARD
    return unpaired.CREDENTIAL_FORWARDED if forwarded else ""
