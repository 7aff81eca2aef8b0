"""Who ends up answering: asks the planned sides in turn until one can be given to the client.

A side with a failover behind it must prove itself before the client sees a byte of it: with the
first real event of a stream, or with a whole body, within the deadline. A side without one is
passed on as it comes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from mirror import served
from mirror.body import Pieces, aside, close_other
from mirror.capacity import Rank
from mirror.choice import Choice
from mirror.dialects.dialect import Dialect
from mirror.dialects.watch import Watch, watch
from mirror.egress import FAULTS, Incoming, OutRequest, failure
from mirror.exchange import Attempt, End, Leg, Side
from mirror.headers import header_map
from mirror.proxy.breaker import Breakers, Limits, healthy
from mirror.proxy.trail import Stopwatch, Trail
from mirror.routing import Plan
from mirror.served import Observed
from mirror.translate import Asking, Gap, prepared

_log = logging.getLogger(__name__)


class Upstreams(Protocol):
    """What opens connections to upstreams."""

    def open(
        self, tenant: str, upstream: str, request: OutRequest
    ) -> AbstractAsyncContextManager[Incoming]:
        """Ask an upstream; raises one of `egress.FAULTS`."""


@dataclass(slots=True)
class Answer:
    """An answer that may be given to the client: its head, what of its body was held, and the rest."""

    choice: Choice
    incoming: Incoming
    watch: Watch
    times: Stopwatch
    held: list[bytes] = field(default_factory=list)
    failed_over: tuple[Attempt, ...] = ()
    quiet_since_s: float | None = None  # monotonic, while nothing new comes of the upstream
    _named: Mapping[str, str] | None = None  # its headers by name

    @property
    def shown(self) -> Observed:
        """Who did, as far as the answer has shown by now."""
        if self._named is None:
            self._named = header_map(self.incoming.headers)
        return served.of(self._named, self.watch)

    @property
    def quiet_us(self) -> int:
        """For how long nothing new has come of the upstream, while it is waited for."""
        since = self.quiet_since_s
        return 0 if since is None else round((time.monotonic() - since) * 1e6)

    @property
    def other(self) -> str:
        """Why that is not the declared candidate; empty where nothing says so. An error is nobody's."""
        if self.choice.side is Side.PRIMARY or self.incoming.status >= 400:
            return ""
        return served.other(self.choice.declared, self.shown)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Nobody could answer. `attempts` are in order, one for each side that was asked."""

    attempts: tuple[Attempt, ...]


@dataclass(slots=True)
class Engine:
    """Asks upstreams for the relay, and tells the breakers how candidates did.

    `full` says that an upstream has no place for one more, `busy` is told that one answered 429.
    """

    upstreams: Upstreams
    breakers: Breakers = field(default_factory=Breakers)
    full: Callable[[str, Rank], bool] = lambda upstream, rank: False
    busy: Callable[[str], None] = lambda upstream: None

    def kept_away(self, plan: Plan, limits: Limits) -> tuple[End, bool] | None:
        """Why the failover is asked at once, and whether that is on record; None where it is not.

        A cap is always on record and speaks against nobody, a breaker once it does.
        """
        if plan.serving is None or plan.failover is None:
            return None
        of = (plan.tenant, plan.route, plan.serving.upstream)
        breaker, now = self.breakers.of(*of, limits), time.monotonic()
        if breaker.diverts(now):
            return End.DIVERTED, breaker.is_evidence(now)
        return (End.AT_CAPACITY, True) if self.full(of[-1], plan.rank) else None

    @asynccontextmanager
    async def answer(
        self, plan: Plan, request: OutRequest, trail: Trail | None = None
    ) -> AsyncIterator[Answer | Unanswered]:
        """The first side that can answer, held open while the caller gives it to the client.

        `trail` says all the while how far it has come.
        """
        trail = trail or Trail()
        request = replace(request, queued=trail.queue)
        for choice in (plan.serving, plan.failover):
            if choice is None:
                continue
            times = Stopwatch()
            trail.ask(choice, times)
            async with AsyncExitStack() as stack:
                found = await self._ask(stack, plan, choice, request, times)
                if isinstance(found, Answer):
                    found.failed_over = trail.failed
                    yield found
                    return
                self.record(plan, choice, found.end, found.status, found.took_us)
                trail.failed = (*trail.failed, found)
        yield Unanswered(trail.failed)

    def record(
        self, plan: Plan, choice: Choice, end: End, status: int | None, took_us: int
    ) -> None:
        """Tells the breaker how a side ended. Only sides with a failover are ever diverted."""
        ok = healthy(end, status)
        if plan.failover is None or choice is not plan.serving or ok is None:
            return
        now = time.monotonic()
        breaker = self.breakers.of(plan.tenant, plan.route, choice.upstream)
        breaker.record(now, ok=ok, sent=now - took_us / 1e6)

    def abandoned(
        self, plan: Plan, found: Answer | Unanswered | None, trail: Trail, after_s: float
    ) -> None:
        """Tells the breaker of a client that left while it waited for an answer, or for more of one:
        after so long the side failed it. One that leaves earlier says nothing, however many do.
        """
        match found:
            case Answer():
                waited_us = found.quiet_us
            case Unanswered():
                return
            case None:
                waited_us = trail.waited_us
        if trail.choice is not None and waited_us > after_s * 1e6:
            self.record(plan, trail.choice, End.TIMEOUT, None, waited_us)

    async def _ask(
        self,
        stack: AsyncExitStack,
        plan: Plan,
        choice: Choice,
        request: OutRequest,
        times: Stopwatch,
    ) -> Answer | Attempt:
        other = ""
        proves = choice is plan.serving and plan.failover is not None
        try:
            asked = await _for(stack, plan, choice, request)  # no time of the upstream's
            if isinstance(asked, Gap):  # only where plan and rules disagree
                return _attempt(choice, End.CAPABILITY_GAP, None, times)
            async with asyncio.timeout(plan.deadline_s if proves else None):
                opening = self.upstreams.open(plan.tenant, choice.upstream, asked)
                incoming = await stack.enter_async_context(opening)
                answer = Answer(choice, incoming, _watch(plan.dialect, incoming), times)
                end = await _prove(answer, plan.streaming) if proves else End.COMPLETE
        except Exception as fault:  # one of ours is a failed attempt too: the next side's turn
            if not isinstance(fault, FAULTS):  # its message could quote the request
                _log.error("asking %s failed: %s", choice.upstream, type(fault).__name__)
            end, status = failure(fault)[0], None
        else:
            status = incoming.status
            if status == 429:
                self.busy(choice.upstream)
            if end is End.COMPLETE:
                return answer
            other = answer.other if end is End.SERVED_BY_OTHER else ""
        return replace(_attempt(choice, end, status, times), other=other)


def _attempt(choice: Choice, end: End, status: int | None, times: Stopwatch) -> Attempt:
    return Attempt(
        side=choice.side,
        upstream=choice.upstream,
        location=choice.location,
        end=end,
        status=status,
        took_us=times.elapsed_us(),
    )


async def _for(
    stack: AsyncExitStack, plan: Plan, choice: Choice, request: OutRequest
) -> OutRequest | Gap:
    """The request as the upstream understands it; untouched where that is as it came."""
    path, headers = request.path, request.headers
    asking = Asking.of(choice, Leg.SERVED, plan.dialect, path, headers, plan.named)
    body = await aside(request.body, lambda body: prepared(body, asking))
    if isinstance(body, Gap):
        return body
    if body is request.body:
        return request
    if isinstance(body, Pieces):
        stack.callback(close_other, body, request.body)
    return replace(request, body=body)


def _watch(dialect: Dialect, incoming: Incoming) -> Watch:
    return watch(dialect, incoming.status, incoming.content_type, incoming.content_encoding)


async def _prove(answer: Answer, streaming: bool) -> End:
    """Holds the answer until it may be given away: COMPLETE. Any other end is a failed attempt.

    So is one of another deployment than the declared: it may be none that this tenant agreed to.
    """
    if answer.incoming.status >= 400:
        return End.HTTP_ERROR
    if answer.other:  # its head says so already
        return End.SERVED_BY_OTHER
    end = await _hold(answer, streaming)
    return End.SERVED_BY_OTHER if end is End.COMPLETE and answer.other else end


async def _hold(answer: Answer, streaming: bool) -> End:
    """Reads until there is content of a stream, or the whole of a body.

    One that is too long to be held and checked proves nothing, and fails.
    """
    if answer.watch.streaming is not streaming:
        return End.MALFORMED
    async for chunk in answer.incoming.chunks:
        at_us = answer.times.elapsed_us()
        answer.watch.feed(chunk)
        answer.held.append(chunk)
        answer.times.note(at_us, answer.watch.said)
        if answer.watch.failed or answer.watch.unreadable:
            break
        if answer.watch.content:
            return End.COMPLETE
        if answer.watch.cut:
            return End.MALFORMED
    return answer.watch.end()[0]
