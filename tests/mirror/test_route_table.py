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


def test_a_drain_ends_by_itself_or_not_at_all():
    table = RouteTable(1, 1, drains={"gpu": 100, "old": 0})
    assert table.drained("gpu", 99) and not table.drained("gpu", 100)
    assert table.drained("old", 10**18)
    assert not table.drained("cloud", 1)
