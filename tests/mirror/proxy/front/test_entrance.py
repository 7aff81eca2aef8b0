"""The policy's listeners, with their certificates read."""

import time

import pytest
from ways import pki

from mirror.proxy.front.certificates import CertificateFault
from mirror.proxy.front.connect import Connect
from mirror.proxy.front.entrance import entrance
from policies.listeners import Listeners

HERE, THERE = ("127.0.0.1", 1), ("127.0.0.1", 2)


def given(own_ca="ours", proxy=THERE, **listeners):
    ca = pki().intercepting if own_ca == "ours" else own_ca
    return entrance(Listeners.model_validate(listeners), HERE, proxy, ca, time.time())


def tls():
    certificate, key = pki().server.pair
    return {"certificate": certificate, "key": key}


def test_without_a_word_there_is_clear_text_and_no_proxy():
    made = given()
    assert (made.address, made.tls, made.proxy) == (HERE, None, None)
    assert list(made.kept) == []


def test_tls_and_interception_have_certificates_of_their_own():
    made = given(tls=tls(), intercept={})
    assert [name for name, _ in made.kept] == ["base_url", "intercept"]
    assert made.proxy == THERE
    assert made.hosts.answer("api.openai.com", 443) is Connect.INTERCEPTED
    assert made.hosts.answer("example.com", 443) is Connect.REFUSED


def test_others_are_tunnelled_where_the_policy_says_so():
    made = given(intercept={"others": "tunnel"})
    assert made.hosts.answer("example.com", 443) is Connect.TUNNELLED


def test_client_certificates_are_demanded_in_both():
    made = given(tls=tls(), intercept={}, client_ca=str(pki().ours.file))
    assert all(pki().ours.file in kept.files for _, kept in made.kept)


def test_without_a_ca_the_command_that_makes_one_is_named():
    with pytest.raises(CertificateFault, match="crossfade ca"):
        given(own_ca=None, intercept={})


def test_the_policys_own_ca_is_taken_where_it_names_one():
    ca = pki().intercepting
    named = {"certificate": str(ca.certificate), "key": str(ca.key)}
    made = given(own_ca=None, intercept={"ca": named})
    assert made.inner.files == (ca.certificate, ca.key)


def test_a_key_that_does_not_fit_is_told():
    with pytest.raises(CertificateFault, match="is not the key of"):
        given(tls=tls() | {"key": str(pki().ours.written.key)})
