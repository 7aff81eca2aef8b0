"""The door of the control API: nobody comes further without a token that is somebody's.

It stands before everything else, so that not even a body is read for who is not known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cutover.api import origins, problems
from cutover.api.origins import FORGED
from cutover.api.problems import Problem
from cutover.identity import caller
from cutover.identity.caller import Caller
from cutover.identity.claims import NotTaken
from cutover.identity.provider import NotReached
from cutover.identity.single_sign_on import SingleSignOn
from mirror.journal.store import Store, StoreError
from policies.oidc import Oidc

BODY_LIMIT, POLICY_VIOLATION = 16_384, 1008
LENGTH_DIGITS = 18
OPEN = (
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/v1/openapi.json"),
    ("POST", "/v1/sessions"),
    ("GET", "/v1/sign-in"),
    ("GET", "/v1/sign-in/oidc"),
    ("GET", "/v1/sign-in/oidc/callback"),
    ("POST", "/v1/sessions/handovers"),
    ("POST", "/v1/refusals"),
)
"""What is for everybody: that the process lives and is ready, what the API is like, signing in, and whom the dashboard refused."""


@dataclass(frozen=True, slots=True)
class Door:
    """An application behind its door. What comes in carries its caller in `scope["state"]`; `now_us` as in clocks.

    `single_sign_on` gives what knows the provider's people, None where there is no provider.
    """

    app: ASGIApp
    store: Store
    now_us: Callable[[], int]
    single_sign_on: Callable[[], SingleSignOn | None] = lambda: None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request in, or answers it."""
        if scope["type"] == "websocket":  # there is none here
            scope["state"]["attempt"] = "websocket", ""
            return await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        try:
            known = await self._caller(scope)
            _fits(Headers(scope=scope).get("content-length", ""))
            body = await _read(receive)
        except (Problem, StoreError, NotTaken, NotReached) as error:
            return await problems.refused(scope, error)(scope, receive, send)
        scope.setdefault("state", {})["caller"] = known
        return await self.app(scope, _again(body, receive), send)

    async def _caller(self, scope: Scope) -> Caller | None:
        headers = Headers(scope=scope)
        if why := origins.foreign(headers.get("origin"), self._oidc):
            raise Problem(HTTPStatus.FORBIDDEN, why, "foreign origin")
        if (scope["method"], scope["path"]) in OPEN:
            return None
        try:
            given = token(headers.get("authorization", ""))
        except Problem as none:
            none.kind = "forged header" if any(one in headers for one in FORGED) else none.kind
            raise
        return await run_in_threadpool(self._known, given)

    @property
    def _oidc(self) -> Oidc | None:
        provider = self.single_sign_on()
        return provider.oidc if provider else None

    def _known(self, given: str) -> Caller:
        provider = self.single_sign_on()
        if provider is not None and given.count(".") == 2:  # none of ours has a dot
            person, auth_us = provider.person(given)
            return Caller(person, given, auth_us)
        with self.store.read() as conn:
            found = caller.find(conn, given, self.now_us(), self._oidc)
            over = found is None and caller.over(conn, given)
        if found is None:
            raise Problem(
                HTTPStatus.UNAUTHORIZED,
                "this token is nobody's, or its session is over: sign in again; "
                "`crossfade user list` shows who there is",
                "expired token" if over else "unknown token",
            )
        return found


def token(authorization: str) -> str:
    """The bearer token (RFC 6750). Raises Problem 401."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "bearer" or not value.strip():
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            "send your token as `Authorization: Bearer TOKEN`; signing in gives one, and `crossfade user add`",
            "no token",
        )
    return value.strip()


def _fits(length: str) -> None:
    """Raises Problem 413 for a body that says it is too large: none of it is waited for."""
    if length.isdecimal() and (len(length) > LENGTH_DIGITS or int(length) > BODY_LIMIT):
        raise _too_large()


def _too_large() -> Problem:
    return Problem(HTTPStatus(413), f"a body has at most {BODY_LIMIT} bytes")


async def _read(receive: Receive) -> bytes:
    """The whole body. Raises Problem 413 as soon as it is too large; a client that leaves ends it early."""
    received = bytearray()
    while True:
        message = await receive()
        received += message.get("body", b"")
        if len(received) > BODY_LIMIT:
            raise _too_large()
        if not message.get("more_body", False):
            return bytes(received)


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives what was read once more, and then what comes after it."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return first.pop() if first else await receive()

    return replayed
