"""Requests that change something and are sent again: the same key and the same request give the first answer again.

A client that got no answer sends the request once more with the same `Idempotency-Key`, and nothing is
done twice. Answers are kept for a day, sealed, by person and key. A refusal or a failure is not kept:
nothing was done then, and to try that again is what the key is for.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from sqlalchemy import delete, insert, select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cutover.api import problems
from cutover.people_tables import answered
from mirror.journal.seal import Sealer
from mirror.journal.store import Store, StoreError

HEADER = "idempotency-key"
CHANGES = ("POST", "DELETE")
"""The methods that change something."""
KEPT_US = 24 * 3600 * 1_000_000
LONGEST = 128
ANOTHER = (
    "this `Idempotency-Key` came with another request before; a new request needs a new key"
)
UNFIT = f"an `Idempotency-Key` has 1 to {LONGEST} visible ASCII characters"
UNDER_WAY = (
    "the first request with this `Idempotency-Key` is still under way; ask again in a second"
)

log = logging.getLogger("crossfade.api")


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that was given. `of` is the digest of the request that it was given to."""

    of: str
    status: int
    media_type: str
    body: bytes

    def sealed(self, sealer: Sealer, context: str) -> bytes:
        """For the store: a request's digest may be that of a password, an answer may hold anything."""
        body = base64.b64encode(self.body).decode()
        told = json.dumps([self.of, self.status, self.media_type, body])
        return sealer.seal(told.encode(), context)

    @classmethod
    def opened(cls, sealed: bytes, sealer: Sealer, context: str) -> Kept:
        """From the store. Raises SealBroken."""
        of, status, media_type, body = json.loads(sealer.unseal(sealed, context))
        return cls(of, status, media_type, base64.b64decode(body))


@dataclass(frozen=True, slots=True)
class Once:
    """An application in which a request with a key is done once. `who` names the person behind the door."""

    app: ASGIApp
    who: Callable[[Scope], str | None]
    store: Store
    sealer: Sealer
    now_us: Callable[[], int]
    _under_way: set[tuple[str, str]] = field(default_factory=set, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, with the first answer where it was given already."""
        if scope["type"] != "http" or scope["method"] not in CHANGES:
            return await self.app(scope, receive, send)
        key, person = Headers(scope=scope).get(HEADER), self.who(scope)
        if key is None or person is None:
            return await self.app(scope, receive, send)
        if not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable()):
            return await problems.answer(HTTPStatus(422), UNFIT)(scope, receive, send)
        with self._alone(person, key) as alone:
            if not alone:
                type = problems.type_of("under way")
                answer = problems.answer(HTTPStatus.CONFLICT, UNDER_WAY, type)
                return await answer(scope, receive, send)
            await self._answer((person, key), scope, receive, send)

    async def _answer(
        self, mine: tuple[str, str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        body = await _whole(receive)
        of = _digest(scope, body)
        try:
            before = await run_in_threadpool(self._before, mine)
        except StoreError as error:
            return await problems.of(error)(scope, receive, send)
        if before is not None:
            return await _again(before, of)(scope, receive, send)
        answer = _Heard(send)
        await self.app(scope, _with(body, receive), answer.send)
        if HTTPStatus(answer.status).is_success:
            kept = Kept(of, answer.status, answer.media_type, bytes(answer.body))
            await run_in_threadpool(self._keep, mine, kept)

    @contextmanager
    def _alone(self, person: str, key: str) -> Iterator[bool]:
        """Whether no other request with this key is under way."""
        mine = (person, key)
        with self._lock:
            alone = mine not in self._under_way
            self._under_way.add(mine)
        try:
            yield alone
        finally:
            if alone:
                with self._lock:
                    self._under_way.discard(mine)

    def _before(self, mine: tuple[str, str]) -> Kept | None:
        table = answered.c
        since_us = self.now_us() - KEPT_US
        query = select(table.answer).where(
            table.person == mine[0], table.key == mine[1], table.at_us > since_us
        )
        with self.store.read() as conn:
            row = conn.execute(query).first()
        return Kept.opened(row.answer, self.sealer, _context(mine)) if row else None

    def _keep(self, mine: tuple[str, str], kept: Kept) -> None:
        table, now_us = answered.c, self.now_us()
        row = {"person": mine[0], "key": mine[1], "at_us": now_us}
        sealed = kept.sealed(self.sealer, _context(mine))
        try:
            with self.store.write() as conn:
                conn.execute(delete(answered).where(table.at_us <= now_us - KEPT_US))
                conn.execute(insert(answered).values(answer=sealed, **row))
        except StoreError as error:
            # What was asked is done and answered; only the key is worth nothing.
            log.error("an answer could not be kept under its key: %s", error)


@dataclass(slots=True)
class _Heard:
    """Sends an answer on, and hears what it is."""

    to: Send
    status: int = HTTPStatus.INTERNAL_SERVER_ERROR
    media_type: str = ""
    body: bytearray = field(default_factory=bytearray)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.media_type = Headers(raw=message["headers"]).get("content-type", "")
        self.body += message.get("body", b"")
        await self.to(message)


def _again(before: Kept, of: str) -> Response:
    if before.of != of:
        return problems.answer(HTTPStatus(422), ANOTHER)
    headers = {"content-type": before.media_type, "idempotency-replayed": "true"}
    return Response(before.body, before.status, headers)


def _digest(scope: Scope, body: bytes) -> str:
    """Of what a request asks: its path, its query and its body, and the method where that is not POST."""
    asked = [
        *([] if scope["method"] == "POST" else [scope["method"]]),
        scope["path"],
        scope["query_string"].decode("latin-1"),
        hashlib.sha256(body).hexdigest(),
    ]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _context(mine: tuple[str, str]) -> str:
    return f"answered/{json.dumps(mine)}"


async def _whole(receive: Receive) -> bytes:
    """The body, that the door has bounded."""
    received = bytearray()
    while True:
        message = await receive()
        received += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(received)


def _with(body: bytes, receive: Receive) -> Receive:
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return first.pop() if first else await receive()

    return replayed
