"""What a policy forbids, read even where it cannot be used otherwise, and laid over another policy.

A part that cannot use the newest policy goes on with an older one. What the newest no longer allows
must not go on with it: a missing key is no reason to send a byte to a cloud. Nothing here ever
allows more than the policy that is in use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policies import document
from policies.document import Value
from policies.listeners import OtherHosts
from policies.policy import (
    Cloud,
    EgressRecording,
    Identity,
    Location,
    Policy,
    Tenant,
    UnknownTenants,
    Upstream,
)
from policies.salvage import at, salvage

type _Place = tuple[str | None, int | None]


@dataclass(frozen=True, slots=True)
class Restrictions:
    """What a policy does not allow. Tenants and upstreams are told by their names.

    A tenant whose part cannot be read counts as one that forbids the cloud. `cloud` are upstreams
    and hosts with ports that are in the cloud. `record_before` asks for the egress record first.
    """

    tenants: frozenset[str]
    forbidden: frozenset[str]
    pinned: frozenset[str]
    asked_once: frozenset[str]
    cloud: frozenset[str | _Place]
    refuses_unknown: bool
    refuses_tunnels: bool
    record_before: bool
    identities: Mapping[str, Identity] = field(default_factory=dict)


def restrictions(text: str) -> Restrictions | None:
    """What a policy's text forbids, whatever else is wrong with it; None where it is no policy."""
    try:
        read = document.read(text, "")
    except ValueError:  # what cannot be a character
        return None
    value = read.value
    named = value.get("tenants") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(named, dict) or not named:
        return None
    sound = salvage(value)
    if sound is None:
        return None
    policy = sound.policy
    unclear = [fault.key for fault in read.faults]  # a key given twice could mean either
    told = {one: each for one, each in policy.tenants.items() if not _unclear(one, unclear)}
    passes = policy.unknown_tenants is UnknownTenants.PASS_THROUGH
    intercepts = policy.listeners.intercept
    return Restrictions(
        tenants=frozenset(named),
        forbidden=frozenset(one for one in named if not _allowed(told.get(one))),
        pinned=frozenset(one for one, tenant in told.items() if tenant.pinned),
        asked_once=frozenset(one for one in named if one not in told or not told[one].reask),
        cloud=_in_cloud(policy.upstreams) | _unplaced(value, policy),
        refuses_unknown=not passes,
        refuses_tunnels=intercepts is None or intercepts.others is OtherHosts.REFUSE,
        record_before=policy.egress_record is EgressRecording.BEFORE,
        identities={one: tenant.identify for one, tenant in told.items()},
    )


def restricted(policy: Policy, by: Restrictions, *, whole: bool) -> Policy:
    """The policy without what another forbids; the same value where that changes nothing.

    `whole` says that nothing of the other is missing: what it does not name is then gone too, and
    its tenants are known by the signs that it gives them. Of one that was changed by hand only what
    it names counts.
    """
    there = by.cloud - _in_cloud(
        policy.upstreams
    )  # an address that is the cloud's here is known
    upstreams = {name: _located(name, each, there) for name, each in policy.upstreams.items()}
    tenants = {
        name: _tenant(name, tenant, by, whole=whole)
        for name, tenant in policy.tenants.items()
        if not whole or name in by.tenants
    }
    changed: dict[str, Any] = {
        "upstreams": upstreams,
        "tenants": tenants,
        "rollouts": tuple(each for each in policy.rollouts if each.tenant in tenants),
        "listeners": policy.listeners,
    }
    if by.record_before:
        changed["egress_record"] = EgressRecording.BEFORE
    if by.forbidden or (whole and by.refuses_tunnels):
        changed["listeners"] = _without_tunnels(policy)
    to = upstreams.get(policy.unknown_upstream or "")
    leaves = to is not None and to.location is Location.CLOUD
    if (whole and by.refuses_unknown) or (leaves and by.forbidden):
        changed |= {"unknown_tenants": UnknownTenants.REFUSE, "unknown_upstream": None}
    found = policy.model_copy(update=changed)
    return policy if found == policy else found


def closed(policy: Policy) -> Policy:
    """The policy where nothing is known of what a newer one forbids: no byte leaves for a cloud.

    Every tenant forbids it, unknown ones are refused, tunnels end, and the egress record comes first.
    """
    every, none = frozenset(policy.tenants), frozenset[str]()
    by = Restrictions(
        tenants=every,
        forbidden=every,
        pinned=none,
        asked_once=none,
        cloud=frozenset(),
        refuses_unknown=True,
        refuses_tunnels=True,
        record_before=True,
    )
    return restricted(policy, by, whole=True)


def _allowed(tenant: Tenant | None) -> bool:
    return tenant is not None and tenant.cloud is Cloud.ALLOWED


def _in_cloud(upstreams: Mapping[str, Upstream]) -> frozenset[str | _Place]:
    there = [
        (name, each) for name, each in upstreams.items() if each.location is Location.CLOUD
    ]
    return frozenset(name for name, _ in there) | {_place(each) for _, each in there}


def _unplaced(value: Mapping[str, Value], policy: Policy) -> frozenset[str]:
    """Upstreams of which it cannot be read that they are on-premises."""
    named = value.get("upstreams")
    if not isinstance(named, dict):
        return frozenset()
    unread = named.keys() - policy.upstreams.keys()
    return frozenset(one for one in unread if at(named, (one, "location")) != Location.ONPREM)


def _unclear(tenant: str, keys: list[str]) -> bool:
    return any(
        f"tenants.{tenant}.".startswith(f"{key}.") or key.startswith(f"tenants.{tenant}.")
        for key in keys
        if key
    )


def _place(upstream: Upstream) -> _Place:
    return upstream.base_url.host, upstream.base_url.port


def _located(name: str, upstream: Upstream, cloud: frozenset[str | _Place]) -> Upstream:
    if name in cloud or _place(upstream) in cloud:
        return upstream.model_copy(update={"location": Location.CLOUD})
    return upstream


def _tenant(name: str, tenant: Tenant, by: Restrictions, *, whole: bool) -> Tenant:
    changed: dict[str, Any] = {}
    if name in by.forbidden:
        changed["cloud"] = Cloud.FORBIDDEN
    if name in by.pinned:
        changed["pinned"] = "primary"
    if name in by.asked_once:
        changed["reask"] = False
    if whole and name in by.identities:
        changed["identify"] = by.identities[name]
    return tenant.model_copy(update=changed)


def _without_tunnels(policy: Policy) -> object:
    asked = policy.listeners.intercept
    if asked is None:
        return policy.listeners
    refusing = asked.model_copy(update={"others": OtherHosts.REFUSE})
    return policy.listeners.model_copy(update={"intercept": refusing})
