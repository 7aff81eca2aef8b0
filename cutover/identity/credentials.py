"""What local users prove to be themselves with. Every function works in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from cutover import deeds
from cutover.identity import guesses, sign_ins
from cutover.identity.tables import credential
from cutover.people import Deed
from mirror.journal import events
from mirror.journal.seal import Sealer

_mine = credential.c


@dataclass(frozen=True, slots=True)
class Credential:
    """One user's: a hash of the password, and the secret of their app, "" where they have none."""

    name: str
    password: str
    totp: str
    totp_step: int


NONE = Credential("", "", "", 0)
"""Who has none: nothing matches it."""


def find(conn: Connection, name: str, sealer: Sealer, *, locked: bool = False) -> Credential:
    """A user's, or NONE; `locked` keeps it as it is until the transaction ends."""
    chosen = select(credential).where(_mine.name == name)
    row = conn.execute(chosen.with_for_update() if locked else chosen).first()
    if row is None:
        return NONE
    totp = sealer.unseal(row.totp, _context(name)).decode() if row.totp else ""
    return Credential(name, row.password, totp, row.totp_step)


def set_password(conn: Connection, name: str, hashed: str, deed: Deed) -> None:
    """Gives a user a password, for the hash of it; they are signed out everywhere."""
    values = {"password": hashed, "set_us": deed.at_us}
    changed = conn.execute(update(credential).where(_mine.name == name).values(values))
    if not changed.rowcount:
        fresh = values | {"name": name, "totp": None, "totp_step": 0}
        conn.execute(insert(credential).values(fresh))
    guesses.end(conn, name)
    ended = sign_ins.end_all(conn, name)
    was, now = {"password": bool(changed.rowcount)}, {"password": True}
    said: dict[str, events.Value] = {"ended": ended, **events.changed(was, now)}
    deeds.report(conn, deed, "user.password_set", ("user", name), details=said)


def set_totp(conn: Connection, name: str, secret: str, sealer: Sealer, deed: Deed) -> bool:
    """Gives a user's app its secret, "" for no app any more. False for who has no password yet."""
    had = bool(conn.execute(select(_mine.totp).where(_mine.name == name)).scalar())
    sealed = sealer.seal(secret.encode(), _context(name)) if secret else None
    changed = conn.execute(
        update(credential).where(_mine.name == name).values(totp=sealed, totp_step=0)
    )
    if not changed.rowcount:
        return False
    sign_ins.end_all(conn, name)
    type = "user.totp_set" if secret else "user.totp_removed"
    said = events.changed({"code": had}, {"code": bool(secret)})
    deeds.report(conn, deed, type, ("user", name), details=said)
    return True


def use_code(conn: Connection, name: str, step: int) -> bool:
    """Marks a code as used; False where somebody was quicker with the same one."""
    won = conn.execute(
        update(credential)
        .where(_mine.name == name, _mine.totp_step < step)
        .values(totp_step=step)
    )
    return bool(won.rowcount)


def _context(name: str) -> str:
    return f"totp:{name}"
