"""What the relay writes down about an exchange: one record before the upstream is asked, one after."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from mirror import served
from mirror.alarm import Alarm
from mirror.exchange import Accept, Attempt, End, Leg, Reply, Side
from mirror.headers import recordable
from mirror.proxy.call import Call
from mirror.proxy.engine import Answer, Unanswered
from mirror.proxy.metrics import Metrics
from mirror.routing import Asked, Plan

_log = logging.getLogger(__name__)


class Recorder(Protocol):
    """Where records go. Both return at once, and False where the record was not kept."""

    def accept(self, accept: Accept) -> bool:
        """Keep an accepted request."""

    def reply(self, reply: Reply) -> bool:
        """Keep how a leg ended."""


@dataclass(slots=True)
class Ending:
    """What is known so far of how the serving leg ended."""

    end: End = End.BROKEN
    error: str = "the proxy stopped before the end"
    found: Answer | Unanswered | None = None
    total_us: int = 0


@dataclass(slots=True)
class Recording:
    """Keeps records and counts those that were lost. Nothing here ever reaches the client."""

    recorder: Recorder
    metrics: Metrics
    alarm: Alarm = field(default_factory=Alarm)

    def accept(self, accept: Accept) -> bool:
        """True where the record is on disk."""
        return self._kept("accept", lambda: self.recorder.accept(accept))

    def alert(self, plan: Plan, reply: Reply) -> None:
        """Raises the alarm where another answered in the candidate's name, given away or not."""
        seen = [(reply.upstream, reply.other)] if reply.other else []
        seen += [(tried.upstream, tried.other) for tried in reply.failed_over if tried.other]
        for upstream, other in seen:
            labels = {"tenant": plan.tenant, "route": plan.route.value, "upstream": upstream}
            self.metrics.count("crossfade_served_by_other_total", **labels)
            self.alarm.served_by_other(plan.tenant, plan.route.value, upstream, other)

    def reply(self, reply: Reply) -> bool:
        """True where the record is on disk."""
        return self._kept("reply", lambda: self.recorder.reply(reply))

    def _kept(self, what: str, write: Callable[[], bool]) -> bool:
        try:
            kept = write()
        except Exception:  # a broken recorder must never become a broken answer
            _log.exception("the spool failed while it wrote one %s record", what)
            kept = False
        if not kept:
            self.metrics.count("crossfade_spool_drops_total", record=what)
        return kept


def accept_of(call: Call, plan: Plan, asked: Asked, body: bytes) -> Accept:
    """The record of a request that is about to be answered; without its query, which may hold a key."""
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
        body=body,
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
    """The candidate that was not asked because it has been failing for long: a failure of its."""
    kept = plan.diverted
    if kept is None:
        return ()
    return (Attempt(kept.side, kept.upstream, kept.location, End.DIVERTED, None, 0),)


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
        first_byte_us=answer.times.first_byte_us,
        first_token_us=answer.times.first_token_us,
        content_type=answer.incoming.content_type[:200],
        content_encoding=answer.incoming.content_encoding[:64],
        body=bytes(answer.watch.body),
        body_cut=answer.watch.cut,
        served_model=shown.model,
        served_by=shown.deployment,
        failed_over=(*_kept_from(plan), *answer.failed_over),
        facts=served.facts(answer.declared, shown),
        other=answer.other,
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
    serving = plan.serving
    refused, why = End.BLOCKED, "no upstream is permitted"
    if plan.gap:
        refused, why = End.CAPABILITY_GAP, plan.gap
    return Reply(
        exchange_id=call.id,
        leg=Leg.SERVED,
        side=serving.side if serving else Side.PRIMARY,
        upstream=serving.upstream if serving else "",
        location=serving.location if serving else "",
        model=serving.model if serving else "",
        sent_us=call.at_us,
        end=ending.end if serving else refused,
        error=ending.error if serving else why,
        total_us=ending.total_us,
    )
