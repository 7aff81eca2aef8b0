"""Listening sockets, and the HTTP/1.1 server that the relay runs on."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn

from mirror.proxy.doors import Rules
from mirror.proxy.relay import App
from mirror.proxy.wire_direct import protocol

type Address = tuple[str, int]

# Longer than any idle client keeps a connection: closing first would break a request on its way.
KEEP_ALIVE_S = 7200
BACKLOG = 2048


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
    """A listener at work. `close` takes no new connection from then on."""

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

    Bytes are checked by `rules`; without any, they were: the front sends them.
    On leaving, nothing new is taken and requests under way may end while there is patience.
    """
    bound = bind(address, shared=shared)
    config = _config(app, rules)
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[bound])

    def close() -> None:
        for listener in server.servers:
            stop(listener)

    try:
        yield Listening(bound.getsockname()[:2], close)
    finally:
        close()
        await _drain(server, patience)


def _config(app: App, rules: Rules | None) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        http="h11" if rules is None else protocol(rules),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",  # a response that is cut on purpose is no error of the server's
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    config.load()
    return config


async def _drain(server: uvicorn.Server, patience: Patience) -> None:
    """uvicorn's own shutdown does this with fixed waits, and says so on the log."""
    try:
        async with asyncio.timeout(patience.left()):
            while server.server_state.tasks:
                await asyncio.wait(server.server_state.tasks)
    except TimeoutError:
        for task in tuple(server.server_state.tasks):
            task.cancel()
        await asyncio.gather(*server.server_state.tasks, return_exceptions=True)
    for connection in tuple(server.server_state.connections):
        connection.shutdown()  # idle by now
