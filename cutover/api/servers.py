"""The path that tells how the candidates' servers are, and which way to scale them."""

from __future__ import annotations

from fastapi import APIRouter

from cutover.api.call import On, Viewer
from cutover.api.shapes import Shape
from cutover.servers import kept
from cutover.servers.view import Server
from cutover.servers.watch import Watch

router = APIRouter(tags=["servers"])


class FactShape(Shape):
    """A number, and the page it was read from."""

    value: float
    source: str


class P95Shape(Shape):
    """Bounds in seconds between which the servers' own 95th percentile lies; `high_s` null for no end."""

    low_s: float
    high_s: float | None
    n: float
    source: str


class FactsShape(Shape):
    """What an upstream's fresh pages say together; null for what none of them tells."""

    queue: FactShape | None
    running: FactShape | None
    cache: FactShape | None
    memory: FactShape | None
    p95: P95Shape | None


class GpuShape(Shape):
    """One GPU: its memory in use as a share, its heat, why it counts as hot, and its faults by their numbers."""

    gpu: str
    memory: float | None
    celsius: float | None
    hot: str
    xids: list[int]


class PageShape(Shape):
    """One page of metrics, and how it was read."""

    url: str
    kind: str
    age_s: float | None
    stale: bool
    fault: str


class ServerShape(Shape):
    """One upstream with pages: its facts with their sources, and what of its capacity is accepted."""

    upstream: str
    declared: int | None
    accepted: int | None
    factor: float
    why: str
    since_us: int | None
    way: str
    advice: str
    facts: FactsShape
    gpus: list[GpuShape]
    pages: list[PageShape]


class ServersShape(Shape):
    """Every upstream with pages."""

    servers: list[ServerShape]


@router.get("/v1/servers")
def read(by: Viewer, on: On) -> ServersShape:
    """Every upstream with pages."""
    return ServersShape(servers=[ServerShape.model_validate(one.body()) for one in all_of(on)])


def all_of(on: On) -> list[Server]:
    """How they are now. A standby that reads no pages of its own tells them as not read."""
    with on.store.read() as conn:
        halved = {one.upstream: one for one in kept.halved(conn)}
    watch = on.watch or Watch(on.policy)
    return [
        Server(name, on.policy.upstreams[name], watch.pages(name), halved.get(name))
        for name in watch.upstreams
    ]
