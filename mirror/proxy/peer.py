"""How the front tells the relay who its client is: a few facts signed with this process's secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from enum import StrEnum

from mirror.proxy.asgi import Refusal

HEADER = "x-crossfade-peer"


class Doubt(StrEnum):
    """Why the front wants a request refused. It never answers itself: the relay does, and counts."""

    ABSOLUTE_FORM = "absolute_form"  # a request to a plain HTTP proxy, for some other server
    EXPIRED = "certificate_expired"  # the client's certificate, during the connection


REFUSALS = {
    Doubt.ABSOLUTE_FORM: Refusal(
        400,
        "this is no proxy for plain HTTP: ask for a path, as in POST /v1/chat/completions, or use"
        " https:// addresses, which reach a proxy by CONNECT",
        "invalid_request_error",
        "absolute_form",
    ),
    Doubt.EXPIRED: Refusal(
        401,
        "the client certificate of this connection has expired; renew it and connect anew",
        "invalid_request_error",
        "certificate_expired",
    ),
}


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end: an address, and the names in a verified client certificate.

    Names are written as in the policy's `identify.certificate`. Without an address nobody is
    trusted.
    """

    address: str = ""
    certificate: tuple[str, ...] = ()
    doubt: Doubt | None = None


NOBODY = Peer()


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs and checks what is said of peers. The secret lives and dies with the process."""

    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def sign(self, peer: Peer) -> str:
        """The header's value for a peer."""
        facts = json.dumps([peer.address, peer.certificate, peer.doubt]).encode()
        written = base64.urlsafe_b64encode(facts).decode()
        return f"{written}.{self._mac(written)}"

    def peer(self, value: str) -> Peer:
        """The peer in a header's value; NOBODY, whom nobody trusts, where it was not signed here."""
        written, _, mac = value.rpartition(".")
        if not hmac.compare_digest(
            mac.encode("latin-1", "replace"), self._mac(written).encode()
        ):
            return NOBODY
        address, certificate, doubt = json.loads(base64.urlsafe_b64decode(written))
        return Peer(address, tuple(certificate), Doubt(doubt) if doubt else None)

    def _mac(self, written: str) -> str:
        return hmac.new(
            self.secret, written.encode("latin-1", "replace"), hashlib.sha256
        ).hexdigest()
