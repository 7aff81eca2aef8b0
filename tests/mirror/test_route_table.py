"""What a route table says of emergencies and drains."""

import pytest

from mirror.route_table import RouteTable


@pytest.mark.parametrize(
    ("switches", "caught"),
    [
        ([], []),
        ([("", "")], ["a/chat", "a/reason", "b/chat"]),
        ([("a", "")], ["a/chat", "a/reason"]),
        ([("", "chat")], ["a/chat", "b/chat"]),
        ([("a", "chat")], ["a/chat"]),
        ([("a", "chat"), ("b", "")], ["a/chat", "b/chat"]),
    ],
)
def test_a_switch_catches_what_it_names(switches, caught):
    table = RouteTable(1, 1, emergencies=frozenset(switches))
    rollouts = ["a/chat", "a/reason", "b/chat"]
    assert [one for one in rollouts if table.in_emergency(*one.split("/"))] == caught


def test_the_switch_for_all_catches_everything():
    assert RouteTable(1, 1, emergency=True).in_emergency("a", "chat")


def test_no_clock_of_a_proxy_ends_a_drain():
    table = RouteTable(1, 1, drains={"gpu": 1, "old": 0})
    assert table.drained("gpu") and table.drained("old")
    assert not table.drained("cloud")
