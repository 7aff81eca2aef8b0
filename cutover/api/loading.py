"""The paths that tell how much is under way: for people as JSON, for Prometheus as it reads."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import PlainTextResponse

from cutover import gauges
from cutover.api import servers, spending
from cutover.api.call import On, Viewer, need, sees
from cutover.api.shapes import Shape
from cutover.load import Report, report
from cutover.people import Role
from cutover.servers.view import text

router = APIRouter(tags=["load"])


class UpstreamLoadShape(Shape):
    """An upstream: its cap, null for none, and what is in flight and waits by whose it is."""

    upstream: str
    cap: int | None
    in_flight: dict[str, int]
    waiting: dict[str, int]


class WaitingShape(Shape):
    """Exchanges of a rollout that wait for a copy, a second answer or a score."""

    tenant: str
    route: str
    kind: str
    count: int
    oldest_us: int
    oldest_s: float


class ShedShape(Shape):
    """Exchanges of a rollout whose copy was given up, and why: the reason's name, and in words."""

    tenant: str
    route: str
    reason: str
    why: str
    exchanges: int


class BreakerShape(Shape):
    """A rollout whose circuit breaker to an upstream is open, in one proxy at least, and for how long."""

    tenant: str
    route: str
    upstream: str
    open_s: float


class LoadShape(Shape):
    """In flight and waiting by upstream, the backlog by rollout, what was shed, and which breakers are open."""

    upstreams: list[UpstreamLoadShape]
    backlog: list[WaitingShape]
    shed: list[ShedShape]
    breakers: list[BreakerShape]


@router.get("/v1/load")
def load(by: Viewer, on: On) -> LoadShape:
    """In flight and waiting by upstream, the backlog by rollout, and what was shed."""
    told = _report(on)
    mine = replace(
        told,
        waiting=tuple([one for one in told.waiting if sees(by, one.tenant)]),
        shed={key: count for key, count in told.shed.items() if sees(by, key[0])},
        breakers=tuple([one for one in told.breakers if sees(by, one.tenant)]),
    )
    return LoadShape.model_validate(mine.body())


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(
    by: Viewer, on: On, rollouts: Annotated[Literal["counted", "each"], Query()] = "counted"
) -> PlainTextResponse:
    """The same for Prometheus, how the controller is, what servers tell of themselves, and what copies have cost.

    Rollouts are counted by stage and verdict; `rollouts=each` tells every one of them too.
    """
    need(by, Role.VIEWER)  # what it counts is every tenant's
    page = gauges.text(on.controller, on.pulse, each=rollouts == "each")
    page += _report(on).text() + text(servers.all_of(on)) + spending.text(on)
    return PlainTextResponse(page, media_type="text/plain; version=0.0.4")


def _report(on: On) -> Report:
    caps = {name: one.capacity for name, one in on.policy.upstreams.items()}
    with on.store.read() as conn:
        return report(conn, on.load, caps, on.now_us())
