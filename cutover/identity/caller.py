"""Who calls the control API, by the token that comes with every request."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from cutover import people
from cutover.identity import sign_ins
from cutover.identity.sign_ins import SignIn
from cutover.people import Person


@dataclass(frozen=True, slots=True)
class Caller:
    """A person, and the session they are signed in to; None for who comes with a personal token."""

    person: Person
    token: str
    session: SignIn | None = None

    def __repr__(self) -> str:
        """Without the token, which must never reach a log."""
        return f"Caller({self.person.name})"


def find(conn: Connection, token: str, now_us: int) -> Caller | None:
    """Whose token this is; None for nobody's, and for a session that is over."""
    if not token.startswith(sign_ins.PREFIX):
        person = people.authenticate(conn, token)
        return Caller(person, token) if person else None
    session = sign_ins.find(conn, token, now_us)
    person = people.find(conn, session.name) if session else None
    return Caller(person, token, session) if person else None
