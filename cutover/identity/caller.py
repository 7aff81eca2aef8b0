"""Who calls the control API, by the token that comes with every request."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from cutover import people
from cutover.identity import federated, sign_ins
from cutover.people import Person
from policies.oidc import Oidc

LOCAL = "people sign in at a provider here, and a local user proposes and approves nothing: sign in there"
"""Somebody who is known twice could approve what they proposed themselves."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A person, and when they last proved who they are: 0 for who comes with a personal token."""

    person: Person
    token: str
    auth_us: int = 0

    def __repr__(self) -> str:
        """Without the token, which must never reach a log."""
        return f"Caller({self.person.name})"


def find(conn: Connection, token: str, now_us: int, oidc: Oidc | None = None) -> Caller | None:
    """Whose token of ours this is; None for nobody's, and for a session that is over.

    Sessions of a provider's people end with the provider that the policy names.
    """
    if not token.startswith(sign_ins.PREFIX):
        person = people.authenticate(conn, token)
        return Caller(_local(person, oidc), token) if person else None
    session = sign_ins.find(conn, token, now_us)
    person = people.find(conn, session.name) if session else None
    if session is None or person is None:
        return None
    if not federated.is_federated(person.name):
        return Caller(_local(person, oidc), token, session.auth_us)
    if oidc is None or not federated.is_of(conn, person.name, oidc.issuer):
        return None
    return Caller(person, token, session.auth_us)


def over(conn: Connection, token: str) -> bool:
    """Whether a token that is nobody's now was somebody's session once, and is not forgotten yet."""
    return token.startswith(sign_ins.PREFIX) and sign_ins.find(conn, token, 0) is not None


def _local(person: Person, oidc: Oidc | None) -> Person:
    return replace(person, barred=LOCAL) if oidc else person
