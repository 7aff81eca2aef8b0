"""Which web pages may call the control API: those of its own host and of the dashboard, and no other site's. Pure.

The dashboard asks from its server, and programs name no origin: a browser names one for whatever a page of another
site has it send, whatever credentials go along.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from policies.oidc import Oidc

FORGED = (
    "x-user",
    "x-remote-user",
    "remote-user",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-auth-request-user",
    "x-auth-request-email",
    "x-crossfade-user",
)
"""Headers that name somebody where a proxy in front signs people in. Here they are nothing."""


def foreign(origin: str | None, oidc: Oidc | None) -> str:
    """Why a request that names this origin is refused; "" for one that names none, and for pages of ours."""
    if origin is None or origin in _ours(oidc):
        return ""
    return "a page of another site sent this (`Origin`); nothing of it was done"


def _ours(oidc: Oidc | None) -> set[str]:
    if oidc is None:
        return set()
    return {f"{one.scheme}://{one.netloc}" for one in map(urlsplit, (oidc.api, oidc.dashboard))}
