"""What a CONNECT request is answered with. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

HTTPS = 443


class Connect(StrEnum):
    """An answer to CONNECT."""

    INTERCEPTED = "intercepted"  # answered here, as if we were that host
    TUNNELLED = "tunnelled"  # its bytes pass as they are
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Hosts:
    """Which hosts are intercepted, and whether others may be reached through us."""

    intercepted: frozenset[str]
    tunnel: bool = False

    def answer(self, host: str, port: int) -> Connect:
        """The answer to a CONNECT to this host and port. Only HTTPS goes through a proxy."""
        if port != HTTPS:
            return Connect.REFUSED
        if plain(host) in self.intercepted:
            return Connect.INTERCEPTED
        return Connect.TUNNELLED if self.tunnel else Connect.REFUSED

    def serves(self, name: str | None) -> bool:
        """Whether a TLS handshake for this name is answered; clients that name none are."""
        return name is None or plain(name) in self.intercepted


NO_HOSTS = Hosts(frozenset())


def plain(host: str) -> str:
    """A host as it is compared: lower case, without the root's dot."""
    return host.lower().rstrip(".")


def reachable(address: str) -> bool:
    """Whether a tunnel may lead to an address: never back to this machine or its neighbours' link.

    Services that trust loopback, such as ours, and a cloud's metadata would be open to every client.
    """
    found = ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or found
    return not (
        mapped.is_loopback
        or mapped.is_link_local
        or mapped.is_unspecified
        or mapped.is_multicast
    )
