"""Addresses that one machine can take have one name."""

import pytest

from cutover.identity.sources import place


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("fe80::1%eth0", "fe80::1", True),
        ("testclient", "", False),
        ("/run/one.sock", "/run/other.sock", False),
    ],
)
def test_an_address_is_known_by_what_one_machine_can_take(one, other, same):
    assert (place(one) == place(other)) is same
    assert len(place(one)) == len(place(other)) == 16
