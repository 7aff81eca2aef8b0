"""How the control API says no: RFC 9457 problem details, with a sentence on what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import Scope

from cutover import wordless
from cutover.approving.approvals import OVER, ProposalUsed
from cutover.history import StaleRollout
from cutover.identity.claims import FRESH_S, NotTaken, SignInAgain
from cutover.identity.local import NotProven
from cutover.identity.provider import NotReached
from cutover.lease import LeaseLost
from cutover.refusals import (
    Conflict,
    NoExport,
    NotAllowed,
    Refused,
    StandsBy,
    UnknownRollout,
    Unpublished,
    WithoutRight,
)
from cutover.retention import custody
from mirror.journal.seal import Erased, SealBroken
from mirror.journal.store import StoreError

MEDIA_TYPE = "application/problem+json"


class ProblemDetails(BaseModel):
    """What an error says (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


class Problem(Exception):
    """A request that is answered with an error. `detail` never repeats a token or a payload.

    `kind` says of an attempt without a right what was lacking, "" for what is none.
    """

    def __init__(self, status: HTTPStatus, detail: str, kind: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind


UNPROVEN, AGAIN = "/problems/not-proven", "/problems/sign-in-again"
"""Types of problems that a proof of who asks would mend: given with the request, or by signing in again."""

KINDS = frozenset(
    [
        "approved already",
        "barred",
        custody.GONE,
        custody.HELD,
        custody.KEPT,
        custody.MANY,
        "lifted already",
        custody.NothingFound.kind,
        "locked",
        "missing role",
        "own proposal",
        OVER,
        "stands by",
        "under way",
        "unpublished",
        wordless.KIND,
        "wrong tenant",
    ]
)
"""Kinds of refusals that have a type of their own, as in `/problems/missing-role`: what to do next differs."""


STATUS: dict[type[Exception], HTTPStatus] = {
    UnknownRollout: HTTPStatus.NOT_FOUND,
    NoExport: HTTPStatus.NOT_FOUND,
    custody.NothingFound: HTTPStatus.NOT_FOUND,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotTaken: HTTPStatus.UNAUTHORIZED,
    NotReached: HTTPStatus.SERVICE_UNAVAILABLE,
    Conflict: HTTPStatus.CONFLICT,
    StandsBy: HTTPStatus.SERVICE_UNAVAILABLE,
    Unpublished: HTTPStatus.SERVICE_UNAVAILABLE,
    Refused: HTTPStatus.CONFLICT,
    StaleRollout: HTTPStatus.CONFLICT,
    ProposalUsed: HTTPStatus.CONFLICT,
    LeaseLost: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
    Erased: HTTPStatus.GONE,
    SealBroken: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""What an exception of the parts below means to a client of the API."""

RESPONSES: Mapping[int | str, dict[str, Any]] = {
    status.value: {
        "description": status.phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
    }
    for status in (
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.GONE,
        HTTPStatus(413),
        HTTPStatus(422),
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
}
"""What every path may answer instead, as the API's description tells it."""


_CHALLENGE = {AGAIN: f'Bearer error="insufficient_user_authentication", max_age="{FRESH_S}"'}
"""How a client is told what token it needs (RFC 9470)."""


def answer(status: HTTPStatus, detail: str, type: str = "about:blank") -> JSONResponse:
    """A problem as a response."""
    headers = {"www-authenticate": _CHALLENGE.get(type, "Bearer")}
    if status is not HTTPStatus.UNAUTHORIZED:
        headers = {}
    said = ProblemDetails(type=type, title=status.phrase, status=status.value, detail=detail)
    return JSONResponse(said.model_dump(), status.value, headers, MEDIA_TYPE)


def of(error: Exception) -> JSONResponse:
    """The response for an exception; one that nobody foresaw says so and nothing else."""
    if isinstance(error, Problem):
        return answer(error.status, error.detail)
    if isinstance(error, NotProven):
        return _unproven(error)
    if isinstance(error, SignInAgain):
        return answer(HTTPStatus.UNAUTHORIZED, str(error), AGAIN)
    for kind, status in STATUS.items():
        if isinstance(error, kind):
            return answer(status, str(error), type_of(getattr(error, "kind", "")))
    return answer(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        f"a fault of ours ({type(error).__name__}); nothing was changed by this request",
    )


def type_of(kind: str) -> str:
    """The type of a problem of this kind."""
    return f"/problems/{kind.replace(' ', '-')}" if kind in KINDS else "about:blank"


def _unproven(error: NotProven) -> JSONResponse:
    """Who has to wait is told for how long, as who asks too often is."""
    type = type_of(error.kind) if error.wait_s else UNPROVEN
    said = answer(HTTPStatus.FORBIDDEN, str(error), type)
    if error.wait_s:
        said.headers["retry-after"] = str(error.wait_s)
    return said


def told_by(app: FastAPI) -> None:
    """Has an application say everything that goes wrong in this way."""
    kinds: tuple[type[Exception], ...] = (Problem, NotProven, SignInAgain, *STATUS, Exception)
    for kind in kinds:
        app.add_exception_handler(kind, _fault)
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_exception_handler(HTTPException, _unknown)


def sentence(errors: Sequence[Mapping[str, Any]]) -> str:
    """What is wrong with a request, of what pydantic found: the first fault of each field."""
    said: dict[str, str] = {}
    for error in errors:
        names = [one for one in error["loc"][1:] if isinstance(one, str)]
        place = names[-1] if names else ""  # of a list, which one it was helps nobody
        if error["type"] == "json_invalid":
            return NOT_JSON
        about = f"`{place}` " if place else "the body "
        said.setdefault(about, about + _fault_of(error, whole=not place))
    return "; ".join(said.values())


NOWHERE = "there is nothing at this address; `/v1/openapi.json` lists what there is"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NOT_JSON = "the body is not JSON; send it with `content-type: application/json`"

_SAYS = {
    "missing": "is missing",
    "extra_forbidden": "is not asked for",
    "string_type": "must be a text",
    "string_unicode": "must be a text without half characters",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number",
    "int_from_float": "must be a whole number",
    "value_error": "{error}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
}
_WHOLE = ("model_attributes_type", "model_type", "dict_type", "missing")


def _fault_of(error: Mapping[str, Any], *, whole: bool) -> str:
    kind = error["type"]
    if whole and kind in _WHOLE:
        return "must be a JSON object, sent with `content-type: application/json`"
    if kind in _SAYS:
        return _SAYS[kind].format(**error.get("ctx", {}))
    return str(error["msg"])


async def _fault(request: Request, error: Exception) -> Response:
    return refused(request.scope, error)


def refused(scope: Scope, error: Exception) -> Response:
    """The response for an exception; of an attempt without a right the request's state tells the kind (see `noted`)."""
    if kind := attempt(error):
        scope.setdefault("state", {})["attempt"] = kind, str(error)
    return of(error)


def attempt(error: Exception) -> str:
    """Which attempt without a right an exception refuses; "" for none, and for one that an event tells already."""
    if isinstance(error, Problem):
        return error.kind
    if isinstance(error, WithoutRight) and not error.recorded:
        return error.kind
    return ""


async def _unfit(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return answer(HTTPStatus(422), sentence(error.errors()))


async def _unknown(request: Request, error: Exception) -> Response:
    """A path or method that does not exist, and a body that could not be read, in the API's own words."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.BAD_REQUEST:
        return answer(HTTPStatus(422), NOT_JSON)
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        return _another_way(request)
    return answer(status, NOWHERE if status is HTTPStatus.NOT_FOUND else error.detail)


def _another_way(request: Request) -> Response:
    """That a path does not take this method, and which it takes (RFC 9110, 15.5.6)."""
    routes = request.app.routes
    takes = [
        method
        for method in METHODS
        if any(
            one.matches({**request.scope, "method": method})[0] is Match.FULL for one in routes
        )
    ]
    given = ", ".join(takes)
    said = answer(HTTPStatus.METHOD_NOT_ALLOWED, f"this address takes {given} alone")
    said.headers["allow"] = given
    return said
