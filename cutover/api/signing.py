"""The paths of clinical sign-off: the pairs that were drawn, one of them opened, and a reviewer's label."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from cutover import explanation
from cutover.api import asked
from cutover.api.asked import HIGHEST, Asked
from cutover.api.call import ROLLOUT, Key, On, Reviewer, Viewer
from cutover.api.problems import Problem
from cutover.api.shapes import Shape
from cutover.approving.sign_offs import Given, Label, Pair
from cutover.approving.signing import Signing
from cutover.explanation import Explanation, Found
from cutover.people import Deed
from cutover.refusals import Conflict

router = APIRouter(tags=["sign-off"])
PATH = f"{ROLLOUT}/signoff"


class PairShape(Shape):
    """A pair. `label` is "" until somebody read it, and why it was drawn is told only then."""

    number: int
    exchange_id: str
    why: str
    label: str
    labels: list[Given]


class SampleShape(Shape):
    """The pairs that were drawn of an attempt, out of `of`, by the lots of `seed`; `left` says what is missing."""

    attempt: int
    of: int
    seed: str
    left: str
    pairs: list[PairShape]


class OpenedShape(Shape):
    """One pair with its texts."""

    pair: PairShape
    explanation: Explanation


class Labelled(Asked):
    """What a reviewer thinks of a pair. What is wrong must be said; that nothing is need not be."""

    pair: Annotated[int, Field(ge=1, le=HIGHEST)]
    label: Label
    note: Annotated[str, Field(max_length=asked.REASON_LIMIT)]


class LabelledShape(Shape):
    """The pair with its label, and what is missing now."""

    pair: PairShape
    left: str


@router.get(PATH)
def sample(key: Key, by: Viewer, on: On) -> SampleShape:
    """The pairs with their labels; why each was drawn is told once it is labelled."""
    found = Signing(on.controller).read(key)
    return SampleShape(
        attempt=found.attempt,
        of=found.of,
        seed=found.seed,
        left=found.left,
        pairs=[_shape(one) for one in found.pairs],
    )


@router.get(f"{PATH}/pair")
def show(
    key: Key, by: Viewer, on: On, number: Annotated[int, Query(alias="pair", ge=1, le=HIGHEST)]
) -> OpenedShape:
    """One pair as `crossfade explain` tells it; that its texts are read is recorded first."""
    pairs = Signing(on.controller).read(key).pairs
    found = next((one for one in pairs if one.number == number), None)
    if found is None:
        raise Conflict(f"there is no pair {number}")
    deed = Deed(by.actor, on.now_us(), "clinical sign-off")
    told = explanation.explain(on.store, Found(found.exchange_id, *key), on.sealer, deed)
    return OpenedShape(pair=_shape(found), explanation=told)


@router.post(PATH, status_code=HTTPStatus.CREATED)
def label(key: Key, said: Labelled, by: Reviewer, on: On) -> LabelledShape:
    """A clinical reviewer says what they think of a pair."""
    pair, left = Signing(on.controller).label(by, key, said.pair, said.label, _note(said))
    return LabelledShape(pair=_shape(pair), left=left)


def _note(said: Labelled) -> str:
    if said.label is Label.ACCEPTABLE and not said.note.strip():
        return ""
    try:
        return asked.reason(said.note)
    except ValueError as error:
        raise Problem(HTTPStatus(422), f"`note` {error}") from None


def _shape(pair: Pair) -> PairShape:
    """Who has not read it is not told whether it is one of the worst."""
    label = pair.label
    return PairShape(
        number=pair.number,
        exchange_id=pair.exchange_id,
        why=pair.why.value if label else "",
        label=label.value if label else "",
        labels=list(pair.labels),
    )
