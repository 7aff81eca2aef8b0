"""The path that tells how the deployment is, for who keeps it."""

from __future__ import annotations

from fastapi import APIRouter

from cutover import condition, keyless, unsigned
from cutover.api.call import On, Viewer, seeing
from cutover.api.shapes import Shape
from cutover.condition import Busy, Proxies, Queue, Spool
from cutover.people import Role
from cutover.review import telling
from cutover.review.telling import Reviews
from cutover.unsigned import Signing

router = APIRouter(tags=["health"])


class ControllerShape(Shape):
    """The process that answers: whether it acts, why the proxies cannot be told, and how its ticks go.

    `last_tick_s` and `ended_us` are null before the first tick.
    """

    acting: bool
    trouble: str
    ticks: int
    last_tick_s: float | None
    ended_us: int | None


class SumsShape(Shape):
    """The ledger of all rollouts added up, and whether every exchange that counts as compared has its comparison."""

    seen: int
    outcomes: dict[str, int]
    comparisons: int
    adds_up: bool
    gaps: int


class ConditionShape(Shape):
    """How the deployment is. Proxies and spool are those of the controller's machine; what is not known says why.

    `busy` names who holds work now: of a worker that waits for work nothing is known. `ledger` is null for who
    may not read of every tenant, and at most ten seconds old. `keys_missing` names tenants of which a key or the
    pepper could not be had in the last two hours. `reviews` tells of the nightly one of the whole event log.
    """

    controller: ControllerShape
    proxies: Proxies
    busy: list[Busy]
    queues: list[Queue]
    spool: Spool
    ledger: SumsShape | None
    signing: Signing
    reviews: Reviews
    keys_missing: list[str]


@router.get("/v1/health")
def health(by: Viewer, on: On) -> ConditionShape:
    """Proxies, workers, spool, queues, the ledger's sums, the log's signatures and reviews, and the tenants' keys."""
    now_us, pulse = on.now_us(), on.pulse
    with on.store.read() as conn:
        sums = on.tally.read(conn) if by.may(Role.VIEWER) else None
        busy = condition.busy(conn, now_us)
        queues = condition.queues(conn, now_us, seeing(by))
        signing = unsigned.signing(conn, now_us, seeing(by))
        reviews = telling.reviews(conn, on.policy, now_us, seeing(by))
        missing = keyless.missing(conn, now_us)
    return ConditionShape(
        controller=ControllerShape(
            acting=on.controller.acting,
            trouble=on.controller.trouble,
            ticks=pulse.ticks,
            last_tick_s=pulse.last_us / 1e6 if pulse.ticks else None,
            ended_us=pulse.ended_us if pulse.ticks else None,
        ),
        proxies=condition.proxies(on.load),
        busy=list(busy),
        queues=list(queues),
        spool=condition.spool(on.load.parent / "spool"),  # beside it in the data folder
        ledger=SumsShape.model_validate(sums) if sums else None,
        signing=signing,
        reviews=reviews,
        keys_missing=[tenant for tenant in missing if seeing(by)(tenant)],
    )
