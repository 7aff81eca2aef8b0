"""What a CONNECT is answered with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror.proxy.front.connect import Connect, Hosts, reachable

OPENAI = Hosts(frozenset({"api.openai.com"}))
TUNNELS = Hosts(frozenset({"api.openai.com"}), tunnel=True)


@pytest.mark.parametrize("host", ["api.openai.com", "API.OpenAI.com", "api.openai.com."])
def test_a_listed_host_is_intercepted_however_it_is_written(host):
    assert OPENAI.answer(host, 443) is Connect.INTERCEPTED
    assert TUNNELS.answer(host, 443) is Connect.INTERCEPTED


@pytest.mark.parametrize("host", ["example.com", "xapi.openai.com", "openai.com", ""])
def test_others_are_refused_unless_the_policy_tunnels(host):
    assert OPENAI.answer(host, 443) is Connect.REFUSED
    assert TUNNELS.answer(host, 443) is Connect.TUNNELLED


@given(st.text(), st.integers(0, 65535).filter(lambda port: port != 443))
def test_only_https_goes_through_a_proxy(host, port):
    assert TUNNELS.answer(host, port) is Connect.REFUSED
    assert TUNNELS.answer("api.openai.com", port) is Connect.REFUSED


def test_a_handshake_inside_is_for_a_listed_host_or_names_none():
    assert OPENAI.serves("api.openai.com")
    assert OPENAI.serves(None)
    assert not OPENAI.serves("evil.example")


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("192.0.2.7", True),
        ("10.0.0.7", True),
        ("2001:db8::7", True),
        ("127.0.0.1", False),
        ("127.9.9.9", False),
        ("0.0.0.0", False),
        ("169.254.169.254", False),
        ("::1", False),
        ("::", False),
        ("::ffff:127.0.0.1", False),
        ("fe80::1%eth0", False),
        ("224.0.0.1", False),
    ],
)
def test_a_tunnel_leads_to_no_address_of_this_machine_or_its_link(address, reached):
    assert reachable(address) is reached
