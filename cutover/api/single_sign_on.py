"""The paths of signing in at the clinic's own provider: there, back, and on to the dashboard.

None needs a token. What ties them together is a browser: its cookies, which no page of another site can read or set, and
which are of use to nobody who did not begin a sign-in with it.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import Field

from cutover.api.asked import NAME_LIMIT, Asked
from cutover.api.call import On
from cutover.api.parts import Parts
from cutover.api.problems import Problem
from cutover.api.shapes import Shape
from cutover.api.signing_in import SessionShape
from cutover.identity.single_sign_on import BEGUN_S, CALLBACK, SingleSignOn

router = APIRouter(tags=["sessions"])

BROWSER, BEGUN = "crossfade_browser", "crossfade_sign_in"
"""The cookies: a secret of the browser, which the dashboard of the same host sees too, and what it began, sealed."""
START = "/v1/sign-in/oidc"
AT_ONCE = threading.BoundedSemaphore(8)
"""As for passwords: who is not known yet takes no more threads than these."""


class SignInShape(Shape):
    """How one signs in here: `oidc` is where a browser begins, null where local users give a password."""

    oidc: str | None
    provider: str | None


class TakeOver(Asked):
    """The code that the dashboard was given, and the cookie `crossfade_browser` of the browser that brought it."""

    code: Annotated[str, Field(max_length=NAME_LIMIT, repr=False)]
    browser: Annotated[str, Field(max_length=NAME_LIMIT, repr=False)]


@router.get("/v1/sign-in")
def ways(on: On) -> SignInShape:
    """How one signs in here. It needs no token."""
    oidc = on.policy.identity.oidc
    if oidc is None:
        return SignInShape(oidc=None, provider=None)
    return SignInShape(
        oidc=oidc.api.rstrip("/") + START, provider=urlsplit(oidc.issuer).hostname
    )


@router.get(START, status_code=HTTPStatus.SEE_OTHER, response_class=RedirectResponse)
def begin(
    request: Request,
    on: On,
    back: Annotated[
        str,
        Query(
            max_length=500,
            pattern=r"^/[A-Za-z0-9_.~%-]*(\?[A-Za-z0-9_.~%=&+-]*)?$",
            description="The page of the dashboard that one returns to.",
        ),
    ] = "/",
    anew: Annotated[
        bool, Query(description="Ask for a proof of now, whoever is signed in already.")
    ] = False,
) -> RedirectResponse:
    """A browser begins to sign in. It needs no token."""
    with _some():
        sso = _provider(on)
        browser = request.cookies.get(BROWSER, "")
        if not 40 <= len(browser) <= NAME_LIMIT:
            browser = secrets.token_urlsafe(32)
        where, begun = sso.begin(back, browser, anew=anew)
    answer = RedirectResponse(where, HTTPStatus.SEE_OTHER, _UNKEPT)
    safe = sso.oidc.api.startswith("https://")
    for name, value, path in ((BROWSER, browser, "/"), (BEGUN, begun, _back_path(sso))):
        answer.set_cookie(
            name, value, BEGUN_S, path=path, secure=safe, httponly=True, samesite="lax"
        )
    return answer


@router.get(CALLBACK, status_code=HTTPStatus.SEE_OTHER, response_class=RedirectResponse)
def come_back(request: Request, on: On) -> RedirectResponse:
    """The browser comes back from the provider, and goes on to the dashboard. It needs no token."""
    begun, browser = (request.cookies.get(name, "") for name in (BEGUN, BROWSER))
    with _some():
        sso = _provider(on)
        where = sso.come_back(begun, dict(request.query_params), browser)
    answer = RedirectResponse(where, HTTPStatus.SEE_OTHER, _UNKEPT)
    answer.delete_cookie(BEGUN, path=_back_path(sso))
    return answer


@router.post("/v1/sessions/handovers", status_code=HTTPStatus.CREATED)
def take_over(said: TakeOver, on: On) -> SessionShape:
    """The dashboard takes over who signed in. It needs no token."""
    token, made = _provider(on).take_over(said.code, said.browser)
    return SessionShape(
        token=token, name=made.name, auth_us=made.auth_us, expires_us=made.expires_us
    )


_UNKEPT = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


def _provider(on: Parts) -> SingleSignOn:
    found = on.single_sign_on
    if found is None:
        raise Problem(
            HTTPStatus.NOT_FOUND,
            "nobody signs in at a provider here: the policy has no `identity.oidc`",
        )
    return found


def _back_path(sso: SingleSignOn) -> str:
    """The only path that the sealed cookie is sent to, as browsers see it."""
    return urlsplit(sso.oidc.api).path.rstrip("/") + CALLBACK


@contextmanager
def _some() -> Iterator[None]:
    if not AT_ONCE.acquire(blocking=False):
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS, "too many sign in at once; try again in a moment"
        )
    try:
        yield
    finally:
        AT_ONCE.release()
