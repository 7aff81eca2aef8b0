"""The work queue: rows of the store, claimed with a lease and deleted by the transaction that ends them.

A worker that dies leaves a lease that runs out; its rows are then claimed again, with one attempt
more. Nothing is kept beside the store, so work and results cannot disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, delete, func, select, tuple_, update

from mirror.journal import tables
from mirror.journal.store import insert_new

_work = tables.work.c


class Kind(StrEnum):
    """What is to be done with an exchange."""

    SHADOW = "shadow"  # send the other side its copy
    REASK = "reask"  # ask the primary a second time
    SCORE = "score"  # compare the answers


@dataclass(frozen=True, slots=True)
class Claim:
    """Work that is ours until its lease ends. `attempts` counts the claims so far, this one included."""

    id: int
    kind: str
    exchange_id: str
    attempts: int
    owner: str


@dataclass(frozen=True, slots=True)
class Due:
    """Work that nobody holds, with what says where it would be sent."""

    id: int
    due_us: int
    tenant: str
    route: str
    serving: str


def enqueue(conn: Connection, kind: str, exchange_id: str, due_us: int) -> None:
    """Add work that is due at `due_us`; an exchange has at most one piece of a kind."""
    insert_new(conn, tables.work, row(kind, exchange_id, due_us))


def row(kind: str, exchange_id: str, due_us: int) -> dict[str, object]:
    """Work that is due at `due_us`, as its table has it."""
    return {
        "kind": kind,
        "exchange_id": exchange_id,
        "due_us": due_us,
        "leased_until_us": 0,
        "owner": "",
        "attempts": 0,
    }


def is_due(conn: Connection, kinds: Sequence[str], now_us: int) -> bool:
    """Whether there is work that nobody holds: a look that takes no lock."""
    free = (_work.kind.in_(kinds), _work.due_us <= now_us, _work.leased_until_us <= now_us)
    return conn.execute(select(_work.id).where(*free).limit(1)).first() is not None


def claim(
    conn: Connection, kind: str, owner: str, now_us: int, lease_us: int, limit: int
) -> list[Claim]:
    """Claim up to `limit` pieces of due work that nobody holds, the oldest first.

    `owner` names one process for its life; the lease ends at `now_us + lease_us` unless renewed.
    """
    free = (
        select(_work.id)
        .where(_work.kind == kind, _work.due_us <= now_us, _work.leased_until_us <= now_us)
        .order_by(_work.due_us, _work.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # PostgreSQL; SQLite holds its write lock
    )
    return claim_these(conn, list(conn.scalars(free)), owner, now_us, lease_us)


def due(
    conn: Connection, kind: str, now_us: int, limit: int, after: Due | None = None
) -> list[Due]:
    """Due work that nobody holds, the oldest first, from behind `after` on. It takes no lock."""
    exchange = tables.exchange.c
    query = (
        select(_work.id, _work.due_us, exchange.tenant, exchange.route, exchange.serving)
        .join(tables.exchange, exchange.id == _work.exchange_id)
        .where(_work.kind == kind, _work.due_us <= now_us, _work.leased_until_us <= now_us)
        .order_by(_work.due_us, _work.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(_work.due_us, _work.id) > tuple_(after.due_us, after.id))
    return [Due(*row) for row in conn.execute(query)]


def claim_these(
    conn: Connection, ids: Sequence[int], owner: str, now_us: int, lease_us: int
) -> list[Claim]:
    """Claim these pieces of work, in their order, as far as nobody holds them."""
    if not ids:
        return []
    rows = conn.execute(
        update(tables.work)
        .where(_work.id.in_(ids), _work.leased_until_us <= now_us)
        .values(leased_until_us=now_us + lease_us, owner=owner, attempts=_work.attempts + 1)
        .returning(_work.id, _work.kind, _work.exchange_id, _work.attempts, _work.owner)
    )
    claims = {row.id: Claim(*row) for row in rows}
    return [claims[id] for id in ids if id in claims]


def renew(conn: Connection, owner: str, kind: str, until_us: int) -> int:
    """Extend every lease of this owner and kind; how many.

    What is being ended just now is left: who ends several takes them in another order, and neither waits for the other.
    """
    held = (_work.kind == kind, _work.owner == owner, _work.leased_until_us > 0)
    ours = select(_work.id).where(*held).with_for_update(skip_locked=True)
    found = update(tables.work).where(_work.id.in_(ours)).values(leased_until_us=until_us)
    return conn.execute(found).rowcount


def finish(conn: Connection, claim: Claim) -> bool:
    """End a piece of work. False where it is no longer ours: its lease ran out, or it was removed."""
    return conn.execute(delete(tables.work).where(*_held(claim))).rowcount == 1


def put_back(conn: Connection, claim: Claim, due_us: int, *, counts: bool = True) -> bool:
    """Give work back, to be claimed again from `due_us` on. False where it is no longer ours.

    With `counts` false this claim was no attempt at it.
    """
    return (
        conn.execute(
            update(tables.work)
            .where(*_held(claim))
            .values(
                due_us=due_us,
                leased_until_us=0,
                owner="",
                attempts=_work.attempts - (0 if counts else 1),
            )
        ).rowcount
        == 1
    )


def withdraw(conn: Connection, claim: Claim) -> bool:
    """Undo a claim, as if it had never been made. False where it is no longer ours."""
    undone = {"leased_until_us": 0, "owner": "", "attempts": _work.attempts - 1}
    return conn.execute(update(tables.work).where(*_held(claim)).values(**undone)).rowcount == 1


def remove(conn: Connection, exchange_id: str, kind: str | None = None) -> None:
    """Remove all work of an exchange, or that of one kind, whoever holds it."""
    of = [_work.exchange_id == exchange_id] + ([_work.kind == kind] if kind else [])
    conn.execute(delete(tables.work).where(*of))


def backlog(conn: Connection, kind: str) -> int:
    """How many pieces of a kind are not ended, claimed ones included."""
    count = select(func.count()).select_from(tables.work).where(_work.kind == kind)
    return conn.execute(count).scalar_one()


def _held(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    """The row of a claim, if nobody claimed it since (SQLite may give a deleted row's id again)."""
    return (
        _work.id == claim.id,
        _work.exchange_id == claim.exchange_id,
        _work.owner == claim.owner,
        _work.attempts == claim.attempts,
    )
