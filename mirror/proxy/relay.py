"""The relay: every request's way from the client to an answer and back, as a raw ASGI application.

Start reading at `Relay.handle`. Nothing on this way waits for the store, a shadow or a score.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from mirror import copies, pools, routing, surface, translate
from mirror.body import Content
from mirror.budget import tokens_of
from mirror.capacity import rank_of
from mirror.dialects.dialect import Dialect
from mirror.egress import OutRequest, is_safe
from mirror.egress_record import Purpose
from mirror.exchange import End
from mirror.identity import Identities
from mirror.proxy import asgi
from mirror.proxy.asgi import Giving, Receive, Refusal, Send
from mirror.proxy.body import Body, NoBody, read_body, viewed
from mirror.proxy.breaker import Limits
from mirror.proxy.call import Call
from mirror.proxy.counting import tell
from mirror.proxy.engine import Answer, Engine, Unanswered
from mirror.proxy.giving import ClientLeft, give, left, while_connected
from mirror.proxy.limits import Quotas, unpacked
from mirror.proxy.metrics import Metrics
from mirror.proxy.nobody import nobody_answered
from mirror.proxy.passing import Passing
from mirror.proxy.peer import REFUSALS
from mirror.proxy.record import Ending, Recording, accept_of, reply_of
from mirror.proxy.refusals import (
    CROWDED,
    LOOP,
    NO_RECORD,
    NO_SUCH_PATH,
    OUR_FAULT,
    TOO_SLOW,
    UNKNOWN_TENANT,
    too_large,
)
from mirror.reading import Reading, read
from mirror.room import Crowded
from mirror.route_table import RouteTable
from mirror.routes import Wanted, route_of
from mirror.routing import Asked, Plan
from mirror.sound import too_long_s
from policies.policy import Policy, Rollout, Terms, UnknownTenants

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Relay:
    """Answers clients by one policy. `mirror.proxy.reload` has the one in force.

    `in_flight` is how many requests are with it: they stay with it when another takes its place.
    `quotas` outlive it: a tenant gets no more for a change of policy.
    """

    policy: Policy
    engine: Engine
    recording: Recording
    table: Callable[[], RouteTable]
    metrics: Metrics
    quotas: Quotas
    admin: Callable[[Call, bool], tuple[int, bytes, bytes] | None] = lambda call, trusted: None
    passing: Passing = field(init=False)
    identities: Identities = field(init=False)
    rollouts: Mapping[tuple[str, str], Rollout] = field(init=False)
    in_flight: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        to, subjects = self.engine.upstreams, self.recording.subjects
        self.passing = Passing(self.policy, to, self.metrics, self.table, subjects)
        self.identities = Identities.of(self.policy)
        self.rollouts = {(r.tenant, r.route): r for r in self.policy.rollouts}

    async def answer(self, call: Call, receive: Receive, send: Send) -> None:
        """Answers one request, also when a fault of ours ends it."""
        giving = Giving(send)
        self.in_flight += 1
        self.metrics.in_flight += 1
        try:
            await self.handle(call, receive, giving)
        except Exception as fault:  # no client ever meets a bare 500 of the server's
            # its message could quote the request
            told = {"request_id": call.id}
            _log.error("request %s failed: %s", call.id, type(fault).__name__, extra=told)
            if not giving.started:  # otherwise the server closes the connection
                await self._refuse(send, OUR_FAULT)
        finally:
            self.in_flight -= 1
            self.metrics.in_flight -= 1

    async def handle(self, call: Call, receive: Receive, send: Send) -> None:
        """Answers one request, whoever it is from and whatever it asks for."""
        if call.doubt is not None:
            await self._refuse(send, REFUSALS[call.doubt])
            return
        page = self.admin(call, self.identities.trusts(call.peer))
        if page is not None:
            await asgi.whole(send, *page)
            return
        known = self.identities.tenant(call.peer, call.headers, call.certificate)
        tenant, refusal = known or "", self._refusal(call, known)
        refusal = refusal or self.quotas.enter(tenant, time.monotonic())
        if refusal is not None:
            await self._refuse(send, refusal)
            return
        try:
            await self._admitted(call, tenant, receive, send)
        finally:
            self.quotas.leave(tenant)

    async def _admitted(self, call: Call, tenant: str, receive: Receive, send: Send) -> None:
        limits = self.policy.limits
        declared = call.headers.get("content-length", "")
        body = await read_body(receive, declared, limits.body_bytes, limits.body_s)
        match body:
            case Body():
                try:
                    refusal = await self._packed(call, body)
                    if refusal is not None:
                        await self._refuse(send, refusal)
                        return
                    await self._route(call, tenant, body, receive, send)
                except Crowded:
                    await self._refuse(send, CROWDED)
                finally:
                    body.close()
            case NoBody.TOO_LARGE:
                await self._refuse(send, too_large(limits.body_bytes))
            case NoBody.TOO_SLOW:
                await self._refuse(send, TOO_SLOW)
            case NoBody.CUT_OFF:
                self.metrics.count("crossfade_refused_total", reason="cut_off")

    async def _packed(self, call: Call, body: Body) -> Refusal | None:
        """Looks into a compressed body: a few kilobytes may be gigabytes to whoever unpacks them."""
        encoding = call.headers.get("content-encoding", "").strip().lower()
        if encoding in ("", "identity"):
            return None
        most = self.policy.limits.decoded_bytes
        return await pools.UNPACKING.run(lambda: unpacked(body, encoding, most))

    def _refusal(self, call: Call, tenant: str | None) -> Refusal | None:
        if not is_safe(call.path, call.query):
            return NO_SUCH_PATH
        if copies.is_loop(call.headers, self.policy.deployment):
            return LOOP
        strange = tenant is None and self.policy.unknown_tenants is UnknownTenants.REFUSE
        return UNKNOWN_TENANT if strange else None

    async def _refuse(self, send: Send, refusal: Refusal) -> None:
        self.metrics.count("crossfade_refused_total", reason=refusal.code)
        await asgi.refuse(send, refusal)

    async def _route(
        self, call: Call, tenant: str, body: Body, receive: Receive, send: Send
    ) -> None:
        """To the rollout that the request belongs to, or past all of them."""
        row, reading = surface.row_of(call.method, call.path), None
        if row.dialect is not None:
            kind = call.headers.get("content-type", "")
            reading = await viewed(body, lambda view: read(row, view, kind))
            rollout = self._rollout(call, tenant, reading)
            if rollout is not None:
                to, excluded = rollout.primary.upstream, reading.excluded
                refusal = self.passing.not_shared(call, to, excluded)
                if refusal is not None:
                    await self._refuse(send, refusal)
                    return
                asked = await self._asked(call, rollout, reading, row.dialect, body)
                content = body.content()
                del reading  # a long one's document is as long
                await self._exchange(call, rollout, asked, content, receive, send)
                return
        try:
            async with while_connected(receive):
                await self.passing.serve(call, tenant, body, send, reading)
        except ClientLeft:
            self.metrics.count("crossfade_refused_total", reason="client_left")

    def _rollout(self, call: Call, tenant: str, reading: Reading) -> Rollout | None:
        """The rollout that a call of the table belongs to, where its tenant has one."""
        wanted = Wanted(call.path, reading.model, call.headers, reading.image)
        return self.rollouts.get((tenant, route_of(self.policy.routes, wanted) or ""))

    async def _asked(
        self, call: Call, rollout: Rollout, reading: Reading, dialect: Dialect, body: Body
    ) -> Asked:
        known = self.policy.upstreams[rollout.candidate.upstream].translation
        return Asked(
            session=self.identities.session(rollout.tenant, call.headers, reading, call.id),
            model=reading.model,
            streaming=reading.streaming,
            excluded=reading.excluded or ("copy" if copies.is_copy(call.headers) else ""),
            tokens=tokens_of(reading.document),
            upload_bytes=body.length if dialect.form else None,
            dialect=dialect,
            rank=rank_of(self.policy.batch, rollout.tenant, rollout.route, call.headers),
            subject=await self.recording.subject(self.policy, rollout, call, reading),
            gap=str(translate.gap(reading.document, call.path, known) or ""),
        )

    def _plan(self, rollout: Rollout, asked: Asked) -> Plan:
        """The plan; the breaker and the cap are asked only where another side could answer."""
        table = self.table()
        plan = routing.plan(self.policy, rollout, table, asked)
        limits = Limits.of(self._terms(plan).breaker)
        kept = self.engine.kept_away(plan, limits)
        if kept is None:
            return plan
        why, on_record = kept
        known = {"tenant": plan.tenant, "route": plan.route.value, "why": why.value}
        self.metrics.count("crossfade_kept_away_total", **known)
        elsewhere = routing.plan(self.policy, rollout, table, routing.diverted(asked))
        blamed = plan.serving if on_record else None
        return replace(elsewhere, diverted=blamed, diverted_by=why, kept=why)

    async def _exchange(
        self,
        call: Call,
        rollout: Rollout,
        asked: Asked,
        content: Content,
        receive: Receive,
        send: Send,
    ) -> None:
        """One request of a rollout: on record before the upstream is asked, and when it has ended."""
        plan = self._plan(rollout, asked)
        kept = await self.recording.accept(accept_of(call, plan, asked), content)
        if not kept and self.policy.tenants[plan.tenant].on_broken_record == "refuse":
            await self._refuse(send, NO_RECORD)
            return
        ending = Ending()
        try:
            async with while_connected(receive):
                await self._answer(call, plan, content, send, ending)
        except ClientLeft:
            self._left(plan, asked, ending)
        finally:
            if ending.end is not End.CLIENT_ABORT:
                ending.total_us = ending.total_us or time.time_ns() // 1000 - call.at_us
            reply = reply_of(call, plan, ending)
            self.recording.alert(plan, reply)
            if kept:
                await self.recording.reply(reply)
            tell(self.metrics, plan, ending, call.id)

    async def _answer(
        self, call: Call, plan: Plan, content: Content, send: Send, ending: Ending
    ) -> None:
        request = OutRequest(
            method=call.method,
            path=call.path,
            headers=call.headers,
            body=content,
            query=call.query,
            repeatable=plan.repeatable,
            exchange=call.id,
            purpose=Purpose.SERVED,
            subject=plan.subject,
            rank=plan.rank,
            impatient_at=plan.serving.upstream if plan.serving and plan.failover else "",
        )
        async with self.engine.answer(plan, request, ending.trail) as found:
            ending.found = found
            match found:
                case Answer() as answer:
                    told = self.policy.tenants[plan.tenant].provenance
                    # a candidate may pause inside its answer for as long as a whole one may take
                    gap_s = self._terms(plan).deadlines.answer_s
                    ending.end, ending.error = await give(
                        answer, send, call.id, gap_s, provenance=told
                    )
                    ending.total_us = answer.times.elapsed_us()
                    status = answer.incoming.status
                    health = End.SERVED_BY_OTHER if answer.other else ending.end
                    self.engine.record(plan, answer.choice, health, status, ending.total_us)
                case Unanswered() as nobody:
                    refusal = nobody_answered(plan, nobody, self.table(), call.at_us)
                    ending.error = refusal.message
                    await asgi.refuse(send, refusal, call.id)

    def _left(self, plan: Plan, asked: Asked, ending: Ending) -> None:
        """The client left: with nothing and late, or in a long silence, it had waited for too long."""
        ending.end, ending.error = left(ending.found)
        ending.total_us = ending.trail.waited_us
        if ending.end is End.CLIENT_ABORT:
            late_s = too_long_s(self._terms(plan), asked, begun=ending.found is not None)
            self.engine.abandoned(plan, ending.found, ending.trail, late_s)

    def _terms(self, plan: Plan) -> Terms:
        return self.policy.terms_of(self.rollouts[plan.tenant, plan.route])
