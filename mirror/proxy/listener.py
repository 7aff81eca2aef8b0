"""Listening sockets, and the HTTP/1.1 server that the relay runs on."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from mirror.proxy.relay import App

type Address = tuple[str, int]

# Longer than any idle client keeps a connection: closing first would break a request on its way.
KEEP_ALIVE_S = 7200
BACKLOG = 2048


class PortInUse(OSError):
    """Somebody listens there already."""

    def __init__(self, host: str, port: int) -> None:
        """Names the address and what to do."""
        super().__init__(
            f"{host}:{port} is in use; stop what listens there (ss -ltnp 'sport = :{port}') "
            f"or choose another port"
        )
        self.host = host
        self.port = port


def bind(address: Address) -> socket.socket:
    """A socket bound to this address, port 0 for any. Raises PortInUse."""
    host, port = address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio sets TCP_NODELAY only then; without it, the second small
    # write of an answer waits some 40 ms for the client's acknowledgement.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(host, port) from None
        raise
    return bound


@asynccontextmanager
async def listening(app: App, address: Address, drain_s: float) -> AsyncIterator[Address]:
    """Serves an application at this address; gives the address with its real port.

    On leaving, nothing new is taken and requests under way have `drain_s` seconds to end.
    """
    bound = bind(address)
    config = uvicorn.Config(
        app,
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
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[bound])
    try:
        yield bound.getsockname()[:2]
    finally:
        await _drain(server, bound, drain_s)


async def _drain(server: uvicorn.Server, bound: socket.socket, drain_s: float) -> None:
    """uvicorn's own shutdown does this with fixed waits, and says so on the log."""
    for listener in server.servers:
        listener.close()
    bound.close()
    try:
        async with asyncio.timeout(drain_s):
            while server.server_state.tasks:
                await asyncio.wait(server.server_state.tasks)
    except TimeoutError:
        for task in tuple(server.server_state.tasks):
            task.cancel()
        await asyncio.gather(*server.server_state.tasks, return_exceptions=True)
    for connection in tuple(server.server_state.connections):
        connection.shutdown()  # idle by now
