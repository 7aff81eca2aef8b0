"""Requests that are not mirrored: passed to one upstream, as they are, and never repeated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mirror import surface
from mirror.capacity import rank_of
from mirror.conditions import UNREAD, Excluded
from mirror.egress import FAULTS, EgressBlocked, Incoming, OutRequest, failure
from mirror.egress_record import Purpose
from mirror.faults import AtCapacity
from mirror.proxy import asgi
from mirror.proxy.asgi import Refusal, Send
from mirror.proxy.body import Body
from mirror.proxy.call import Call
from mirror.proxy.engine import Upstreams
from mirror.proxy.metrics import Metrics
from mirror.proxy.nobody import AT_CAPACITY, drained
from mirror.proxy.subjects import Subjects
from mirror.reading import Reading
from mirror.route_table import RouteTable
from policies.policy import CredentialMode, Policy


@dataclass(slots=True)
class Passing:
    """Passes requests to the upstream that the policy names for their tenant."""

    policy: Policy
    upstreams: Upstreams
    metrics: Metrics
    table: Callable[[], RouteTable] = RouteTable.empty
    subjects: Subjects = field(default_factory=Subjects)

    async def serve(
        self, call: Call, tenant: str, body: Body, send: Send, reading: Reading | None = None
    ) -> None:
        """Answers one request; `tenant` is empty for one nobody knows and the policy passes on.

        `reading` is of its body, where that was read.
        """
        excluded = reading.excluded if reading else None
        upstream = self._destination(call, tenant, excluded)
        if isinstance(upstream, Refusal):
            await self._refuse(send, upstream)
            return
        request = OutRequest(
            method=call.method,
            path=call.path,
            headers=call.headers,
            body=body.content(),
            query=call.query,
            exchange=call.id,
            purpose=Purpose.PASSED,
            subject=await self.subjects.of(self.policy, tenant, call, reading)
            if tenant
            else "",
            rank=rank_of(self.policy.batch, tenant, "", call.headers),
        )
        started = False
        try:
            async with self.upstreams.open(tenant, upstream, request) as incoming:
                started = True
                await _pass_on(incoming, call, send)
        except FAULTS as fault:
            if not started:  # afterwards the connection is closed, as the upstream's was
                await self._refuse(send, _fault(fault))
        self.metrics.count(
            "crossfade_requests_total", tenant=tenant, route="", stage="", side=""
        )

    def not_shared(
        self, call: Call, upstream: str, excluded: Excluded | None
    ) -> Refusal | None:
        """Why a call may not go to an upstream with the key that all tenants share there."""
        ours = self.policy.upstreams[upstream].credential.mode is CredentialMode.SWAP
        row = surface.row_of(call.method, call.path)
        if not ours or surface.shareable(row, excluded):
            return None
        if excluded in UNREAD:
            return Refusal(
                400,
                f"the body is not what {call.method} {call.path} takes, and what cannot be read is"
                " not sent on with a key that tenants share",
                "invalid_request_error",
                "unreadable_body",
            )
        return Refusal(
            403,
            f"{call.method} {call.path} reads or keeps state on the server, and all tenants"
            f" share one key there; `upstreams.{upstream}.credential` must be `forward` for it",
            "invalid_request_error",
            "state_not_shared",
        )

    def _destination(self, call: Call, tenant: str, excluded: Excluded | None) -> str | Refusal:
        upstream = (
            self.policy.tenants[tenant].pass_through if tenant else self.policy.unknown_upstream
        )
        if upstream is None:
            key = f"tenants.{tenant}.pass_through" if tenant else "unknown_upstream"
            return Refusal(
                404,
                f"{call.method} {call.path} is not mirrored, and the policy names no upstream for"
                f" such requests; set `{key}` to pass them on",
                "invalid_request_error",
                "not_passed_through",
            )
        table = self.table()
        if table.drained(upstream):
            return drained(table, call.at_us)
        return self.not_shared(call, upstream, excluded) or upstream

    async def _refuse(self, send: Send, refusal: Refusal) -> None:
        self.metrics.count("crossfade_refused_total", reason=refusal.code)
        await asgi.refuse(send, refusal)


async def _pass_on(incoming: Incoming, call: Call, send: Send) -> None:
    headers = [*asgi.passed_on(incoming.headers), (b"x-crossfade-exchange", call.id.encode())]
    await asgi.start(send, incoming.status, headers)
    async for chunk in incoming.chunks:
        await asgi.body(send, chunk, more=True)
    await asgi.body(send, b"", more=False)


def _fault(fault: Exception) -> Refusal:
    if isinstance(fault, EgressBlocked):
        return Refusal(403, str(fault), "invalid_request_error", "not_permitted")
    if isinstance(fault, AtCapacity):
        return AT_CAPACITY
    _, why = failure(fault)
    return Refusal(502, f"the upstream did not answer: {why}", "server_error", "no_answer")
