"""Where guesses come from: one name for all the addresses that one machine can take. Pure."""

from __future__ import annotations

import hashlib
from ipaddress import IPv6Address, IPv6Network, ip_address

NETWORK = 64
"""Bits of an IPv6 address that are given out; of the others a machine takes whichever it likes."""


def place(address: str) -> str:
    """A name of 16 characters for an address, the same for all of one IPv6 network; nobody reads the address in it."""
    return "from:" + hashlib.sha256(_network(address).encode()).hexdigest()[:11]


def _network(address: str) -> str:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Network((int(found), NETWORK), strict=False))
