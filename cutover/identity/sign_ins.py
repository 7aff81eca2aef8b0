"""People who are signed in, by the tokens they were given. Every function works in the caller's transaction."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from cutover.identity.tables import sign_in
from mirror.journal.events import Value

LASTS_S = 12 * 3600
"""A working day: after it one signs in again, whatever was done meanwhile."""
PREFIX = "cfs_"
"""Tokens of sessions begin so: what finds one in a log knows what it has found."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """Whose session it is, when they last proved who they are, and when it ends."""

    name: str
    auth_us: int
    expires_us: int


def begin(
    conn: Connection,
    name: str,
    now_us: int,
    *,
    auth_us: int | None = None,
    lasts_s: int = LASTS_S,
) -> tuple[str, SignIn]:
    """A token, which cannot be shown again, and the session that it stands for. Ends those that ran out.

    `auth_us` is when somebody proved who they are, now unless said.
    """
    conn.execute(delete(sign_in).where(sign_in.c.expires_us <= now_us))
    token = PREFIX + secrets.token_urlsafe(32)
    proven_us = now_us if auth_us is None else auth_us
    made = SignIn(name, proven_us, now_us + lasts_s * 1_000_000)
    row = {"token_sha256": digest(token), "name": name}
    conn.execute(
        insert(sign_in).values(row | {"auth_us": proven_us, "expires_us": made.expires_us})
    )
    return token, made


def find(conn: Connection, token: str, now_us: int) -> SignIn | None:
    """The session of a token; None for one that is nobody's, or ran out."""
    columns = (sign_in.c.name, sign_in.c.auth_us, sign_in.c.expires_us)
    row = conn.execute(select(*columns).where(sign_in.c.token_sha256 == digest(token))).first()
    return SignIn(*row) if row is not None and row.expires_us > now_us else None


def end(conn: Connection, token: str) -> int | None:
    """Signs out; until when the session would have lasted, None where there was none."""
    mine = sign_in.c.token_sha256 == digest(token)
    until_us = conn.execute(select(sign_in.c.expires_us).where(mine)).scalar_one_or_none()
    conn.execute(delete(sign_in).where(mine))
    return until_us


def told(until_us: int) -> dict[str, Value]:
    """A session as an event tells it."""
    return {"until_us": until_us}


def end_all(conn: Connection, name: str) -> int:
    """Signs a user out everywhere; how many sessions that were."""
    return conn.execute(delete(sign_in).where(sign_in.c.name == name)).rowcount


def digest(token: str) -> str:
    """What is kept of a token. It has 256 random bits, so that a plain digest cannot be searched."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
