"""The paths of sessions: who one is, signing in and signing out."""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from cutover.api import bodies, pacing
from cutover.api.asked import NAME_LIMIT, Asked
from cutover.api.call import By, On, Viewer
from cutover.api.problems import Problem
from cutover.api.shapes import PersonShape, Shape
from cutover.identity.claims import FRESH_S
from cutover.identity.federated import is_federated
from cutover.identity.passwords import LONGEST

router = APIRouter(tags=["sessions"])

AT_ONCE = threading.BoundedSemaphore(8)
"""Who is not known yet takes no more threads than these: the others are for rollbacks."""


class SignIn(Asked):
    """Who signs in. `code` is one that their app shows now, "" for who has none."""

    name: Annotated[str, Field(max_length=NAME_LIMIT)]
    password: Annotated[str, Field(max_length=LONGEST, repr=False)]
    code: Annotated[str, Field(max_length=NAME_LIMIT, repr=False)] = ""


class SessionShape(Shape):
    """A session: its token is shown this once; times are microseconds since 1970 UTC."""

    token: str
    name: str
    auth_us: int
    expires_us: int


class SignedOutShape(Shape):
    """Who signed out."""

    name: str


class MeShape(PersonShape):
    """A person, and how they confirm an approval.

    `sign_in_again` is where their browser goes to prove anew who they are, null for who gives a password; until
    `fresh_until_us` what they proved last is enough.
    """

    sign_in_again: str | None
    fresh_until_us: int


@router.get("/v1/me")
def me(by: Viewer, caller: By, on: On) -> MeShape:
    """Whose token this is."""
    oidc = on.policy.identity.oidc
    again = oidc and is_federated(by.name)
    return MeShape(
        **bodies.person(by).model_dump(),
        sign_in_again=f"{oidc.api.rstrip('/')}/v1/sign-in/oidc?anew=true"
        if oidc and again
        else None,
        fresh_until_us=caller.auth_us + FRESH_S * 1_000_000 if again else 0,
    )


@router.post("/v1/sessions", status_code=HTTPStatus.CREATED)
def sign_in(said: SignIn, on: On, request: Request) -> SessionShape:
    """A local user signs in. It needs no token."""
    address = pacing.address(request.scope) or ""
    if not AT_ONCE.acquire(blocking=False):
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS, "too many sign in at once; try again in a moment"
        )
    try:
        token, made = on.local.sign_in(said.name, said.password, said.code, address)
    finally:
        AT_ONCE.release()
    return SessionShape(
        token=token, name=made.name, auth_us=made.auth_us, expires_us=made.expires_us
    )


@router.delete("/v1/sessions")
def sign_out(by: By, on: On) -> SignedOutShape:
    """The session of this token ends; a personal token goes on."""
    on.local.sign_out(by.token, by.person.name)
    return SignedOutShape(name=by.person.name)
