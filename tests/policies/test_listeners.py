"""The words of how clients come in, and what may stand there."""

import pytest
from pydantic import ValidationError

from policies.listeners import Interception, Listeners, OtherHosts, Tls
from policies.load import PolicyError, parse
from policies.policy import Identity


def test_without_a_word_the_listeners_are_clear_and_intercept_nothing():
    assert Listeners() == Listeners(tls=None, client_ca=None, intercept=None)


def test_interception_is_of_openai_and_refuses_others_unless_said():
    assert Interception() == Interception(
        hosts=("api.openai.com",), others=OtherHosts.REFUSE, ca=None
    )


@pytest.mark.parametrize("path", ["tls.pem", "./tls.pem", "~/tls.pem", "", "/a\0b"])
def test_files_are_named_by_absolute_paths(path):
    with pytest.raises(ValidationError):
        Tls(certificate=path, key="/etc/key.pem")


@pytest.mark.parametrize(
    "host",
    ["API.openai.com", "https://api.openai.com", "api.openai.com:443", "*.com", "com", ""],
)
def test_hosts_are_full_names(host):
    with pytest.raises(ValidationError):
        Interception(hosts=(host,))


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("CN=klinik kuching", True),
        ("DNS:app.clinic.example", True),
        ("URI:spiffe://clinics/kuching", True),
        ("sha256:" + "0a" * 32, True),
        ("klinik", False),
        ("CN=", False),
        ("DNS:App.example", False),
        ("sha256:" + "0A" * 32, False),
        ("sha256:00:11", False),
    ],
)
def test_a_certificates_name_says_what_kind_it_is(name, good):
    if good:
        assert Identity(certificate=(name,)).certificate == (name,)
    else:
        with pytest.raises(ValidationError):
            Identity(certificate=(name,))


def test_a_fault_says_what_is_allowed():
    text = "version: 1\nlisteners: {tls: {certificate: tls.pem, key: /k}, intercept: {hosts: [X]}}\n"
    with pytest.raises(PolicyError) as told:
        parse(text, "p.yaml")
    assert "p.yaml:2: listeners.tls.certificate: must be the absolute path of a file" in str(
        told.value
    )
    assert "listeners.intercept.hosts[0]: must be a host's full name" in str(told.value)
