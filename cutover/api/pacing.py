"""How often the control API may be asked: by address before anybody is known, and by person behind the door.

What changes something has buckets of its own, so that no page that is read too often keeps anybody from a rollback.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from cutover import clocks
from cutover.api import problems
from cutover.api.buckets import Buckets, Rate

SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of what only reads and of what changes something."""

    reads: Rate
    changes: Rate


OF_PERSON = Rates(reads=Rate(burst=200, per_s=50), changes=Rate(burst=40, per_s=5))
OF_ADDRESS = Rates(reads=Rate(burst=2_000, per_s=500), changes=Rate(burst=200, per_s=50))
"""An address may be that of a dashboard, which asks for everybody."""


@dataclass(frozen=True, slots=True)
class Paced:
    """An application that who asks too often is not let into. `who` is None for whom nothing is counted."""

    app: ASGIApp
    who: Callable[[Scope], str | None]
    rates: Rates
    steady_us: Callable[[], int] = clocks.steady_us
    _reads: Buckets = field(init=False)
    _changes: Buckets = field(init=False)

    def __post_init__(self) -> None:
        """Nobody has asked yet."""
        object.__setattr__(self, "_reads", Buckets(self.rates.reads))
        object.__setattr__(self, "_changes", Buckets(self.rates.changes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request in, or says in how many seconds the next one may come."""
        who = self.who(scope) if scope["type"] == "http" else None
        if who is None:
            return await self.app(scope, receive, send)
        buckets = self._reads if scope["method"] in SAFE else self._changes
        if wait_s := buckets.take(who, self.steady_us()):
            answer = problems.answer(
                HTTPStatus.TOO_MANY_REQUESTS, f"asked too often; ask again in {wait_s} s"
            )
            answer.headers["retry-after"] = str(wait_s)
            return await answer(scope, receive, send)
        return await self.app(scope, receive, send)


def address(scope: Scope) -> str | None:
    """Where a request comes from; nothing is counted of what tells that the process lives."""
    if scope["path"] in ("/healthz", "/readyz"):
        return None
    client = scope.get("client")
    return client[0] if client else ""
