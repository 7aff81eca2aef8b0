"""Faults of how clients come in and are told apart: identities, certificates and interception."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policies.fault import Place, listed
from policies.listeners import OtherHosts
from policies.policy import Cloud, Policy, Tenant

type Finding = tuple[Place, str]


def client_faults(policy: Policy) -> Iterator[Finding]:
    """Every fault between tenants' identities and what the listeners can verify."""
    yield from _same_identities(policy)
    yield from _certificates(policy)
    yield from _client_ca(policy)
    yield from _interception(policy)


def _same_identities(policy: Policy) -> Iterator[Finding]:
    owners: dict[tuple[str, str], str] = {}
    for name, tenant in policy.tenants.items():
        for identity in _identities(tenant):
            owner = owners.setdefault(identity, name)
            if owner != name:
                kind, _ = identity
                yield (
                    ("tenants", name, "identify", kind),
                    f"is also how tenant `{owner}` is recognised; a request can be one tenant's only",
                )


def _identities(tenant: Tenant) -> Iterator[tuple[str, str]]:
    if tenant.identify.header is not None:
        yield "header", tenant.identify.header
    for fingerprint in tenant.identify.api_key_sha256:
        yield "api_key_sha256", fingerprint
    for name in tenant.identify.certificate:
        yield "certificate", name


def _certificates(policy: Policy) -> Iterator[Finding]:
    if policy.listeners.client_ca is not None:
        return
    for name, tenant in policy.tenants.items():
        if tenant.identify.certificate:
            yield (
                ("tenants", name, "identify", "certificate"),
                "can never fit: no client certificate is verified; set `listeners.client_ca`",
            )


def _client_ca(policy: Policy) -> Iterator[Finding]:
    given = policy.listeners
    if given.client_ca is not None and given.tls is None and given.intercept is None:
        yield (
            ("listeners", "client_ca"),
            "needs `listeners.tls`: clients show their certificates inside TLS",
        )


def _interception(policy: Policy) -> Iterator[Finding]:
    given = policy.listeners.intercept
    if given is None:
        return
    for at, host in enumerate(given.hosts):
        if re.fullmatch(r"[\d.]+", host):
            yield (
                ("listeners", "intercept", "hosts", at),
                "is an address; name the host as clients do, as in api.openai.com",
            )
    forbidding = [n for n, t in policy.tenants.items() if t.cloud is Cloud.FORBIDDEN]
    if given.others is OtherHosts.TUNNEL and forbidding:
        yield (
            ("listeners", "intercept", "others"),
            f"`tunnel` lets clients reach any cloud, and {listed(forbidding)} forbid it; use `refuse`",
        )
