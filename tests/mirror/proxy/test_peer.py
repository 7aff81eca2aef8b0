"""The front's word on who the client is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.proxy.peer import NOBODY, Doubt, Peer, Signer

peers = st.builds(
    Peer,
    st.sampled_from(["127.0.0.1", "::1", "2001:db8::7", ""]),
    st.lists(st.text(max_size=20), max_size=3).map(tuple),
    st.sampled_from([None, *Doubt]),
)


@given(peers)
def test_what_was_signed_here_is_believed(peer):
    signer = Signer()
    value = signer.sign(peer)
    assert signer.peer(value) == peer
    assert (
        value.isascii() and value.isprintable()
    )  # fits in a header whatever a certificate says


@pytest.mark.parametrize("value", ["", "127.0.0.1", "127.0.0.1.00", "127.0.0.1.é", "."])
def test_what_nobody_signed_is_not_believed(value):
    assert Signer().peer(value) == NOBODY


def test_nobody_elses_signature_is_believed():
    assert Signer().peer(Signer().sign(Peer("127.0.0.1"))) == NOBODY


def test_another_peer_needs_another_signature():
    signer = Signer()
    ours, theirs = signer.sign(Peer("127.0.0.1")), signer.sign(Peer("10.0.0.1"))
    assert signer.peer(ours.split(".")[0] + "." + theirs.split(".")[1]) == NOBODY


def test_the_secret_is_not_shown():
    assert "secret" not in repr(Signer())
