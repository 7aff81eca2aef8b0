"""What the control API says of moves, proposals and points of evidence, as JSON values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from cutover.approving.approvals import Proposal
from cutover.approving.rejections import Rejection
from cutover.evidence.course import Point
from cutover.people import Person
from cutover.rollout import Transition


def person(one: Person) -> dict[str, object]:
    """A person, with roles for every tenant and, by tenant, for that one alone."""
    tenants = sorted({tenant for tenant, _ in one.within})
    return {
        "name": one.name,
        "roles": sorted(one.roles),
        "tenants": {
            name: sorted([role for tenant, role in one.within if tenant == name])
            for name in tenants
        },
    }


def transition(move: Transition) -> dict[str, object]:
    """A move. Shares are percents."""
    return {
        "signal": move.signal.value,
        "from": move.from_stage.value,
        "to": move.to_stage.value,
        "from_share": move.from_share,
        "to_share": move.to_share,
        "epoch": move.epoch,
        "at_us": move.at_us,
        "actor": move.actor,
        "reason": move.reason,
    }


def course(points: Sequence[Point]) -> list[dict[str, object]]:
    """The evidence after `n` sessions, counted on through the standings of an attempt."""
    told: list[dict[str, object]] = []
    before = n = 0
    for place, point in enumerate(points):
        if place and point.epoch != points[place - 1].epoch:
            before += n
        n = point.n
        told.append(
            {"n": before + n, "epoch": point.epoch, "at_us": point.at_us, "gates": point.gates}
        )
    return told


def rejection(one: Rejection) -> dict[str, object]:
    """A rejection that stands."""
    told = asdict(one)
    return {"id": told.pop("proposal_id"), **told}


def proposal(one: Proposal) -> dict[str, object]:
    """A proposal as a person decides on it."""
    return {
        "id": one.id,
        "tenant": one.tenant,
        "route": one.route,
        "signal": one.signal.value,
        "from_share": one.from_share,
        "to_share": one.to_share,
        "proposer": one.proposer.name,
        "reason": one.reason,
        "at_us": one.at_us,
        "expires_us": one.expires_us,
        "evidence_sha256": one.evidence_sha256,
        "approvals": [{"name": given.name, "at_us": given.at_us} for given in one.approvals],
    }
