"""Ed25519 in plain integers, against `cryptography` and the vectors of RFC 8032 section 7.1."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from cutover.verifying.ed25519 import ORDER, PRIME, verify_ed25519

VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]
SMALL_ORDER = [
    bytes(32),
    (1).to_bytes(32, "little"),
    (PRIME - 1).to_bytes(32, "little"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
]


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_the_vectors_of_the_standard_verify(public, message, signature):
    public, message, signature = map(bytes.fromhex, (public, message, signature))
    assert verify_ed25519(public, message, signature)
    assert not verify_ed25519(public, message + b"!", signature)


@settings(max_examples=30)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=100))
def test_what_cryptography_signs_verifies(seed, message):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes_raw()
    assert verify_ed25519(public, message, key.sign(message))


@given(at=st.integers(0, 95), bit=st.integers(0, 7), seed=st.binary(min_size=32, max_size=32))
def test_a_changed_bit_of_key_or_signature_is_judged_as_cryptography_judges_it(at, bit, seed):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    whole = bytearray(key.public_key().public_bytes_raw() + key.sign(b"words"))
    whole[at] ^= 1 << bit
    public, signature = bytes(whole[:32]), bytes(whole[32:])
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, b"words")
        expected = True
    except InvalidSignature:
        expected = False
    assert verify_ed25519(public, b"words", signature) is expected is False


def test_a_signature_with_the_order_added_to_its_scalar_is_refused():
    public, message, signature = map(bytes.fromhex, VECTORS[2])
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    other = signature[:32] + scalar.to_bytes(32, "little")
    assert not verify_ed25519(public, message, other)


@pytest.mark.parametrize("public", SMALL_ORDER)
def test_a_key_of_small_order_signs_nothing(public):
    # With it R = [s]B verifies for any message in who checks no order.
    for s, r in ((0, (1).to_bytes(32, "little")), (1, SMALL_ORDER[1])):
        assert not verify_ed25519(public, b"any", r + s.to_bytes(32, "little"))


@pytest.mark.parametrize("y", [PRIME, PRIME + 1, PRIME + 18, 2**255 - 1])
def test_a_point_that_is_not_written_canonically_is_none(y):
    for sign in (0, 1 << 255):
        public = (y | sign).to_bytes(32, "little")
        assert not verify_ed25519(public, b"any", bytes(64))


def test_bytes_of_another_length_are_no_signature():
    public, message, signature = map(bytes.fromhex, VECTORS[0])
    assert not verify_ed25519(public[:-1], message, signature)
    assert not verify_ed25519(public, message, signature + b"\0")
    assert not verify_ed25519(b"\x02" + bytes(31), message, signature)  # on no curve
