"""The path that tells what candidates must reach, beside what was measured of them last."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends

from cutover.acceptance import measured
from cutover.acceptance.measured import Measured
from cutover.accepted import targets_digest
from cutover.api import cursors
from cutover.api.asked import PAGE_LIMIT, Limit
from cutover.api.call import On, Viewer, seeing
from cutover.api.cursors import Cursor
from cutover.api.shapes import Shape
from policies.targets import Targets

router = APIRouter(tags=["servers"])
type Place = tuple[str, str, str, str]
"""Route, upstream, model, and the fingerprint of what the policy declares as candidate."""


class RowShape(Shape):
    """One target: `at_most` or `at_least` so much of a unit, and what was measured of `n` requests.

    `measured` and `interval_95` are null where nothing was, and where an answer never came. `says` is `pass` where the
    whole interval reaches the target, `fail` where none of it does.
    """

    name: str
    at_most: float | None
    at_least: float | None
    unit: str
    measured: float | None
    interval_95: list[float | None] | None
    n: int
    says: str
    note: str


class ReportShape(Shape):
    """The last acceptance report of a candidate, whoever asked for it.

    `by_these_targets` says that the policy's targets are still the same. A report from before rows were kept has none.
    """

    at_us: int
    passed: bool
    by_these_targets: bool
    sha256: str
    requests: int
    concurrency: int
    rows: list[RowShape]


class CandidateShape(Shape):
    """A candidate of the policy: a model on a server for a route, and its last report, null for none.

    `rollouts` is of how many rollouts it is the candidate, among those of tenants that this person may read of.
    """

    route: str
    upstream: str
    model: str
    rollouts: int
    report: ReportShape | None


class TargetsShape(Shape):
    """The policy's targets, null for what is not asked for, and a page of candidates by route, server and model."""

    targets: Targets
    candidates: list[CandidateShape]
    next: str | None


async def _after(cursor: Cursor = None) -> Place | None:
    return None if cursor is None else cast(Place, cursors.asked(cursor, str, str, str, str))


@router.get("/v1/targets")
def read(
    by: Viewer,
    on: On,
    after: Annotated[Place | None, Depends(_after)],
    limit: Limit = PAGE_LIMIT,
) -> TargetsShape:
    """What `targets` of the policy asks of candidates, and what `crossfade acceptance --keep` measured of each last."""
    counts = _candidates(by, on)
    places = [one for one in sorted(counts) if after is None or one > after]
    shown = places[:limit]
    with on.store.read() as conn:
        found = measured.last(conn, [one[3] for one in shown])
    digest = targets_digest(on.policy)
    return TargetsShape(
        targets=on.policy.targets,
        candidates=[
            CandidateShape(
                route=one[0],
                upstream=one[1],
                model=one[2],
                rollouts=counts[one],
                report=_report(found[one[3]], digest) if one[3] in found else None,
            )
            for one in shown
        ],
        next=cursors.written(*shown[-1]) if len(places) > limit else None,
    )


def _candidates(by: Viewer, on: On) -> dict[Place, int]:
    """Of how many rollouts each candidate is, among those that a person may read of."""
    seen, counts = seeing(by), dict[Place, int]()
    for one in on.policy.rollouts:
        if seen(one.tenant):
            fingerprint = on.controller.cabinet.candidate(one)
            place = (one.route.value, one.candidate.upstream, one.candidate.model, fingerprint)
            counts[place] = counts.get(place, 0) + 1
    return counts


def _report(one: Measured, targets: str) -> ReportShape:
    return ReportShape(
        at_us=one.at_us,
        passed=one.passed,
        by_these_targets=one.targets == targets,
        sha256=one.sha256,
        requests=one.requests,
        concurrency=one.concurrency,
        rows=[RowShape.model_validate(_row(dict(row))) for row in one.rows],
    )


def _row(told: dict[str, object]) -> dict[str, object]:
    target = told.pop("target")
    assert isinstance(target, dict), "a row has one"
    return {"at_most": None, "at_least": None} | target | told
