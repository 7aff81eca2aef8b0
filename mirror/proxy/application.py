"""The ASGI application of a listener: gives each request its id and the relay of its moment."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace

from mirror import telemetry
from mirror.exchange import exchange_id
from mirror.proxy.asgi import App, Receive, Scope, Send
from mirror.proxy.call import call_of
from mirror.proxy.peer import Signer
from mirror.proxy.relay import Relay


def application(relay: Callable[[], Relay], signer: Signer | None = None) -> App:
    """The application. With a signer, peers are those that the front signed."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        now_us = time.time_ns() // 1000
        identifier = exchange_id(now_us, os.urandom(10))
        call = call_of(scope, signer, identifier, now_us)
        with telemetry.served(identifier, call.headers) as headers:
            if headers is not call.headers:
                call = replace(call, headers=headers)
            await relay().answer(call, receive, send)

    return handle
