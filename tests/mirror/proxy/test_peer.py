"""The front's word on who the client is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.proxy.peer import Signer


@given(st.sampled_from(["127.0.0.1", "::1", "2001:db8::7", ""]))
def test_what_was_signed_here_is_believed(address):
    signer = Signer()
    assert signer.peer(signer.sign(address)) == address


@pytest.mark.parametrize("value", ["", "127.0.0.1", "127.0.0.1 00", "127.0.0.1 é"])
def test_what_nobody_signed_is_not_believed(value):
    assert Signer().peer(value) == ""


def test_nobody_elses_signature_is_believed():
    assert Signer().peer(Signer().sign("127.0.0.1")) == ""


def test_another_address_needs_another_signature():
    signer = Signer()
    assert signer.peer("10.0.0.1 " + signer.sign("127.0.0.1").split()[1]) == ""


def test_the_secret_is_not_shown():
    assert "secret" not in repr(Signer())
