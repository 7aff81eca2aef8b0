"""Signatures of a provider's tokens, by the keys that the provider publishes. Pure.

A token never says by which key or algorithm it is to be checked: it only names a key we have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from cutover.identity.claims import NotTaken

ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA", "Ed25519"),
}
"""By kind of key: asymmetric ones alone, or who knows a public key could sign."""
LONGEST, MOST_KEYS = 16_384, 64
SHORTEST_RSA = 342
"""Characters of the modulus of 2048 bits."""

type Key = RSAKey | ECKey | OKPKey


def keys(told: object) -> dict[str, Key]:
    """The keys of a provider's set that sign, by their name. What is none is left out; "" is a key without a name."""
    listed = told.get("keys") if isinstance(told, dict) else None
    return dict(_readable(listed)) if isinstance(listed, list) else {}


def named(token: str) -> str:
    """The name of the key that a token says it is signed with, "" for none. Raises NotTaken."""
    if len(token) > LONGEST:
        raise NotTaken("this token is too long")
    try:
        header = jws.extract_compact(token.encode("ascii", "strict")).headers()
    except (JoseError, ValueError, TypeError, KeyError):
        raise NotTaken("this is no signed token") from None
    kid = header.get("kid", "")
    return kid if isinstance(kid, str) else ""


def verified(token: str, key: Key) -> Mapping[str, object]:
    """What a token says, where this key signed it. Raises NotTaken."""
    try:
        return jwt.decode(token, key, algorithms=ALGORITHMS[key.key_type]).claims
    except (JoseError, ValueError, TypeError, KeyError):
        raise NotTaken("nobody we know signed this token") from None


_PUBLIC = ("kty", "kid", "n", "e", "crv", "x", "y")


def _readable(listed: Iterable[Any]) -> Iterable[tuple[str, Key]]:
    for one in list(listed)[:MOST_KEYS]:
        if not isinstance(one, dict) or one.get("use", "sig") != "sig":
            continue
        if one.get("kty") == "RSA" and len(str(one.get("n", ""))) < SHORTEST_RSA:
            continue
        public = {name: value for name, value in one.items() if name in _PUBLIC}
        try:
            key = JWKRegistry.import_key(public)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, RSAKey | ECKey | OKPKey):
            yield str(one.get("kid", "")), key
