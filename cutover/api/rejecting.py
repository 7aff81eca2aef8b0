"""The paths of proposals that wait for people: all of them, and people's no."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from cutover.api import bodies
from cutover.api.asked import NAME_LIMIT, ReasonAsked
from cutover.api.call import ROLLOUT, Key, Lead, On, Viewer, sees
from cutover.api.rollouts import OfProposal
from cutover.api.shapes import ProposalShape, RejectionShape, Shape
from cutover.approving.rejecting import Rejecting

router = APIRouter(tags=["approvals"])
PATH = f"{ROLLOUT}/rejections"


class ApprovalsShape(Shape):
    """The proposals that are open, and the rejections that stand."""

    open: list[ProposalShape]
    rejected: list[RejectionShape]


class RejectedShape(Shape):
    """The rejection that stands now."""

    rejection: RejectionShape


class WithdrawnShape(Shape):
    """The proposal that is rejected no more."""

    proposal: str


@router.get("/v1/approvals")
def approvals(by: Viewer, on: On) -> ApprovalsShape:
    """The proposals that are open, and the rejections that stand."""
    waiting, said = Rejecting(on.controller).read()
    return ApprovalsShape(
        open=[bodies.proposal(one) for one in waiting if sees(by, one.tenant)],
        rejected=[bodies.rejection(one) for one in said if sees(by, one.tenant)],
    )


@router.post(PATH, status_code=HTTPStatus.CREATED)
def reject(key: Key, said: OfProposal, by: Lead, on: On) -> RejectedShape:
    """A lead says no to an open proposal."""
    made = Rejecting(on.controller).reject(by, key, said.proposal, said.reason)
    return RejectedShape(rejection=bodies.rejection(made))


# Whose rejection it is, is all that matters.
@router.delete(PATH)
def withdraw(
    key: Key,
    by: Viewer,
    on: On,
    reason: ReasonAsked,
    proposal: Annotated[str, Query(max_length=NAME_LIMIT)] = "",
) -> WithdrawnShape:
    """Who rejected a proposal takes that back."""
    Rejecting(on.controller).withdraw(by, key, proposal, reason)
    return WithdrawnShape(proposal=proposal)
