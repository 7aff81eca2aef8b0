"""Faults of `identity`: a provider that is asked in the clear, cookies that nobody gets, grants for nobody."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from policies.explain import suggestion
from policies.fault import Place, listed
from policies.oidc import Oidc
from policies.policy import Policy

_PLACE: Place = ("identity", "oidc")


def sign_in_faults(policy: Policy) -> Iterator[tuple[Place, str]]:
    """Every fault of `identity`. The secret is the controller's alone, so no other process looks for it."""
    oidc = policy.identity.oidc
    if oidc is None:
        return
    for key in ("issuer", "api", "dashboard"):
        yield from _addresses(getattr(oidc, key), (*_PLACE, key))
    if urlsplit(oidc.api).hostname != urlsplit(oidc.dashboard).hostname:
        yield (
            (*_PLACE, "dashboard"),
            "has another host than `api`; browsers send the cookie of signing in to one host alone, so put both "
            "behind one name, on two ports or two paths",
        )
    for at, written in enumerate(oidc.hosts):
        if not 1 <= int(written.rpartition(":")[2]) <= 65_535:
            yield (*_PLACE, "hosts", at), "names no port; it is from 1 to 65535"
    yield from _secret(policy, oidc)
    yield from _grants(policy, oidc)


def _addresses(address: str, place: Place) -> Iterator[tuple[Place, str]]:
    parts = urlsplit(address)
    try:
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        yield place, "has no port from 0 to 65535"
        return
    if not host or port == 0:
        yield place, "names no host that could be asked"
    elif parts.scheme == "http" and not _is_here(host):
        yield (
            place,
            "begins with http://, and whoever is on the way could sign in; use https://",
        )


def _secret(policy: Policy, oidc: Oidc) -> Iterator[tuple[Place, str]]:
    keys = {one.credential.env: name for name, one in policy.upstreams.items()}
    if oidc.client_secret is not None and oidc.client_secret in keys:
        holds = f"holds the key of upstream `{keys[oidc.client_secret]}`"
        yield (*_PLACE, "client_secret"), f"`{oidc.client_secret}` {holds}"


def _grants(policy: Policy, oidc: Oidc) -> Iterator[tuple[Place, str]]:
    for at, one in enumerate(oidc.grants):
        for number, tenant in enumerate(one.tenants):
            if tenant not in policy.tenants:
                hint = suggestion(tenant, policy.tenants) or ";"
                yield (
                    (*_PLACE, "grants", at, "tenants", number),
                    f"there is no tenant `{tenant}`{hint} declared: {listed(policy.tenants)}",
                )
        if one in oidc.grants[:at]:
            yield (*_PLACE, "grants", at), "says again what a row before it says"


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
