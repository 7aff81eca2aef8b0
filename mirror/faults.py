"""What can go wrong with an upstream, as values."""

from __future__ import annotations

import aiohttp
import httpx

from mirror.exchange import End
from mirror.guard import EgressBlocked


class AtCapacity(Exception):
    """An upstream has as many requests in flight as the policy allows. Nothing was sent."""


# Everything that `Egress.open` and reading an answer raise because of the world or the policy.
FAULTS = (
    EgressBlocked,
    AtCapacity,
    httpx.HTTPError,
    httpx.StreamError,
    aiohttp.ClientError,
    OSError,
)


def failure(error: Exception) -> tuple[End, str]:
    """What an exception of `Egress.open` or of reading its chunks means, without any payload.

    One that is not of the `FAULTS` is ours: the request could not be made. httpx-aiohttp maps a disconnect to a connect timeout; the cause tells them apart.
    """
    if not isinstance(error, FAULTS):
        return End.BROKEN, f"the request could not be made: {type(error).__name__}"
    cause = error.__cause__ if isinstance(error, httpx.TransportError) else error
    match cause:
        case EgressBlocked():
            return End.BLOCKED, str(cause)
        case AtCapacity():
            return End.AT_CAPACITY, str(cause)
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return End.CONNECT, "nobody answered the connection"
        case aiohttp.ServerTimeoutError() | TimeoutError():
            return End.TIMEOUT, "no answer within the deadline"
        case _:
            return End.BROKEN, f"the connection broke: {type(cause or error).__name__}"
