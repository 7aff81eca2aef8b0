"""A kept connection that its server closed just as it was asked again: seen for what it is.

Nothing of such a request was answered, and another connection would have answered it. Whoever may
repeat the request asks once more, on a new connection; a new one that breaks is a real failure.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING
from weakref import WeakSet

import aiohttp
import httpx

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection

_REUSED: ContextVar[bool] = ContextVar("reused", default=False)
"""Whether the last connection that this task asked for had carried a request before."""


class Connector(aiohttp.TCPConnector):
    """Opens and keeps connections, and tells those who ask whether theirs is a kept one."""

    _known: WeakSet[ResponseHandler]

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[aiohttp.tracing.Trace],
        timeout: aiohttp.ClientTimeout,
    ) -> Connection:
        """A kept connection where there is one, else a new one."""
        _REUSED.set(False)
        connection = await super().connect(req, traces, timeout)
        protocol = connection.protocol
        if protocol is not None:
            known = self.__dict__.setdefault("_known", WeakSet())
            _REUSED.set(protocol in known)
            known.add(protocol)
        return connection


def is_stale(fault: Exception) -> bool:
    """Whether a request of this task met a kept connection that was gone before any byte of its answer."""
    cause = fault.__cause__ if isinstance(fault, httpx.TransportError) else fault
    gone = isinstance(cause, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError)
    return gone and not isinstance(cause, aiohttp.ClientConnectorError) and _REUSED.get()
