"""The hooks of an exchange, called where they are raised.

mitmproxy makes a task of each and asks every addon for it, twice; four of them for each request were
a sixth of the front's work, and each was a turn of the event loop in which the request waited.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable, Iterator

from mitmproxy import http
from mitmproxy.proxy import commands
from mitmproxy.proxy.layers.http._hooks import (
    HttpErrorHook,
    HttpRequestHeadersHook,
    HttpRequestHook,
    HttpResponseHeadersHook,
    HttpResponseHook,
)

HOOKS = (
    HttpRequestHeadersHook,
    HttpRequestHook,
    HttpResponseHeadersHook,
    HttpResponseHook,
    HttpErrorHook,
)
type Hook = (
    HttpRequestHeadersHook
    | HttpRequestHook
    | HttpResponseHeadersHook
    | HttpResponseHook
    | HttpErrorHook
)
_log = logging.getLogger(__name__)


class AtOnce:
    """Calls what addons have for the `HOOKS`, in their order. None of it may wait for anything."""

    def __init__(self, addons: Iterable[object] = ()) -> None:
        given = tuple(addons)
        self._called = {kind.name: list(_called(given, kind.name)) for kind in HOOKS}

    def call(self, hook: Hook) -> None:
        """Where one fails, the rest goes on as if it had said nothing, as mitmproxy does."""
        for called in self._called[hook.name]:
            try:
                called(hook.flow)
            except Exception as fault:  # its message could quote the request
                _log.error("the front's %s failed: %s", hook.name, type(fault).__name__)


def _called(addons: Iterable[object], name: str) -> Iterator[Callable[[http.HTTPFlow], None]]:
    for addon in addons:
        found = getattr(addon, name, None)
        if found is not None:
            assert not inspect.iscoroutinefunction(found), f"{addon}: {name} waits"
            yield found


def joined(found: Iterable[commands.Command]) -> Iterator[commands.Command]:
    """The same commands, where those that send to one connection, one behind the other, are one."""
    held: commands.SendData | None = None
    for command in found:
        sends = command if isinstance(command, commands.SendData) else None
        if held is not None and sends is not None and sends.connection is held.connection:
            held = commands.SendData(held.connection, held.data + sends.data)
            continue
        if held is not None:
            yield held
        held = sends
        if sends is None:
            yield command
    if held is not None:
        yield held
