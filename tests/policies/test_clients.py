"""Faults between identities, certificates and interception."""

import pytest
from builders import two_sided

from policies.clients import client_faults

URL = "https://api.example.com/v1"


def tenant(name, **parts):
    return {"identify": {"header": name}, "cloud": "allowed"} | parts


TLS = {"certificate": "/c", "key": "/k"}
OPEN = {"a": tenant("a")}
SHOWN = {"certificate": ["CN=a"]}


@pytest.mark.parametrize(
    ("parts", "place", "says"),
    [
        (
            {"tenants": {"a": tenant("a", identify=SHOWN)}},
            ("tenants", "a", "identify", "certificate"),
            "set `listeners.client_ca`",
        ),
        (
            {
                "tenants": {
                    "a": tenant("a", identify=SHOWN),
                    "b": tenant("b", identify={"certificate": ["CN=b", "CN=a"]}),
                },
                "listeners": {"tls": TLS, "client_ca": "/ca"},
            },
            ("tenants", "b", "identify", "certificate"),
            "is also how tenant `a` is recognised",
        ),
        (
            {"tenants": OPEN, "listeners": {"client_ca": "/ca"}},
            ("listeners", "client_ca"),
            "needs `listeners.tls`",
        ),
        (
            {
                "tenants": {"a": tenant("a"), "b": tenant("b", cloud="forbidden")},
                "listeners": {"intercept": {"others": "tunnel"}},
            },
            ("listeners", "intercept", "others"),
            "and `b` forbid it",
        ),
        (
            {
                "tenants": OPEN,
                "listeners": {"intercept": {"hosts": ["api.openai.com", "10.0.0.7"]}},
            },
            ("listeners", "intercept", "hosts", 1),
            "is an address",
        ),
    ],
)
def test_each_fault_is_told_where_it_is(parts, place, says):
    ((told, message),) = client_faults(two_sided(URL, URL, **parts))
    assert told == place
    assert says in message


@pytest.mark.parametrize(
    "listeners",
    [
        {},
        {"tls": TLS},
        {"tls": TLS, "client_ca": "/ca"},
        {"intercept": {}, "client_ca": "/ca"},
        {"intercept": {"others": "tunnel"}},
    ],
)
def test_what_fits_together_is_no_fault(listeners):
    assert not list(client_faults(two_sided(URL, URL, tenants=OPEN, listeners=listeners)))
