"""Listening sockets, and how the servers on them begin and end."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from mirror.proxy.asgi import App
from mirror.proxy.connection import KEEP_ALIVE_S, Connection, Serving
from mirror.proxy.doors import Doors, Rules
from policies.limits import Limits

type Address = tuple[str, int]

BACKLOG = 2048
ADDED_BYTES, ADDED_FIELDS = (
    16_384,
    4,
)  # the front's word on a client holds its certificate's names


class PortInUse(OSError):
    """Somebody listens there already."""

    mendable = True

    def __init__(self, host: str, port: int) -> None:
        """Names the address and what to do."""
        super().__init__(
            f"{host}:{port} is in use; stop what listens there (ss -ltnp 'sport = :{port}') "
            f"or choose another port"
        )
        self.host = host
        self.port = port


@dataclass(slots=True)
class Patience:
    """How long requests under way may still take, counted from the first time that it is asked."""

    seconds: float
    _until: float | None = None

    def left(self) -> float:
        """Seconds, from `seconds` down to zero."""
        now = time.monotonic()
        if self._until is None:
            self._until = now + self.seconds
        return max(0.0, self._until - now)


@dataclass(frozen=True, slots=True)
class Listening:
    """A listener at work. `close` takes no new connection from then on, and asks clients with every
    answer that begins to come back elsewhere.
    """

    address: Address
    close: Callable[[], None]


def bind(address: Address, *, shared: bool = False) -> socket.socket:
    """A socket bound to this address, port 0 for any. Raises PortInUse.

    A `shared` address may be bound by several processes of this user, and the kernel deals the
    connections out to them.
    """
    host, port = address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio sets TCP_NODELAY only then; without it, the second small
    # write of an answer waits some 40 ms for the client's acknowledgement.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(host, port) from None
        raise
    return bound


def stop(server: asyncio.Server) -> None:
    """Accepts nothing new from now on, and closes when the loop has turned once.

    The turn is for what was accepted just now: a server that closes before it has attached such a
    connection drops it with a complaint about its own state (CPython issue 109564).
    """
    loop = server.get_loop()
    for listener in server.sockets:
        loop.remove_reader(listener.fileno())
    loop.call_soon(server.close)


@asynccontextmanager
async def listening(
    app: App,
    address: Address,
    patience: Patience,
    rules: Rules | None = None,
    *,
    shared: bool = False,
) -> AsyncIterator[Listening]:
    """Serves an application at this address. Port 0 becomes the real one; `shared` as in `bind`.

    Connections must keep to the `rules`; without any, to those for our own front.
    On leaving, nothing new is taken and requests under way may end while there is patience.
    """
    bound = bind(address, shared=shared)
    serving = Serving(app, rules or widened(Limits()))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(serving), sock=bound, backlog=BACKLOG)

    def close() -> None:
        serving.draining = True
        stop(server)

    try:
        yield Listening(bound.getsockname()[:2], close)
    finally:
        close()
        await _drain(serving, patience)


def widened(limits: Limits, refused: Callable[[str], None] = lambda code: None) -> Rules:
    """Rules for what comes from the front: heads as clients may send them, and what it adds to them.

    HTTP/2's heads are held against them here alone. `refused` is told of those that are refused.
    """
    wider = {
        "head_bytes": limits.head_bytes + ADDED_BYTES,
        "header_fields": limits.header_fields + ADDED_FIELDS,
        "head_s": KEEP_ALIVE_S,
    }
    spared = Doors(spared=lambda peer: True)
    return Rules(limits.model_copy(update=wider), spared, refused)


async def _drain(serving: Serving, patience: Patience) -> None:
    """Lets requests end while there is patience, and cuts what is left."""
    try:
        async with asyncio.timeout(patience.left()):
            while serving.tasks:
                await asyncio.wait(serving.tasks)
    except TimeoutError:
        for task in tuple(serving.tasks):
            task.cancel()
        await asyncio.gather(*serving.tasks, return_exceptions=True)
    for connection in tuple(serving.connections):
        connection.shut_down()  # idle by now
