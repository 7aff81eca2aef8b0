"""The paths of rollouts: where they stand, what was compared, and what people do to them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from cutover.api import bodies, cursors, reading
from cutover.api.asked import (
    NAME_LIMIT,
    PAGE_LIMIT,
    Asked,
    Before,
    Limit,
    Name,
    Reason,
    ReasonAsked,
    Ticket,
    Why,
)
from cutover.api.call import ROLLOUT, By, Engineer, Glass, Key, On, Viewer, seeing
from cutover.api.cursors import AfterKey
from cutover.api.reading import ComparisonShape, EventShape
from cutover.api.shapes import (
    ListedShape,
    ProposalShape,
    RolloutShape,
    Shape,
    SummaryShape,
    TransitionShape,
    WholeRolloutShape,
)
from cutover.approving.proposal import Confirmed
from cutover.desk import Yes
from cutover.evidence.verdict import Kind
from cutover.identity.passwords import LONGEST
from cutover.indexes import Reindex
from cutover.overview import Need, Search
from cutover.people import Role
from cutover.stages import Stage

router = APIRouter(tags=["rollouts"])


class BoardShape(Shape):
    """A page of rollouts by tenant and route, of tenants that a person may read of, out of `found` that match.

    `next` goes on, null at the end; `summary` counts all that they may read of, whatever was looked for.
    """

    production: bool
    deployment: str
    rollouts: list[ListedShape]
    found: int
    next: str | None
    summary: SummaryShape


class ComparisonsShape(Shape):
    """A page of comparisons, the newest first; `next` goes on with older ones, null at the end."""

    comparisons: list[ComparisonShape]
    next: int | None


class EventsShape(Shape):
    """A page of events, the newest first; `next` goes on with older ones, null at the end."""

    events: list[EventShape]
    next: int | None


class ProposedShape(Shape):
    """What was proposed."""

    proposal: ProposalShape


class Propose(Why):
    """The next move is proposed, as part of a change where there is a ticket of it."""

    ticket: Ticket = ""


class OfProposal(Asked):
    """What is said of an open proposal."""

    proposal: Annotated[str, Field(max_length=NAME_LIMIT)]
    reason: Reason


class Approve(OfProposal):
    """A yes to an open proposal. `proof` is the person's password, or a code that their app shows now."""

    proof: Annotated[str, Field(max_length=LONGEST, repr=False)] = ""
    ticket: Ticket = ""


class YesShape(Shape):
    """One person's yes to a proposal."""

    proposal: str
    name: str
    reason: str
    at_us: int
    ticket: str


class ApprovedShape(Shape):
    """What came of an approval: whether the move was made, and why it was or was not."""

    approval: YesShape
    applied: bool
    why: str
    transition: TransitionShape | None


class StandsShape(Shape):
    """A rollout as it stands after what was done."""

    rollout: RolloutShape


class MovedShape(Shape):
    """A move that was made."""

    transition: TransitionShape


class Reindexed(Asked):
    """An index that was made anew."""

    index: Name
    reason: Reason


class ReindexShape(Shape):
    """What was recorded of an index."""

    reindex: Reindex


async def _looked(
    q: Annotated[
        str,
        Query(
            max_length=NAME_LIMIT,
            description="Words of tenant, route, models, stage or verdict; all of them must be there.",
        ),
    ] = "",
    stage: Annotated[list[Stage], Query(description="In one of these.")] = [],  # noqa: B006
    verdict: Annotated[list[Kind], Query(description="One of these.")] = [],  # noqa: B006
    needs: Annotated[list[Need], Query(description="Needs a person for one of these.")] = [],  # noqa: B006
    needs_person: Annotated[
        bool | None,
        Query(description="Whether people are waited for; not where nobody has begun it."),
    ] = None,
    held: Annotated[bool | None, Query(description="Whether it is held.")] = None,
) -> Search:
    return Search(
        words=tuple(q.lower().split()),
        stages=frozenset(stage),
        verdicts=frozenset(verdict),
        needs=frozenset(needs),
        needs_person=needs_person,
        held=held,
    )


Looked = Annotated[Search, Depends(_looked)]


@router.get("/v1/rollouts")
def rollouts(
    by: Viewer, on: On, search: Looked, after: AfterKey, limit: Limit = PAGE_LIMIT
) -> BoardShape:
    """Rollouts of the tenants that this person may read of, a page at a time, by tenant and route."""
    found, views = on.controller.overview.page(search, seeing(by), after, limit)
    listed = [
        ListedShape.model_validate({**view.body(), "needs": entry.needs})
        for entry, view in zip(found.entries, views, strict=True)
    ]
    return BoardShape(
        production=on.policy.production,
        deployment=on.policy.deployment,
        rollouts=listed,
        found=found.found,
        next=cursors.written(*found.next) if found.next else None,
        summary=SummaryShape.model_validate(found.summary),
    )


@router.get(ROLLOUT)
def rollout(key: Key, by: Viewer, on: On) -> WholeRolloutShape:
    """One rollout with its moves, the course of its evidence, and both sides' latency."""
    view = on.controller.view(key)
    moves, points = on.controller.course(key)
    return WholeRolloutShape.model_validate(
        view.body()
        | {
            "transitions": [bodies.transition(moved.transition) for moved in moves],
            "history": bodies.course(points),
            "latency": reading.latencies(on.store, key),
            "flags": reading.flags(on.store, key),
        }
    )


@router.get(f"{ROLLOUT}/comparisons")
def comparisons(
    key: Key,
    by: Viewer,
    on: On,
    limit: Limit = 50,
    before: Before = None,
    flag: Annotated[str, Query(max_length=NAME_LIMIT)] = "",
) -> ComparisonsShape:
    """The newest comparisons, opened; reading them is recorded first."""
    on.controller.view(key)
    page = reading.comparisons(on.store, on.sealer, key, limit=limit, before=before, flag=flag)
    if page.rows:
        read = [one.exchange_id for one in page.rows]
        reading.record_view(on.store, key, by, read, on.now_us())
    return ComparisonsShape(comparisons=page.rows, next=page.next)


@router.get(f"{ROLLOUT}/events")
def events(
    key: Key, by: Viewer, on: On, limit: Limit = 50, before: Before = None
) -> EventsShape:
    """The newest events about the rollout."""
    on.controller.view(key)
    page = reading.rollout_events(on.store, key, limit=limit, before=before)
    return EventsShape(events=page.rows, next=page.next)


@router.post(f"{ROLLOUT}/proposals", status_code=HTTPStatus.CREATED)
def propose(key: Key, said: Propose, by: Engineer, on: On) -> ProposedShape:
    """A person proposes the next move."""
    made = on.desk.propose(by, key, said.reason, said.ticket)
    return ProposedShape(proposal=bodies.proposal(made))


# Who may approve is the controller's to say, because a refusal there is an event.
@router.post(f"{ROLLOUT}/approvals", status_code=HTTPStatus.CREATED)
def approve(key: Key, said: Approve, by: Viewer, caller: By, on: On) -> ApprovedShape:
    """A lead approves an open proposal, and proves anew who they are; the last approval needed applies it."""
    # Who may not approve at all is not asked for a password first.
    asked = by.may(Role.LEAD, key[0]) and not by.barred
    confirmed = on.confirmed(caller, said.proof) if asked else Confirmed()
    yes = Yes(said.reason, confirmed, said.ticket)
    done = on.desk.approve(by, key, said.proposal, yes)
    given = YesShape(
        proposal=said.proposal,
        name=by.name,
        reason=said.reason,
        at_us=done.at_us,
        ticket=said.ticket,
    )
    move = bodies.transition(done.transition) if done.transition else None
    return ApprovedShape(approval=given, applied=done.applied, why=done.why, transition=move)


@router.post(f"{ROLLOUT}/holds", status_code=HTTPStatus.CREATED)
def hold(key: Key, said: Why, by: Glass, on: On) -> StandsShape:
    """A person stops the rollout where it is."""
    on.desk.hold(by, key, said.reason)
    return _stands(key, on)


@router.delete(f"{ROLLOUT}/holds")
def resume(key: Key, by: Engineer, on: On, reason: ReasonAsked) -> StandsShape:
    """A person lets the rollout go on."""
    on.desk.resume(by, key, reason)
    return _stands(key, on)


@router.post(f"{ROLLOUT}/rollbacks", status_code=HTTPStatus.CREATED)
def roll_back(key: Key, said: Why, by: Glass, on: On) -> MovedShape:
    """A person sends everything back to the primary, at once."""
    return MovedShape(transition=bodies.transition(on.desk.roll_back(by, key, said.reason)))


@router.post(f"{ROLLOUT}/reindexes", status_code=HTTPStatus.CREATED)
def reindex(key: Key, said: Reindexed, by: Engineer, on: On) -> ReindexShape:
    """A person says that an index was made anew with the candidate's vectors."""
    return ReindexShape(reindex=on.desk.reindex(by, key, said.index, said.reason))


def _stands(key: Key, on: On) -> StandsShape:
    return StandsShape(rollout=RolloutShape.model_validate(on.controller.view(key).body()))
