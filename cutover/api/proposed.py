"""The path of one proposal: the evidence that was frozen with it, as who approves it has to read it."""

from __future__ import annotations

import hashlib
import json
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path

from cutover.api.asked import NAME_LIMIT
from cutover.api.call import ROLLOUT, Key, On, Viewer
from cutover.api.problems import Problem
from cutover.api.shapes import GateShape, Shape
from cutover.approving import approvals

router = APIRouter(tags=["approvals"])


class FrozenShape(Shape):
    """A proposal's evidence as it was frozen.

    `state` is open, applied, void or rejected, and `why` says why it ended. `intact` says that the
    evidence kept is the one whose SHA-256 the proposal names.
    """

    id: str
    state: str
    why: str
    reason: str
    ticket: str
    at_us: int
    evidence_sha256: str
    intact: bool
    verdict: str
    reasons: list[str]
    sessions: int
    evidence: list[GateShape]


@router.get(f"{ROLLOUT}/proposals/{{proposal}}")
def read(
    key: Key, proposal: Annotated[str, Path(max_length=NAME_LIMIT)], by: Viewer, on: On
) -> FrozenShape:
    """The evidence of a proposal, open or not, as it was when it was made."""
    with on.store.read() as conn:
        found = approvals.find(conn, key, proposal)
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"{'/'.join(key)} has no such proposal")
    digest = hashlib.sha256(found.evidence.encode()).hexdigest()
    told = json.loads(found.evidence)
    return FrozenShape(
        id=found.id,
        state=found.state,
        why=found.why,
        reason=found.reason,
        ticket=found.ticket,
        at_us=found.at_us,
        evidence_sha256=found.evidence_sha256,
        intact=digest == found.evidence_sha256,
        verdict=told["verdict"],
        reasons=told["reasons"],
        sessions=told["sessions"],
        evidence=[GateShape.model_validate(gate) for gate in told["evidence"]],
    )
