"""The door of the control API: nobody comes further without a token that is somebody's.

It stands before everything else, so that not even a body is read for who is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cutover import people
from cutover.api import problems
from cutover.api.problems import Problem
from cutover.people import Person
from mirror.journal.store import Store, StoreError

BODY_LIMIT = 16_384
OPEN = ("/healthz", "/readyz", "/v1/openapi.json")
"""What is told to everybody: that the process lives and is ready, and what the API is like."""


@dataclass(frozen=True, slots=True)
class Door:
    """An application behind its door. What comes in carries its person in `scope["state"]`."""

    app: ASGIApp
    store: Store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request in, or answers it."""
        if scope["type"] != "http" or scope["path"] in OPEN:
            return await self.app(scope, receive, send)
        try:
            given = token(Headers(scope=scope).get("authorization", ""))
            person = await run_in_threadpool(self._person, given)
            body = await _read(receive)
        except (Problem, StoreError) as error:
            return await problems.of(error)(scope, receive, send)
        scope.setdefault("state", {})["person"] = person
        return await self.app(scope, _again(body, receive), send)

    def _person(self, given: str) -> Person:
        with self.store.read() as conn:
            found = people.authenticate(conn, given)
        if found is None:
            raise Problem(
                HTTPStatus.UNAUTHORIZED,
                "this token is nobody's; `crossfade user list` shows who has one",
            )
        return found


def token(authorization: str) -> str:
    """The bearer token (RFC 6750). Raises Problem 401."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "bearer" or not value.strip():
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            "send your token as `Authorization: Bearer TOKEN`; a token comes from `crossfade user add`",
        )
    return value.strip()


async def _read(receive: Receive) -> bytes:
    """The whole body. Raises Problem 413 as soon as it is too large; a client that leaves ends it early."""
    received = bytearray()
    while True:
        message = await receive()
        received += message.get("body", b"")
        if len(received) > BODY_LIMIT:
            raise Problem(HTTPStatus(413), f"a body has at most {BODY_LIMIT} bytes")
        if not message.get("more_body", False):
            return bytes(received)


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives what was read once more, and then what comes after it."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return first.pop() if first else await receive()

    return replayed
