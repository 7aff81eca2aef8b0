"""How the front tells the relay who its client is: an address signed with this process's secret."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

HEADER = "x-crossfade-peer"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs and checks peer addresses. The secret lives and dies with the process."""

    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def sign(self, address: str) -> str:
        """The header's value for a peer."""
        return f"{address} {self._mac(address)}"

    def peer(self, value: str) -> str:
        """The address in a header's value; empty, which nobody trusts, where it was not signed here."""
        address, _, mac = value.rpartition(" ")
        known = hmac.compare_digest(
            mac.encode("latin-1", "replace"), self._mac(address).encode()
        )
        return address if known else ""

    def _mac(self, address: str) -> str:
        return hmac.new(
            self.secret, address.encode("latin-1", "replace"), hashlib.sha256
        ).hexdigest()
