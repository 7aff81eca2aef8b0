"""The policy's listeners, with their certificates read."""

import time
from dataclasses import replace

import pytest
from builders import two_sided
from ways import pki

from mirror.proxy.front.certificates import CertificateFault
from mirror.proxy.front.connect import Connect
from mirror.proxy.front.entrance import entrance, tunnels
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


@pytest.mark.parametrize("may", [True, False])
def test_whether_a_tunnel_may_be_is_asked_each_time(may):
    made = replace(given(intercept={"others": "tunnel"}), may_tunnel=lambda: may)
    answer = Connect.TUNNELLED if may else Connect.REFUSED
    assert made.hosts_now().answer("example.com", 443) is answer
    assert made.hosts_now().answer("api.openai.com", 443) is Connect.INTERCEPTED


@pytest.mark.parametrize(
    ("listeners", "cloud", "may"),
    [
        ({"intercept": {"others": "tunnel"}}, "allowed", True),
        ({"intercept": {"others": "tunnel"}}, "forbidden", False),
        ({"intercept": {"others": "refuse"}}, "allowed", False),
        ({}, "allowed", False),
    ],
)
def test_a_policy_has_tunnels_where_it_says_so_and_nobody_forbids_the_cloud(
    listeners, cloud, may
):
    tenants = {
        "clinic": {"identify": {"header": "clinic"}, "cloud": "allowed"},
        "hospital": {"identify": {"header": "hospital"}, "cloud": cloud},
    }
    address = "http://127.0.0.1:1/v1"
    policy = two_sided(address, address, tenants=tenants, listeners=listeners)
    assert tunnels(policy) is may


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
