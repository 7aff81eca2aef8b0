"""A confined process reaches what was declared and nothing else, whatever opens its sockets."""

import _socket
import smtplib
import socket
import threading

import pytest
import requests

from mirror.confine import OutOfBounds, confined

NOWHERE = frozenset()


@pytest.fixture
def server():
    """A listening socket that counts nothing and answers nobody: connecting to it is enough."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def port_of(server):
    return server.getsockname()[1]


def test_a_declared_host_is_looked_up_and_reached(server):
    port = port_of(server)
    with (
        confined(frozenset({("localhost", port)})) as bounds,
        socket.create_connection(("localhost", port)),
    ):
        assert bounds.refused == set()


@pytest.mark.parametrize(
    "reach",
    [
        lambda port: socket.create_connection(("127.0.0.1", port)),
        lambda port: socket.create_connection(("localhost", port)),
        lambda port: socket.socket().connect_ex(("127.0.0.1", port)),
        lambda port: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port)),
        lambda port: socket.getaddrinfo("api.cloud.invalid", port),
        lambda port: socket.getaddrinfo(b"api.cloud.invalid", port),
        lambda port: _socket.getaddrinfo("api.cloud.invalid", port),
        lambda port: socket.socket(socket.AF_UNIX).connect("/run/some.sock"),
        lambda port: smtplib.SMTP("127.0.0.1", port, local_hostname="here"),
    ],
)
def test_anything_else_is_refused_before_a_look_up_or_connection(server, reach):
    server.settimeout(0)
    with confined(frozenset({("localhost", 1)})) as bounds, pytest.raises(OutOfBounds):
        reach(port_of(server))
    assert len(bounds.refused) == 1
    with pytest.raises(BlockingIOError):
        server.accept()


@pytest.mark.parametrize(
    "look_up",
    [
        lambda: socket.gethostbyname("api.cloud.invalid"),
        lambda: socket.gethostbyaddr("127.0.0.1"),
        lambda: socket.getnameinfo(("127.0.0.1", 1), 0),
    ],
)
def test_names_are_looked_up_in_no_other_way(look_up):
    with confined(frozenset({("127.0.0.1", 1)})), pytest.raises(OutOfBounds):
        look_up()


def test_this_machines_own_name_is_told_without_a_look_up():
    with confined(NOWHERE) as bounds:
        assert socket.getfqdn() == socket.gethostname()
    assert bounds.refused == set()


def test_a_library_meets_a_network_that_leads_nowhere(server):
    with confined(NOWHERE), pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port_of(server)}/", timeout=5)


def test_a_host_that_was_looked_up_does_not_open_its_other_ports(server):
    with confined(frozenset({("localhost", 1)})):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("localhost", 1))
        with pytest.raises(OutOfBounds):
            socket.create_connection(("127.0.0.1", port_of(server)))


def test_it_holds_for_every_thread(server):
    found = []

    def reach():
        try:
            socket.create_connection(("127.0.0.1", port_of(server)))
        except OSError as error:
            found.append(type(error))

    with confined(NOWHERE):
        thread = threading.Thread(target=reach)
        thread.start()
        thread.join()
    assert found == [OutOfBounds]


def test_what_held_before_holds_again(server):
    where = ("127.0.0.1", port_of(server))
    with confined(NOWHERE):
        with confined(frozenset({where})), socket.create_connection(where):
            pass
        with pytest.raises(OutOfBounds):
            socket.create_connection(where)
    with socket.create_connection(where):
        pass


def test_a_listener_that_is_open_goes_on(server):
    with confined(NOWHERE):
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()
