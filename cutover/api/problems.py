"""How the control API says no: RFC 9457 problem details, with a sentence on what to do."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import JSONResponse

from cutover.approving.approvals import ProposalUsed
from cutover.history import StaleRollout
from cutover.lease import LeaseLost
from cutover.refusals import (
    Conflict,
    NotAllowed,
    Refused,
    StandsBy,
    UnknownRollout,
    Unpublished,
)
from mirror.journal.seal import SealBroken
from mirror.journal.store import StoreError


class Problem(Exception):
    """A request that is answered with an error. `detail` never repeats a token or a payload."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


STATUS: dict[type[Exception], HTTPStatus] = {
    UnknownRollout: HTTPStatus.NOT_FOUND,
    NotAllowed: HTTPStatus.FORBIDDEN,
    Conflict: HTTPStatus.CONFLICT,
    StandsBy: HTTPStatus.SERVICE_UNAVAILABLE,
    Unpublished: HTTPStatus.SERVICE_UNAVAILABLE,
    Refused: HTTPStatus.CONFLICT,
    StaleRollout: HTTPStatus.CONFLICT,
    ProposalUsed: HTTPStatus.CONFLICT,
    LeaseLost: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
    SealBroken: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""What an exception of the parts below means to a client of the API."""


def answer(status: HTTPStatus, detail: str) -> JSONResponse:
    """A problem as a response."""
    headers = {"www-authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else {}
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
    }
    return JSONResponse(
        body, status.value, headers=headers, media_type="application/problem+json"
    )


def of(error: Exception) -> JSONResponse:
    """The response for an exception; one that nobody foresaw says so and nothing else."""
    if isinstance(error, Problem):
        return answer(error.status, error.detail)
    for kind, status in STATUS.items():
        if isinstance(error, kind):
            return answer(status, str(error))
    return answer(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        f"a fault of ours ({type(error).__name__}); nothing was changed by this request",
    )
