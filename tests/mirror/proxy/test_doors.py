"""How many connections an address may have open."""

from mirror.proxy.doors import Doors


def test_an_address_has_as_many_connections_as_it_may():
    doors = Doors(2)
    assert [doors.enter("a"), doors.enter("a"), doors.enter("a")] == [True, True, False]
    assert doors.enter("b")


def test_a_connection_that_ends_makes_room():
    doors = Doors(1)
    doors.enter("a")
    doors.leave("a")
    assert doors.enter("a")


def test_peers_that_speak_for_many_are_not_counted():
    doors = Doors(1, lambda peer: peer == "proxy")
    assert all(doors.enter("proxy") for _ in range(5))
    doors.leave("proxy")
