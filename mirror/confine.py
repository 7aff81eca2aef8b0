"""A process that can reach declared hosts and ports and nothing else, whatever library runs in it.

For libraries that open sockets of their own, where no guarded client can be handed in. Every look-up
and connection of any thread passes Python's audit hooks, which cannot be removed; names are looked
up by us, so that only addresses of declared hosts are connected to. A refusal is the error of a name
that cannot be looked up: to a library it looks like a network that leads nowhere.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mirror.guard import EgressBlocked, Endpoint

_REVERSE = ("socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")
_SENDS = ("socket.connect", "socket.sendto", "socket.sendmsg")


class OutOfBounds(EgressBlocked, socket.gaierror):
    """A look-up or connection that was not declared; nothing was looked up or opened."""


@dataclass(slots=True)
class Bounds:
    """What may be reached. `refused` is what was tried and was not declared."""

    allowed: frozenset[Endpoint]
    addresses: set[Endpoint] = field(init=False)
    refused: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.addresses = set(self.allowed)

    def look_up(self, host: object, port: object) -> None:
        """Raises OutOfBounds where no declared host is looked up for its port."""
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        port = int(port) if isinstance(port, str) and port.isdecimal() else port
        if (name, port) not in self.allowed:
            raise self._refusal(f"{name}:{port}")

    def connect(self, address: object) -> None:
        """Raises OutOfBounds for an address that is no declared host's."""
        if address is None:  # of a socket that is connected
            return
        target = address[:2] if isinstance(address, tuple) else address
        if target not in self.addresses:
            told = f"{target[0]}:{target[1]}" if isinstance(target, tuple) else str(target)
            raise self._refusal(told)

    def _refusal(self, told: str) -> OutOfBounds:
        self.refused.add(told)
        return OutOfBounds(f"{told} is not declared")


_bounds: Bounds | None = None
_hooked = False


@contextmanager
def confined(allowed: frozenset[Endpoint]) -> Iterator[Bounds]:
    """Holds for all threads of the process until the block ends; then what held before does."""
    global _bounds, _hooked  # noqa: PLW0603 - a process has one set of bounds
    if not _hooked:
        sys.addaudithook(_audited)
        _hooked = True
    before, looking = _bounds, socket.getaddrinfo
    bounds = _bounds = Bounds(allowed)
    socket.getaddrinfo = _recording(looking)
    try:
        yield bounds
    finally:
        _bounds, socket.getaddrinfo = before, looking


def _recording(look_up: Callable[..., Any]) -> Any:
    """`socket.getaddrinfo`, which remembers the addresses of declared hosts."""

    def getaddrinfo(host: Any, port: Any, *args: Any, **given: Any) -> Any:
        bounds = _bounds
        if bounds is None:
            return look_up(host, port, *args, **given)
        bounds.look_up(host, port)
        found = look_up(host, port, *args, **given)
        bounds.addresses.update((target[0], target[1]) for *_, target in found)
        return found

    return getaddrinfo


def _audited(event: str, args: tuple[Any, ...]) -> None:
    bounds = _bounds
    if bounds is None or not event.startswith("socket."):
        return
    if event == "socket.getaddrinfo":
        bounds.look_up(args[0], args[1])
    elif (
        event in _REVERSE
    ):  # of names and addresses of this machine, mostly; libraries do without
        raise OutOfBounds(f"{event} of {args[0]}: nothing is looked up that way")
    elif event in _SENDS:
        bounds.connect(args[1])
