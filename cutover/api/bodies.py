"""What the control API says of people, moves, proposals and points of evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from cutover import people
from cutover.api.shapes import (
    GivenShape,
    PersonShape,
    PointShape,
    ProposalShape,
    RejectionShape,
    TransitionShape,
)
from cutover.approving.approvals import Proposal
from cutover.approving.rejections import Rejection
from cutover.evidence.course import Point
from cutover.rollout import Transition


def person(one: people.Person) -> PersonShape:
    """A person, with roles for every tenant and, by tenant, for that one alone."""
    tenants = sorted({tenant for tenant, _ in one.within})
    return PersonShape(
        name=one.name,
        roles=sorted(one.roles),
        tenants={
            name: sorted([role for tenant, role in one.within if tenant == name])
            for name in tenants
        },
    )


def transition(move: Transition) -> TransitionShape:
    """A move that happened."""
    return TransitionShape.model_validate(move)


def course(points: Sequence[Point]) -> list[PointShape]:
    """The evidence after `n` sessions, counted on through the standings of an attempt."""
    told: list[PointShape] = []
    before = n = 0
    for place, point in enumerate(points):
        if place and point.epoch != points[place - 1].epoch:
            before += n
        n = point.n
        told.append(
            PointShape.model_validate(
                {
                    "n": before + n,
                    "epoch": point.epoch,
                    "at_us": point.at_us,
                    "gates": point.gates,
                }
            )
        )
    return told


def rejection(one: Rejection) -> RejectionShape:
    """A rejection that stands."""
    return RejectionShape(id=one.proposal_id, **asdict(one))


def proposal(one: Proposal) -> ProposalShape:
    """A proposal as a person decides on it."""
    return ProposalShape(
        id=one.id,
        tenant=one.tenant,
        route=one.route,
        signal=one.signal.value,
        from_share=one.from_share,
        to_share=one.to_share,
        proposer=one.proposer.name,
        reason=one.reason,
        ticket=one.ticket,
        at_us=one.at_us,
        expires_us=one.expires_us,
        evidence_sha256=one.evidence_sha256,
        approvals=[GivenShape.model_validate(given) for given in one.approvals],
    )
