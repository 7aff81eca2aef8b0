"""What the relay writes down about an exchange: one record before the upstream is asked, one after."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from mirror import pools, served
from mirror.alarm import Alarm
from mirror.body import Content, Pieces, length_of
from mirror.egress_record import EgressRecord
from mirror.exchange import Accept, Attempt, End, Large, Leg, Outcome, Reply, Side
from mirror.headers import recordable
from mirror.journal.seal import IN_COLUMN
from mirror.pools import Stuck
from mirror.proxy.call import Call
from mirror.proxy.engine import Answer, Unanswered
from mirror.proxy.metrics import Metrics
from mirror.proxy.subjects import Subjects
from mirror.proxy.trail import Trail
from mirror.reading import Reading
from mirror.routing import Asked, Plan
from policies.policy import Policy, Rollout

# What a disk that hangs costs a client, and one that is slow. Once all threads hang it costs nothing.
QUIET_S, KEPT_S = 5.0, 60.0
_SLICE = 1 << 18
_log = logging.getLogger(__name__)


class Recorder(EgressRecord, Protocol):
    """Where records go. Records return at once, and False where they were not kept."""

    def accept(self, accept: Accept) -> bool:
        """Keep an accepted request."""

    def keep(
        self, exchange_id: str, part: str, length: int, body: Iterable[bytes]
    ) -> Large | None:
        """Keep a long body before its record; None where it was not kept. Blocks, any thread may call."""

    def lose(self, exchange_id: str, part: str) -> None:
        """Count a record that was not even tried. Blocks, any thread may call."""

    def reply(self, reply: Reply) -> bool:
        """Keep how a leg ended."""


@dataclass(slots=True)
class Ending:
    """What is known so far of how the serving leg ended."""

    end: End = End.BROKEN
    error: str = "the proxy stopped before the end"
    found: Answer | Unanswered | None = None
    total_us: int = 0
    trail: Trail = field(default_factory=Trail)


@dataclass(slots=True)
class Recording:
    """Keeps records and counts those that were lost. Nothing here ever reaches the client.

    A body of more than 64 kB is sealed and written in a thread, so that others are answered meanwhile.
    """

    recorder: Recorder
    metrics: Metrics
    alarm: Alarm = field(default_factory=Alarm)
    subjects: Subjects = field(default_factory=Subjects)

    async def subject(
        self, policy: Policy, rollout: Rollout, call: Call, reading: Reading
    ) -> str:
        """The pseudonym of the patient that a request names; "" where it names none or there can be none."""
        return await self.subjects.of(policy, rollout.tenant, call, reading)

    async def accept(self, accept: Accept, content: Content) -> bool:
        """True where the record is on disk, with the request's body."""
        length = length_of(content)
        if isinstance(content, bytes) and length <= IN_COLUMN:
            whole = replace(accept, body=content)
            return self._count("accept", _tried(lambda: self.recorder.accept(whole)))
        body = content.body.slices() if isinstance(content, Pieces) else _slices(content)

        late = threading.Event()

        def write() -> bool:
            large = self.recorder.keep(accept.id, "request", length, _moving(body))
            if large is None:
                return False
            kept = replace(accept, large=large)
            if late.is_set():  # it was answered meanwhile, and how it ended is told to nobody
                kept = replace(kept, outcome=Outcome.FAILED, reason="spool_slow", reask=False)
            return self.recorder.accept(kept)

        return self._count("accept", await self._beside(write, accept.id, "request", late))

    def alert(self, plan: Plan, reply: Reply) -> None:
        """Raises the alarm where another answered in the candidate's name, given away or not."""
        seen = [(reply.upstream, reply.other)] if reply.other else []
        seen += [(tried.upstream, tried.other) for tried in reply.failed_over if tried.other]
        for upstream, other in seen:
            labels = {"tenant": plan.tenant, "route": plan.route.value, "upstream": upstream}
            self.metrics.count("crossfade_served_by_other_total", **labels)
            self.alarm.served_by_other(plan.tenant, plan.route.value, upstream, other)

    async def reply(self, reply: Reply) -> bool:
        """True where the record is on disk."""
        if len(reply.body) <= IN_COLUMN:
            return self._count("reply", _tried(lambda: self.recorder.reply(reply)))

        def write() -> bool:
            body, of = _moving(_slices(reply.body)), reply.exchange_id
            large = self.recorder.keep(of, reply.leg, len(reply.body), body)
            if large is None:
                return False
            return self.recorder.reply(replace(reply, body=b"", large=large))

        return self._count("reply", await self._beside(write, reply.exchange_id, reply.leg))

    async def _beside(
        self, write: Callable[[], bool], of: str, part: str, late: threading.Event | None = None
    ) -> bool:
        """Writes in a thread, in bounded time; `late` is set where that has passed."""
        held = pools.RECORDS.held >= pools.RECORDS.threads
        try:
            return await pools.RECORDS.within(QUIET_S, KEPT_S, lambda: _tried(write))
        except Stuck as stuck:
            if late is not None:
                late.set()
            if held:  # it is not even tried
                pools.RECORDS.submit(lambda: self.recorder.lose(of, part))
            _log.error("a record is given up: %s", stuck)
            return False

    def _count(self, what: str, kept: bool) -> bool:
        if not kept:
            self.metrics.count("crossfade_spool_drops_total", record=what)
        return kept


def _tried(write: Callable[[], bool]) -> bool:
    try:
        return write()
    except Exception:  # a broken recorder must never become a broken answer
        _log.exception("the spool failed while it wrote a record")
        return False


def _moving(body: Iterable[bytes]) -> Iterator[bytes]:
    for piece in body:
        pools.RECORDS.moved()
        yield piece


def _slices(body: bytes) -> Iterator[bytes]:
    return (body[at : at + _SLICE] for at in range(0, len(body), _SLICE))


def accept_of(call: Call, plan: Plan, asked: Asked) -> Accept:
    """The record of a request that is about to be answered, still without its body.

    Its query is left out, because it may hold a key.
    """
    return Accept(
        id=call.id,
        tenant=plan.tenant,
        route=plan.route,
        session=asked.session,
        accepted_us=call.at_us,
        method=call.method,
        path=call.path,
        requested_model=asked.model,
        streaming=asked.streaming,
        stage=plan.stage,
        epoch=plan.epoch,
        serving=plan.serving.side if plan.serving else Side.PRIMARY,
        outcome=plan.outcome,
        reason=plan.reason,
        reask=plan.reask,
        headers=recordable(call.headers),
        kept=plan.kept,
        subject=asked.subject,
    )


def reply_of(call: Call, plan: Plan, ending: Ending) -> Reply:
    """The record of how the client was answered, or why it was not."""
    match ending.found:
        case Answer() as answer:
            return _answered(call, plan, answer, ending)
        case Unanswered(attempts=(*before, last)):
            return _unanswered(call, last, (*_kept_from(plan), *before), ending)
        case _:
            return _unasked(call, plan, ending)


def _kept_from(plan: Plan) -> tuple[Attempt, ...]:
    """The candidate that was not asked: for long failing, which is a failure of its, or at its cap."""
    kept = plan.diverted
    if kept is None:
        return ()
    return (Attempt(kept.side, kept.upstream, kept.location, plan.diverted_by, None, 0),)


def _answered(call: Call, plan: Plan, answer: Answer, ending: Ending) -> Reply:
    shown = answer.shown
    return Reply(
        exchange_id=call.id,
        leg=Leg.SERVED,
        side=answer.choice.side,
        upstream=answer.choice.upstream,
        location=answer.choice.location,
        model=answer.choice.model,
        sent_us=answer.times.sent_us,
        end=ending.end,
        status=answer.incoming.status,
        error=ending.error,
        total_us=ending.total_us,
        first_byte_us=answer.times.pacer.first_byte_us,
        first_token_us=answer.times.first_token_us,
        content_type=answer.incoming.content_type[:200],
        content_encoding=answer.incoming.content_encoding[:64],
        body=bytes(answer.watch.body),
        body_cut=answer.watch.cut,
        served_model=shown.model,
        served_by=shown.deployment,
        failed_over=(*_kept_from(plan), *answer.failed_over),
        facts=served.facts(answer.choice.declared, shown),
        other=answer.other,
        pace=answer.times.pacer.pace,
    )


def _unanswered(
    call: Call, last: Attempt, before: tuple[Attempt, ...], ending: Ending
) -> Reply:
    return Reply(
        exchange_id=call.id,
        leg=Leg.SERVED,
        side=last.side,
        upstream=last.upstream,
        location=last.location,
        model="",
        sent_us=call.at_us,
        end=last.end,
        status=last.status,
        error=ending.error,
        total_us=last.took_us,
        failed_over=before,
    )


def _unasked(call: Call, plan: Plan, ending: Ending) -> Reply:
    """The client left, or nobody may answer, before any upstream's head was there."""
    trail = ending.trail
    asked = trail.choice or plan.serving
    refused, why = End.BLOCKED, "no upstream is permitted"
    if plan.gap:
        refused, why = End.CAPABILITY_GAP, plan.gap
    return Reply(
        exchange_id=call.id,
        leg=Leg.SERVED,
        side=asked.side if asked else Side.PRIMARY,
        upstream=asked.upstream if asked else "",
        location=asked.location if asked else "",
        model=asked.model if asked else "",
        sent_us=trail.times.sent_us if trail.times else call.at_us,
        end=ending.end if asked else refused,
        error=ending.error if asked else why,
        total_us=ending.total_us,
        failed_over=(*_kept_from(plan), *trail.failed) if asked else (),
    )
