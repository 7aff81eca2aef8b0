"""Who may be answered by which upstream while crossfade itself is down: pure functions of the policy.

A bypass asks the upstream that the tenant is trusted with today, its primary, and never one that
its policy forbids.
"""

from __future__ import annotations

from collections.abc import Iterator

from mirror.permission import permitted
from policies.policy import Location, Policy


def bypasses(policy: Policy) -> Iterator[tuple[str, str]]:
    """Each tenant's signs, and `LOCATION_UPSTREAM`.

    A sign is `header:VALUE` of its x-crossfade-tenant or `key:SHA256` of a key that its app sends.
    """
    for name, tenant in policy.tenants.items():
        upstream = _upstream(policy, name)
        if upstream is None:
            continue
        told = f"{policy.upstreams[upstream].location.value}_{upstream}"
        if tenant.identify.header is not None:
            yield f"header:{tenant.identify.header}", told
        for digest in tenant.identify.api_key_sha256:
            yield f"key:{digest}", told


def left_out(policy: Policy) -> list[str]:
    """Tenants that have no permitted upstream to bypass to."""
    return [name for name in policy.tenants if _upstream(policy, name) is None]


def _upstream(policy: Policy, tenant: str) -> str | None:
    """The primary of its first rollout, or where it is passed through to; None where neither may be."""
    primaries = [one.primary.upstream for one in policy.rollouts if one.tenant == tenant]
    for upstream in (*primaries, policy.tenants[tenant].pass_through):
        if upstream is not None and _may(policy, tenant, upstream):
            return upstream
    return None


def _may(policy: Policy, tenant: str, upstream: str) -> bool:
    """Permitted, and on no address that a cloud upstream has: there, all count as cloud."""
    if not permitted(policy, tenant, upstream):
        return False
    if policy.upstreams[upstream].location is Location.CLOUD:
        return True
    clouds = {
        (one.base_url.host, one.base_url.port)
        for one in policy.upstreams.values()
        if one.location is Location.CLOUD
    }
    url = policy.upstreams[upstream].base_url
    shared = (url.host, url.port) in clouds
    return not shared or policy.tenants[tenant].cloud.value == "allowed"
