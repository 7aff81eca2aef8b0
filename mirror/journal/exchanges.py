"""Exchanges in the store: recording what the proxies and senders saw, and what becomes due by it.

Every function works in the caller's transaction. `record_accept` and `record_reply` change nothing
when they are given the same record again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from mirror import unpaired
from mirror.exchange import Accept, End, Leg, Outcome, Reply, Side
from mirror.journal import locked, payloads, queue, records, tables
from mirror.journal.locked import Locked
from mirror.journal.queue import Kind
from mirror.journal.rows import reply_of
from mirror.journal.seal import Sealer
from mirror.journal.store import insert_new

_exchange = tables.exchange.c
_reply = tables.reply.c
_LEGS = select(_reply.leg).where(_reply.exchange_id == bindparam("of"))


class UnknownExchange(Exception):
    """A reply or a settlement of an exchange that the store does not hold."""


class AlreadySettled(Exception):
    """An exchange's place in the ledger is final, and was asked to change: roll back what led here."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with the replies to it so far."""

    accept: Accept
    replies: Mapping[Leg, Reply]

    @property
    def wanted(self) -> frozenset[Leg]:
        """The legs that a comparison waits for."""
        return wanted(self.accept.reask, self.accept.reason)


@dataclass(frozen=True, slots=True)
class Ledger:
    """How many exchanges of a rollout stand where. `reasons` is keyed "outcome: reason"."""

    excluded: int
    unsampled: int
    shed: int
    failed: int
    pending: int
    compared: int
    reasons: Mapping[str, int]

    @classmethod
    def of(cls, counts: Mapping[tuple[Outcome, str], int]) -> Ledger:
        """The ledger of counts by outcome and reason."""
        totals = dict.fromkeys(Outcome, 0)
        for (outcome, _), count in counts.items():
            totals[outcome] += count
        reasons = {f"{outcome}: {why}": n for (outcome, why), n in counts.items() if why}
        return cls(**{outcome.value: n for outcome, n in totals.items()}, reasons=reasons)

    @property
    def seen(self) -> int:
        """All accepted exchanges: each stands in exactly one place."""
        places = (self.excluded, self.unsampled, self.shed, self.failed, self.pending)
        return sum(places) + self.compared


def record_accept(conn: Connection, accept: Accept, sealer: Sealer) -> bool:
    """Store an accepted request; where it will be compared its other legs become due at once.

    False where it was recorded before. Raises KeyDestroyed, and nothing is stored: see `overdue`.
    """
    if not insert_new(conn, tables.exchange, records.sealed_row(conn, accept, sealer)):
        return False
    for work in records.due(accept):
        insert_new(conn, tables.work, work)
    return True


def record_reply(conn: Connection, reply: Reply, sealer: Sealer) -> bool:
    """Store how one leg ended and report it; the last leg wanted makes the comparison due.

    A served reply whose client left settles the exchange `excluded: client_abort`, where the candidate was
    asked once it was looked at how long that took; one for which the candidate was to be asked and had no place
    `excluded: at_capacity`. Both remove its work. False where the leg had a reply before.

    Raises:
        UnknownExchange: its accept is not in the store.
    """
    found = _locked(conn, reply.exchange_id)
    row, commitment = records.answer_row(conn, found, reply, sealer)
    if not insert_new(conn, tables.reply, row):
        return False
    records.report(conn, found, reply, commitment)
    if found.outcome == Outcome.PENDING:
        advance(conn, found, reply)
    return True


def is_erased(conn: Connection, exchange_id: str) -> bool:
    """Whether the payloads of an exchange were erased."""
    asked = select(_exchange.purged_us).where(_exchange.id == exchange_id)
    return conn.scalar(asked) is not None


def settle(conn: Connection, exchange_id: str, outcome: Outcome, reason: str) -> None:
    """Move a pending exchange to its final place in the ledger. Its work is left to the caller.

    Raises:
        UnknownExchange: it is not in the store.
        AlreadySettled: it is not pending; the caller's transaction must not be committed.
    """
    found = _locked(conn, exchange_id)
    if found.outcome != Outcome.PENDING:
        raise AlreadySettled(f"exchange {exchange_id} is {found.outcome}: {found.reason}")
    conn.execute(
        update(tables.exchange)
        .where(_exchange.id == exchange_id)
        .values(outcome=outcome, reason=reason)
    )


def abandon(conn: Connection, exchange_id: str, outcome: Outcome, reason: str) -> bool:
    """Settle an exchange that will not be compared and remove its work. False where it was settled."""
    queue.remove(conn, exchange_id)
    try:
        settle(conn, exchange_id, outcome, reason)
    except AlreadySettled:
        return False
    return True


def unpair(conn: Connection, exchange_id: str, reason: str, now_us: int) -> bool:
    """Do without the other side of an exchange: what it served is looked at alone, or it is let go.

    What the candidate answered waits for nothing but its own answer from then on, and then ends with
    this reason; so does what is missing in mirror for a reason of ours. What the primary answered else ends with
    it at once (`mirror.unpaired`). False where it was settled.
    """
    found = _locked(conn, exchange_id)
    missed = reason in unpaired.OURS and found.stage == "mirror"
    if found.serving != Side.CANDIDATE and not missed:
        return abandon(conn, exchange_id, unpaired.outcome(reason), reason)
    queue.remove(conn, exchange_id)
    if found.outcome != Outcome.PENDING:
        return False
    _change(conn, exchange_id, now_us, reason=reason, reask=False)
    return True


def spare_reask(conn: Connection, exchange_id: str, now_us: int) -> None:
    """Do without the primary's second answer; the exchange is compared without it."""
    queue.remove(conn, exchange_id, Kind.REASK)
    if _locked(conn, exchange_id).outcome == Outcome.PENDING:
        _change(conn, exchange_id, now_us, reask=False)


def _change(conn: Connection, exchange_id: str, now_us: int, **values: object) -> None:
    """Change what an exchange waits for; where that is there already its comparison is due."""
    of = _exchange.id == exchange_id
    conn.execute(update(tables.exchange).where(of).values(**values))
    found, legs = _locked(conn, exchange_id), set(conn.scalars(_LEGS, {"of": exchange_id}))
    if wanted(found.reask, found.reason) <= legs:
        queue.enqueue(conn, Kind.SCORE, exchange_id, now_us)


def load(conn: Connection, exchange_id: str, sealer: Sealer | None) -> Exchange:
    """An exchange with its payloads opened, but for a form that is `large`: nobody reads files of sound.

    Without a sealer they stay closed, and bodies are empty.

    Raises:
        UnknownExchange: it is not in the store.
        SealBroken: a payload was changed, or its file is gone.
    """
    row = _row(conn, exchange_id)
    legs = conn.execute(
        select(tables.reply).where(_reply.exchange_id == exchange_id)
    ).mappings()
    if sealer is None:
        told = [reply_of(leg, b"") for leg in legs]
        return Exchange(payloads.accepted(conn, row, None), {one.leg: one for one in told})
    replies = [
        reply_of(leg, sealer.reveal(leg["body"], f"{exchange_id}/{leg['leg']}", conn))
        for leg in legs
    ]
    accept = payloads.accepted(conn, row, sealer)
    form = accept.headers.get("content-type", "").lower().startswith("multipart/")
    if accept.large is None or not form:
        accept = payloads.whole(conn, row, sealer)
    return Exchange(accept, {reply.leg: reply for reply in replies})


def load_accept(conn: Connection, exchange_id: str, sealer: Sealer, most: int) -> Accept:
    """What was accepted, with its body unless that is `large` and longer than `most` bytes.

    Raises:
        UnknownExchange, SealBroken: as `load`.
    """
    row = _row(conn, exchange_id)
    accept = payloads.accepted(conn, row, sealer)
    long = accept.large is not None and accept.large.length > most
    return accept if long else payloads.whole(conn, row, sealer)


def _row(conn: Connection, exchange_id: str) -> Mapping[Any, Any]:
    one = select(tables.exchange).where(_exchange.id == exchange_id)
    row = conn.execute(one).mappings().first()
    if row is None:
        raise _unknown(exchange_id)
    return row


def ledger(
    conn: Connection, *tenants: str, route: str | None = None
) -> dict[tuple[str, str], Ledger]:
    """The exact ledger, by (tenant, route); of these tenants and this route where given."""
    columns = (_exchange.tenant, _exchange.route, _exchange.outcome, _exchange.reason)
    query = select(*columns, func.count()).group_by(*columns)
    if tenants:
        query = query.where(_exchange.tenant.in_(tenants))
    if route is not None:
        query = query.where(_exchange.route == route)
    counts: dict[tuple[str, str], dict[tuple[Outcome, str], int]] = {}
    for name, of_route, outcome, reason, count in conn.execute(query):
        counts.setdefault((name, of_route), {})[Outcome(outcome), reason] = count
    return {key: Ledger.of(found) for key, found in counts.items()}


def _no_place(found: Locked, reply: Reply) -> bool:
    """Whether the side that was to answer was at its cap: nothing is known of how it would have."""
    full = [tried.side for tried in reply.failed_over if tried.end is End.AT_CAPACITY]
    return reply.end is End.AT_CAPACITY or Side(found.serving) in full


def wanted(reask: bool, alone: str) -> frozenset[Leg]:
    """The legs that a comparison waits for, where the primary is asked again, or one side is looked at `alone`."""
    if alone:
        return frozenset({Leg.SERVED})
    return frozenset(Leg) if reask else frozenset({Leg.SERVED, Leg.SHADOW})


def _locked(conn: Connection, exchange_id: str) -> Locked:
    """An exchange's standing, locked: of two legs that end at once the second must see the first."""
    found = locked.find(conn, exchange_id)
    if found is None:
        raise _unknown(exchange_id)
    return found


def _unknown(exchange_id: str) -> UnknownExchange:
    return UnknownExchange(f"exchange {exchange_id} is not in the store")


def ends_early(found: Locked, reply: Reply) -> bool:
    """Whether a served reply ends what its exchange waits for: its client left, or there was no place to ask."""
    aborted = reply.end is End.CLIENT_ABORT
    return reply.leg is Leg.SERVED and (aborted or _no_place(found, reply))


def advance(conn: Connection, found: Locked, reply: Reply) -> None:
    """What a reply, which is in the store, changes for an exchange that is pending."""
    ended_us = reply.sent_us + reply.total_us
    if ends_early(found, reply):
        _end_early(conn, found, reply, ended_us)
        return
    legs = set(conn.scalars(_LEGS, {"of": reply.exchange_id}))
    if wanted(found.reask, found.reason) <= legs:
        queue.enqueue(conn, Kind.SCORE, reply.exchange_id, ended_us)


def _end_early(conn: Connection, found: Locked, reply: Reply, ended_us: int) -> None:
    aborted = reply.end is End.CLIENT_ABORT
    if _no_place(found, reply):
        why = "client_abort" if aborted else "at_capacity"
        abandon(conn, reply.exchange_id, Outcome.EXCLUDED, why)
    else:
        unpair(conn, reply.exchange_id, unpaired.CLIENT_ABORT, ended_us)
