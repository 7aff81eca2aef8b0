"""What a client is told where nobody answered: whether and when asking again makes sense."""

from __future__ import annotations

from mirror.exchange import End, Side
from mirror.proxy.asgi import Refusal
from mirror.proxy.engine import Unanswered
from mirror.route_table import RouteTable
from mirror.routing import Plan

SOON_S = 60
"""The OpenAI SDK waits as long as it is told, up to this; longer waits it replaces by its own."""
_LATER_S = 600  # where no end is known

AT_CAPACITY = Refusal(
    status=503,
    message="the server that answers this is busy, and no place there became free in time; ask again",
    kind="server_error",
    code="at_capacity",
    retry_after_s=2,
)
"""Not 429, which says that the client itself asks too much. OpenAI's SDK tries both again."""


def nobody_answered(plan: Plan, nobody: Unanswered, table: RouteTable, now_us: int) -> Refusal:
    """The refusal of a request that no permitted upstream answered.

    Clients may try again only where nobody has tried twice for them already. Where the primary
    alone was to answer, its client sees what it would see without us: a server that is not there
    now, and its SDK's own retries apply.
    """
    if plan.serving is None and plan.reason == "drained":
        return drained(table, now_us)
    if plan.gap:
        return Refusal(
            status=400,
            message=f"the server that answers this tenant lacks {plan.gap}",
            kind="invalid_request_error",
            code="unsupported_parameter",
            retry=False,
        )
    if nobody.attempts and nobody.attempts[-1].end is End.AT_CAPACITY:
        return AT_CAPACITY
    tried = ", ".join(f"{attempt.side} {attempt.end}" for attempt in nobody.attempts)
    alone = plan.failover is None and plan.serving is not None
    return Refusal(
        status=503,
        message=f"no permitted upstream answered ({tried or 'none is permitted'})",
        kind="server_error",
        code="no_upstream_answered",
        retry=alone and plan.serving is not None and plan.serving.side is Side.PRIMARY,
    )


def drained(table: RouteTable, now_us: int) -> Refusal:
    """The refusal while the upstreams that might answer are taken out on purpose."""
    ends = [until_us for until_us in table.drains.values() if until_us > now_us]
    known = bool(ends) and len(ends) == len(table.drains)
    wait_s = max(1, round((max(ends) - now_us) / 1e6)) if known else _LATER_S
    return Refusal(
        status=503,
        message="the server that answers this is being maintained, and no other one is permitted",
        kind="server_error",
        code="upstream_drained",
        retry=wait_s <= SOON_S,
        retry_after_s=wait_s,
    )
