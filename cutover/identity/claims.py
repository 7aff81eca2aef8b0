"""What a provider's token says of somebody, once its signature is known to be good. Pure.

OpenID Connect Core 1.0, section 3.1.3.7, and RFC 9068 for access tokens.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from cutover.refusals import WithoutRight

LEEWAY_S = 30
"""How far the provider's clock may be off."""
FRESH_S = 300
"""How long ago somebody may have proven who they are to approve something."""
MOST_GROUPS = 1_000


class NotTaken(WithoutRight):
    """A token that shows nothing; the message says why, and repeats nothing of it."""

    def __init__(self, message: str, *, kind: str = "token not taken") -> None:
        super().__init__(message, kind=kind)


class SignInAgain(WithoutRight):
    """Who asks proved who they are too long ago for this; at the provider they can do so anew."""

    def __init__(self, message: str) -> None:
        super().__init__(message, kind="proof too old")


@dataclass(frozen=True, slots=True)
class Proven:
    """Whom a token is of: `subject` at the provider, and when they proved it last, 0 where it does not say.

    A `service` asked for the token by itself, with nobody signing in.
    """

    subject: str
    called: str
    groups: frozenset[str]
    auth_us: int
    service: bool


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say, and which of its claims are read."""

    issuer: str
    audience: str
    client_id: str
    name_claim: str
    groups_claim: str


def read(claims: Mapping[str, object], expected: Expected, now_us: int) -> Proven:
    """Whom a token is of. Raises NotTaken."""
    if claims.get("iss") != expected.issuer:
        raise NotTaken("this token is of another issuer", kind="token of others")
    audience = claims.get("aud")
    if expected.audience not in (audience if isinstance(audience, list) else [audience]):
        raise NotTaken("this token is for somebody else (`aud`)", kind="token of others")
    by = claims.get("azp", claims.get("client_id"))
    if isinstance(audience, list) and len(audience) > 1 and by is None:
        raise NotTaken("this token is for several, and does not say who asked for it (`azp`)")
    _timely(claims, now_us)
    subject = claims.get("sub")
    if not (isinstance(subject, str) and 1 <= len(subject) <= 255 and subject.isprintable()):
        raise NotTaken("this token says of nobody (`sub`)")
    auth_time = _number(claims, "auth_time")
    called = claims.get(expected.name_claim)
    return Proven(
        subject,
        called if isinstance(called, str) else "",
        _groups(claims.get(expected.groups_claim)),
        round(auth_time * 1e6) if auth_time is not None else 0,
        service=_is_service(claims, subject, by),
    )


def answers(claims: Mapping[str, object], nonce: str) -> bool:
    """Whether a token was made for the sign-in that sent this nonce."""
    said = claims.get("nonce")
    return isinstance(said, str) and hmac.compare_digest(said.encode(), nonce.encode())


def fresh(auth_us: int, now_us: int) -> bool:
    """Whether somebody proved who they are lately enough to approve something."""
    return -LEEWAY_S * 1_000_000 <= now_us - auth_us <= FRESH_S * 1_000_000


def _timely(claims: Mapping[str, object], now_us: int) -> None:
    now_s = now_us / 1e6
    ends, begins = _number(claims, "exp"), _number(claims, "nbf")
    if ends is None:
        raise NotTaken("this token does not say when it ends (`exp`)")
    if now_s >= ends + LEEWAY_S:
        raise NotTaken("this token is over; sign in again", kind="expired token")
    made = _number(claims, "iat")
    if any(one is not None and now_s < one - LEEWAY_S for one in (begins, made)):
        raise NotTaken("this token is not good yet; see that the clocks are right")


def _number(claims: Mapping[str, object], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise NotTaken(f"`{name}` of this token is no time")
    return float(value)


def _groups(value: object) -> frozenset[str]:
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list):
        return frozenset()
    return frozenset([one for one in given[:MOST_GROUPS] if isinstance(one, str)])


def _is_service(claims: Mapping[str, object], subject: str, by: object) -> bool:
    """Providers tell it in ways of their own: the subject is the client, or a claim says so."""
    return (
        subject == by
        or claims.get("idtyp") == "app"
        or claims.get("gty") == "client-credentials"
        or str(claims.get("preferred_username", "")).startswith("service-account-")
    )
