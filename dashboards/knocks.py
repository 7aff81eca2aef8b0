"""Who opens the dashboard's socket without a right: refused here, counted, and told to the control API.

Streamlit asks nobody who they are before it runs a page, and what a page shows without a token is the form to sign in.
Before that stands this. A page of another site that opens the socket is refused by Streamlit. A client that names no page
at all is none of a browser, which always names one (RFC 6455, 4.1), and is refused here.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.signin import CONTROL_URL

RAW, FOREIGN = "websocket", "foreign origin"
POLICY_VIOLATION = 1008
EVERY_S = 10.0
"""So often what was counted is told."""
MOST, SENDERS = 1_000, 10
"""So many of one kind are told at once, and so many addresses of those who knocked."""
PATH = "/v1/refusals"
_TIMEOUT = httpx.Timeout(2.0)


@dataclass(slots=True)
class Knocks:
    """What was refused since it was last told, in bounded room however many knock."""

    times: Counter[str] = field(default_factory=Counter)
    senders: dict[str, list[str]] = field(default_factory=dict)

    def count(self, kind: str, sender: str) -> None:
        """Counts one refusal."""
        self.times[kind] += 1
        known = self.senders.setdefault(kind, [])
        if sender not in known and len(known) < SENDERS:
            known.append(sender)

    async def tell(self, to: Callable[[dict[str, object]], Awaitable[bool]]) -> None:
        """Tells it, one kind at a time; what is not taken is told with the next."""
        for kind in [kind for kind, times in self.times.items() if times]:
            told, senders = min(self.times[kind], MOST), list(self.senders[kind])
            if not await to({"kind": kind, "times": told, "senders": senders}):
                return
            self.times[kind] -= told
            self.senders[kind] = [one for one in self.senders[kind] if one not in senders]


@dataclass(frozen=True, slots=True)
class Watched:
    """An application whose socket is for pages of its own, and whose refusals are counted."""

    app: ASGIApp
    knocks: Knocks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a client on, or closes its socket before it was opened."""
        if scope["type"] != "websocket":
            return await self.app(scope, receive, send)
        client = scope.get("client")
        sender = str(client[0]) if client else "nowhere"
        if "origin" not in Headers(scope=scope):
            self.knocks.count(RAW, sender)
            return await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        return await self.app(scope, receive, self._heard(send, sender))

    def _heard(self, send: Send, sender: str) -> Send:
        """Hears whether a socket is closed before it was opened."""
        opened = False

        async def heard(message: Message) -> None:
            nonlocal opened
            if message["type"] == "websocket.close" and not opened:
                self.knocks.count(FOREIGN, sender)
            opened = True
            await send(message)

        return heard


async def posted(told: dict[str, object]) -> bool:
    """Whether the control API took what it was told. It needs no token, and is none of a person's deeds."""
    url = os.environ.get(CONTROL_URL, "")
    try:
        async with httpx.AsyncClient(
            trust_env=False, timeout=_TIMEOUT, verify=ssl.create_default_context()
        ) as client:
            return (await client.post(f"{url}{PATH}", json=told)).is_success
    except (httpx.HTTPError, httpx.InvalidURL):
        return False  # it is down, which its pages say: what was counted is kept


@asynccontextmanager
async def telling(
    knocks: Knocks,
    to: Callable[[dict[str, object]], Awaitable[bool]] = posted,
    every_s: float = EVERY_S,
) -> AsyncIterator[None]:
    """Tells what was counted as long as it lasts, and the rest at its end."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(_on(knocks, to, every_s))
        try:
            yield
        finally:
            task.cancel()
    await knocks.tell(to)


async def _on(
    knocks: Knocks, to: Callable[[dict[str, object]], Awaitable[bool]], every_s: float
) -> None:
    while True:
        await asyncio.sleep(every_s)
        await knocks.tell(to)
