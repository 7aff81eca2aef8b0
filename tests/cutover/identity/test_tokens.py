"""Signatures of tokens: which keys and algorithms count."""

import base64
import hmac
import json

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from signing_on import a_key, a_token

from cutover.identity import tokens
from cutover.identity.claims import NotTaken


def public(key):
    return key.as_dict(private=False)


def test_what_a_key_signed_is_read_with_it():
    found = tokens.keys({"keys": [public(a_key())]})
    token = a_token({"sub": "s"})
    assert tokens.named(token) == "k1"
    assert tokens.verified(token, found["k1"])["sub"] == "s"
    curve = ECKey.generate_key("P-256", {"kid": "e"}, private=True)
    signed = jwt.encode({"alg": "ES256"}, {"sub": "e"}, curve)
    assert tokens.verified(signed, tokens.keys({"keys": [public(curve)]})["e"])["sub"] == "e"


def unsigned():
    parts = [{"alg": "none", "kid": "k1"}, {"sub": "s"}]
    return ".".join([_told(one) for one in parts] + [""])


def _told(one):
    return base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=")


def by_the_public_key():
    """HS256 with the bytes of the public key as the shared secret, which everybody knows."""
    signed = f"{_told({'alg': 'HS256', 'kid': 'k1'})}.{_told({'sub': 's'})}"
    mark = hmac.digest(a_key().as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def with_its_own_key():
    other = a_key("other")
    return a_token({"sub": "s"}, key=other, kid="k1", jwk=public(other))


def altered():
    head, _, mark = a_token({"sub": "s"}).split(".")
    return f"{head}.{_told({'sub': 'root'})}.{mark}"


def for_another_kind():
    curve = ECKey.generate_key("P-256", private=True)
    return jwt.encode({"alg": "ES256", "kid": "k1"}, {"sub": "s"}, curve)


@pytest.mark.parametrize(
    "forged", [unsigned, by_the_public_key, with_its_own_key, altered, for_another_kind]
)
def test_a_forged_token_is_not_taken(forged):
    key = tokens.keys({"keys": [public(a_key())]})["k1"]
    with pytest.raises(NotTaken, match="nobody we know signed"):
        tokens.verified(forged(), key)


@pytest.mark.parametrize("text", ["", "..", "a.b.c", "e30.e30.", "x" * 20_000, "ä.b.c"])
def test_what_is_no_token_is_not_taken(text):
    with pytest.raises(NotTaken):
        tokens.named(text)


def test_keys_that_do_not_sign_or_are_weak_or_shared_are_left_out():
    weak = {"kty": "RSA", "kid": "weak", "e": "AQAB", "n": "u" * 171}
    shared = OctKey.generate_key(256, {"kid": "shared"})
    told = [
        public(a_key()) | {"use": "enc"},
        weak,
        shared.as_dict(),
        {"kty": "RSA", "kid": "broken"},
        {"kty": "what"},
        "text",
    ]
    assert tokens.keys({"keys": told}) == {}
    for other in (None, [], {"keys": None}, {}):
        assert tokens.keys(other) == {}


def test_a_private_key_that_a_provider_publishes_is_read_as_its_public_half():
    found = tokens.keys({"keys": [a_key().as_dict(private=True)]})
    assert not found["k1"].is_private
