"""One leg of an exchange, sent to an upstream and timed from its own send. Every end is a Reply."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Protocol

from mirror import copies, served, surface
from mirror.body import Body, Content, Pieces, aside, close_other
from mirror.choice import Choice
from mirror.dialects.dialect import Dialect
from mirror.dialects.watch import Watch, watch
from mirror.egress import Incoming, OutRequest, failure
from mirror.egress_record import Purpose
from mirror.exchange import Accept, End, Leg, Reply, Side
from mirror.headers import header_map
from mirror.pace import Pacer
from mirror.translate import Asking, Gap, prepared

LONGEST_COPY = 16 << 20
"""Bytes that are read of an answer nobody waits for, as they came."""


class Sender(Protocol):
    """What may open connections to upstreams."""

    def permitted(self, tenant: str, upstream: str) -> bool:
        """Whether this tenant's bytes may go there."""

    def open(
        self, tenant: str, upstream: str, request: OutRequest
    ) -> AbstractAsyncContextManager[Incoming]:
        """Ask an upstream; raises `EgressBlocked`, or what `mirror.egress.failure` understands."""


@dataclass(slots=True)
class _Course:
    """What is known of a send so far. Times are microseconds since its start."""

    sent_us: int
    started: float = field(default_factory=time.perf_counter)
    watch: Watch | None = None
    content_type: str = ""
    content_encoding: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    pacer: Pacer = field(default_factory=Pacer)

    def elapsed_us(self) -> int:
        return round((time.perf_counter() - self.started) * 1e6)

    def begin(self, dialect: Dialect, incoming: Incoming) -> Watch:
        self.headers = header_map(incoming.headers)
        self.content_type = incoming.content_type
        self.content_encoding = incoming.content_encoding
        self.watch = watch(
            dialect, incoming.status, incoming.content_type, incoming.content_encoding
        )
        return self.watch

    def take(self, chunk: bytes, seen: Watch) -> None:
        """Reads along with bytes that have just come; nobody waits for them."""
        now_us = self.elapsed_us()
        seen.feed(chunk)
        self.pacer.note(now_us, now_us, seen.said)


async def send(  # noqa: PLR0913, PLR0917 - all of it belongs to one send
    sender: Sender,
    accept: Accept,
    leg: Leg,
    to: Choice,
    timeout_s: float,
    deployment: str = "",
    body: Body | None = None,
) -> Reply:
    """Replay an accepted request to an upstream, once, and wait for its end.

    The copy differs from the original in the model's name and what the upstream's translation says,
    has no query, which may hold a key and is never kept, and no `idempotency-key`, which asks for
    the first answer again. It carries the mark of this deployment. What a candidate lacks is not
    asked of it: CAPABILITY_GAP. `body` holds that of a request whose own is `large` and unread.
    """
    course = _Course(sent_us=time.time_ns() // 1000)
    try:
        async with asyncio.timeout(timeout_s):
            marked = copies.mark(accept.headers, deployment)
            copy = replace(accept, headers=marked)
            content = accept.body if body is None else Pieces(body)
            end, error = await _follow(sender, copy, content, leg, to, course)
    except TimeoutError:
        end, error = End.TIMEOUT, f"no end within {timeout_s:g} s"
    except Exception as fault:  # whatever a network does is a value
        end, error = failure(fault)
    return _reply(accept, leg, to, course, end=end, error=error)


async def _follow(
    sender: Sender, accept: Accept, content: Content, leg: Leg, to: Choice, course: _Course
) -> tuple[End, str]:
    dialect = surface.dialect_of(accept.method, accept.path)
    if dialect is None:  # an older version took it for one that may be copied
        return End.BLOCKED, f"{accept.method} {accept.path} is not copied"
    asking = Asking.of(to, leg, dialect, accept.path, accept.headers)
    body = await aside(content, lambda body: prepared(body, asking))
    if isinstance(body, Gap):
        return End.CAPABILITY_GAP, str(body)
    try:
        return await _ask(sender, accept, body, asking, to.upstream, course)
    finally:
        close_other(body, content)


async def _ask(
    sender: Sender,
    accept: Accept,
    body: Content,
    asking: Asking,
    upstream: str,
    course: _Course,
) -> tuple[End, str]:
    request = OutRequest(
        method=accept.method,
        path=accept.path,
        headers=accept.headers,
        body=body,
        repeatable=True,
        exchange=accept.id,
        purpose=Purpose.REASK if asking.leg is Leg.REASK else Purpose.SHADOW,
        subject=accept.subject,
    )
    async with sender.open(accept.tenant, upstream, request) as incoming:
        seen = course.begin(asking.dialect, incoming)
        read = 0
        async for chunk in incoming.chunks:
            read += len(chunk)
            if read > LONGEST_COPY:
                return End.MALFORMED, f"longer than {LONGEST_COPY >> 20} MB"
            course.take(chunk, seen)
        return seen.end()


def _reply(
    accept: Accept, leg: Leg, to: Choice, course: _Course, *, end: End, error: str
) -> Reply:
    seen = course.watch
    shown = served.of(course.headers, seen)
    candidate = to.side is Side.CANDIDATE and seen is not None and seen.status < 400
    return Reply(
        exchange_id=accept.id,
        leg=leg,
        side=to.side,
        upstream=to.upstream,
        location=to.location,
        model=to.model,
        sent_us=course.sent_us,
        end=end,
        status=seen.status if seen else None,
        error=error,
        total_us=course.elapsed_us(),
        first_byte_us=course.pacer.first_byte_us,
        first_token_us=course.pacer.first_token_us,
        content_type=course.content_type,
        content_encoding=course.content_encoding,
        body=bytes(seen.body) if seen else b"",
        body_cut=seen.cut if seen else False,
        served_model=shown.model,
        served_by=shown.deployment,
        facts=served.facts(to.declared, shown),
        other=served.other(to.declared, shown) if candidate else "",
        pace=course.pacer.pace,
    )
