"""Who asks: the tenant and the session of a request. Pure functions of the peer, headers and body."""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

from mirror.reading import Reading
from policies.policy import Policy, SessionSigns, Sign

TENANT_HEADER = "x-crossfade-tenant"


@dataclass(frozen=True, slots=True)
class Identities:
    """Everything of a policy that tells who asks, arranged for looking up."""

    by_header: Mapping[str, str]
    by_key: Mapping[str, tuple[tuple[str, str], ...]]  # digest and tenant, by 32 bits of digest
    by_certificate: Mapping[str, str]
    trusted: tuple[IPv4Network | IPv6Network, ...]
    session_header: str
    signs: SessionSigns

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """The identities that a policy declares. Raises ValueError for a peer that is no address."""
        by_key: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for name, tenant in policy.tenants.items():
            for digest in tenant.identify.api_key_sha256:
                by_key[digest[:8]].append((digest, name))
        return cls(
            by_header={
                tenant.identify.header: name
                for name, tenant in policy.tenants.items()
                if tenant.identify.header is not None
            },
            by_key={prefix: tuple(found) for prefix, found in by_key.items()},
            by_certificate={
                written: name
                for name, tenant in policy.tenants.items()
                for written in tenant.identify.certificate
            },
            trusted=tuple(ip_network(peer, strict=False) for peer in policy.trusted_peers),
            session_header=policy.session_header,
            signs=policy.sessions,
        )

    def trusts(self, peer: str) -> bool:
        """Whether a peer's word on the tenant is believed. A peer that is no address never is."""
        return _within(peer, self.trusted)

    def tenant(
        self, peer: str, headers: Mapping[str, str], certificate: Iterable[str] = ()
    ) -> str | None:
        """The tenant, or None for one nobody knows. Header names are lower case.

        The names in a verified `certificate` come first: one that is a tenant's stands for no other
        tenant, whatever header or key comes with it. A trusted peer that names a tenant is
        believed next, alone: a name that fits none is unknown, whatever key comes with it.
        """
        named = headers.get(TENANT_HEADER)
        by_header = named is not None and self.trusts(peer)
        owners = {owner for name in certificate if (owner := self.by_certificate.get(name))}
        if by_header and named is not None:
            owner = self.by_header.get(named)
            return owner if not owners or owners == {owner} else None
        if owners:
            return owners.pop() if len(owners) == 1 else None
        return self._by_key(headers.get("authorization", ""))

    def _by_key(self, authorization: str) -> str | None:
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or not key:
            return None
        digest = hashlib.sha256(key.strip().encode("utf-8", "surrogateescape")).hexdigest()
        for known, tenant in self.by_key.get(digest[:8], ()):
            if hmac.compare_digest(known, digest):
                return tenant
        return None

    def session(
        self, tenant: str, headers: Mapping[str, str], reading: Reading, exchange: str
    ) -> str:
        """The conversation a request belongs to; one of its own where it names none.

        The policy's signs are looked for in their order. Apps put names and record numbers there,
        so a session is known by 128 bits of a SHA-256 with its tenant alone.
        """
        for sign in self.signs.identify:
            for named in self._named(sign, headers, reading):
                if isinstance(named, str) and named.strip():
                    return _pseudonym(tenant, named.strip())
        return exchange

    def _named(
        self, sign: Sign, headers: Mapping[str, str], reading: Reading
    ) -> Iterator[object]:
        """What a request says under one sign; anything but a text says nothing."""
        document = reading.document
        match sign:
            case Sign.HEADER:
                yield headers.get(self.session_header)
            case Sign.METADATA:
                metadata = document.get("metadata")
                if isinstance(metadata, Mapping):
                    yield from (metadata.get(key) for key in self.signs.metadata)
            case Sign.CONVERSATION:
                conversation = document.get("conversation")
                yield (
                    conversation.get("id")
                    if isinstance(conversation, Mapping)
                    else conversation
                )
                yield document.get("previous_response_id")
            case Sign.END_USER:
                yield from (document.get(key) for key in ("user", "safety_identifier"))
            case Sign.OPENING:
                yield f"opening {reading.opening}" if reading.opening else None


@lru_cache(maxsize=8192)  # the same few peers, twice a request
def _within(peer: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


def _pseudonym(tenant: str, session: str) -> str:
    """The same for the same session of a tenant, and no name that could be a person's in clear."""
    named = f"{tenant}\0{session}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(named).hexdigest()[:32]
