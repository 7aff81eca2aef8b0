"""One request as it reached the relay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mirror.headers import header_map
from mirror.proxy.asgi import Scope
from mirror.proxy.peer import HEADER, Doubt, Peer, Signer


@dataclass(frozen=True, slots=True)
class Call:
    """The head of a request. Header names are lower case.

    `id` names the exchange, also towards the client, and `at_us` is when it came. `peer` is the
    client's address, `certificate` the names in its verified certificate, and `doubt` why the
    front wants the request refused.
    """

    id: str
    at_us: int
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    peer: str
    certificate: tuple[str, ...] = ()
    doubt: Doubt | None = None


def call_of(scope: Scope, signer: Signer | None, identifier: str, at_us: int) -> Call:
    """The call in an ASGI scope.

    With a `signer`, the peer is the one that the front signed; without, that of the connection.
    """
    headers = header_map(scope["headers"])
    signed = headers.pop(HEADER, "")
    client = scope.get("client")
    peer = signer.peer(signed) if signer else Peer(client[0] if client else "")
    return Call(
        id=identifier,
        at_us=at_us,
        method=scope["method"],
        path=scope["raw_path"].decode("ascii", "replace"),
        query=scope["query_string"].decode("ascii", "replace"),
        headers=headers,
        peer=peer.address,
        certificate=peer.certificate,
        doubt=peer.doubt,
    )
