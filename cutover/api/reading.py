"""The pages of the API that people read: comparisons with the opened texts, events, latencies.

What a person reads of patients' words is itself an event: `payload.viewed` says who, of which
rollout, how many exchanges; never what stood there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue
from sqlalchemy import Connection, select

from compare import answer, ledger, legs
from compare.comparison import Flag, Performance
from compare.meanings import of_alone, of_missing
from cutover import deeds, letters
from cutover.api.shapes import FlagKindShape, FlagsShape, LatencyShape, Shape
from cutover.history import Key
from cutover.people import Deed, Person
from mirror.exchange import Reply
from mirror.journal import exchanges
from mirror.journal.exchanges import Exchange
from mirror.journal.keys.port import KeyLost
from mirror.journal.seal import Erased, Sealer
from mirror.journal.store import Store
from mirror.journal.tables import event

LATENCIES = 300
ERASED, KEY_LOST = "erased", "key lost"
SCANNED = 4_000
"""Comparisons looked through for one page of a flag; `next` goes on from there."""

TYPES = (
    "state.transition",
    "approval.proposed",
    "approval.given",
    "approval.void",
    "approval.rejected",
    "proposal.rejected",
    "signoff.drawn",
    "signoff.labelled",
    "comparison.labelled",
    "dry_run.would_promote",
    "dry_run.would_propose",
    "dry_run.would_roll_back",
    "proposal.rejection_withdrawn",
    "hold.placed",
    "hold.lifted",
    "breaker.opened",
    "breaker.closed",
    "candidate.served_by_other",
    "evidence.begun_anew",
    "drill.begun",
    "drill.passed",
    "drill.failed",
    "incident.reported",
    "incident.closed",
    "incident.holding",
    "incident.over",
    "payload.viewed",
)
"""The events that are about a rollout; those of single exchanges are in the audit exports."""


@dataclass(frozen=True, slots=True)
class Page[T]:
    """Rows and the cursor of the next page, None at the end."""

    rows: list[T]
    next: int | None


class FlagShape(Shape):
    """A typed finding with the words that caused it."""

    code: str
    severity: str
    evidence: str


class FactShape(Shape):
    """What is known of who answered, and whether it was declared or observed."""

    value: str
    source: str


class ComparisonShape(Shape):
    """One exchange compared, with the prompt and both answers as text; null where there is none."""

    number: int
    exchange_id: str
    at_us: int
    session: str
    serving: str
    attribution: str
    equivalence: float | None
    noise_floor: float | None
    missing: str
    no_score: str
    """Why there is no agreement, in words; "" where there is one."""
    unpaired: str
    alone: str
    """Why the other side was not asked, in words; "" where it was."""
    closed: str
    """Why its words cannot be shown: "erased", or "key lost" while its tenant's key is away; "" where they are."""
    flags: list[FlagShape]
    signals: dict[str, float]
    performance: Performance
    prompt: str | None
    primary: str | None
    candidate: str | None
    primary_served: dict[str, FactShape]
    candidate_served: dict[str, FactShape]


class EventShape(Shape):
    """One event about a rollout, as the event log has it."""

    seq: int
    at_us: int
    type: str
    actor: dict[str, str]
    object: dict[str, str]
    outcome: str | None
    reason: str | None
    details: dict[str, JsonValue] | None


def comparisons(
    store: Store, sealer: Sealer, key: Key, *, limit: int, before: int | None, flag: str
) -> Page[ComparisonShape]:
    """The newest comparisons first, with prompt and both answers as text."""
    with store.read() as conn:
        found, next = _matching(conn, key, limit, before, flag)
        return Page([_comparison(conn, row, sealer) for row in found], next)


def record_view(store: Store, key: Key, person: Person, read: list[str], at_us: int) -> None:
    """Writes who read which exchanges of a rollout."""
    deed = Deed(person.actor, at_us, "")
    with store.write() as conn:
        deeds.report(
            conn,
            deed,
            "payload.viewed",
            ("rollout", "/".join(key)),
            tenant=key[0],
            details={"exchanges": len(read), "exchange_ids": read},
        )


def rollout_events(
    store: Store, key: Key, *, limit: int, before: int | None
) -> Page[EventShape]:
    """The newest events about a rollout first; the cursor is a sequence number."""
    named = json.dumps({"id": "/".join(key), "kind": "rollout"}, separators=(",", ":"))
    query = (
        select(event.c.seq, event.c.type, event.c.at_us, event.c.body)
        .where(event.c.tenant == key[0], event.c.type.in_(TYPES))
        .where(event.c.body.contains(f'"object":{named}', autoescape=True))
        .order_by(event.c.seq.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(event.c.seq < before)
    with store.read() as conn:
        rows = conn.execute(query).all()
    kept = [_event(*row) for row in rows[:limit]]
    return Page(kept, rows[limit - 1].seq if len(rows) > limit else None)


def latencies(store: Store, key: Key) -> LatencyShape:
    """Milliseconds of the latest answers of both sides, oldest first; no pair with a late copy."""
    table = ledger.comparisons.c
    times = {
        "primary_ms": table.primary_us,
        "candidate_ms": table.candidate_us,
        "primary_first_ms": table.primary_first_token_us,
        "candidate_first_ms": table.candidate_first_token_us,
    }
    query = (
        select(*times.values())
        .where(table.tenant == key[0], table.route == key[1], table.late == "")
        .order_by(table.number.desc())
        .limit(LATENCIES)
    )
    with store.read() as conn:
        rows = conn.execute(query).all()[::-1]
    columns = zip(*rows, strict=True) if rows else [()] * len(times)
    return LatencyShape(
        **{
            name: [us / 1000 for us in column if us is not None]
            for name, column in zip(times, columns, strict=True)
        }
    )


def flags(store: Store, key: Key) -> FlagsShape:
    """Flags by kind among the latest comparisons, without opening a text; a kind counts once each."""
    with store.read() as conn:
        rows = ledger.recent(conn, *key, None, LATENCIES)
    kinds = Counter(
        kind for row in rows for kind in {(one.severity, one.code) for one in row.flags}
    )
    counted = [
        FlagKindShape(severity=severity.value, code=code, comparisons=count)
        for (severity, code), count in sorted(kinds.items())
    ]
    return FlagsShape(of=len(rows), kinds=counted)


def _matching(
    conn: Connection, key: Key, limit: int, before: int | None, flag: str
) -> tuple[list[ledger.Row], int | None]:
    """One row more than asked tells whether there is a next page."""
    found: list[ledger.Row] = []
    for scanned, row in enumerate(_newest(conn, key, before), start=1):
        if not flag or any(one.code == flag for one in row.flags):
            found.append(row)
        if len(found) > limit:
            return found[:limit], found[limit - 1].number
        if scanned == SCANNED:
            return found, row.number
    return found, None


def _newest(conn: Connection, key: Key, before: int | None) -> Iterator[ledger.Row]:
    while rows := ledger.recent(conn, *key, before, 200):
        yield from rows
        before = rows[-1].number


def _comparison(conn: Connection, row: ledger.Row, sealer: Sealer) -> ComparisonShape:
    exchange, flags, closed = _opened(conn, row, sealer)
    sides = legs.of(exchange.replies)
    said = None if closed else exchange.accept  # scores and flags stay where the words are gone
    return ComparisonShape(
        number=row.number,
        exchange_id=row.exchange_id,
        at_us=row.at_us,
        session=row.session,
        serving=row.serving,
        attribution=row.attribution.value,
        equivalence=row.equivalence,
        noise_floor=row.noise_floor,
        missing=row.missing,
        no_score=of_missing(row.missing),
        unpaired=row.unpaired,
        alone=of_alone(row.unpaired),
        closed=closed,
        flags=[FlagShape.model_validate(one) for one in flags],
        signals=row.signals,
        performance=row.performance,
        prompt=answer.request_prompt(said) if said else None,
        primary=answer.said(sides.primary, said) if said else None,
        candidate=answer.said(sides.candidate, said) if said else None,
        primary_served=_served(sides.primary),
        candidate_served=_served(sides.candidate),
    )


def _opened(
    conn: Connection, row: ledger.Row, sealer: Sealer
) -> tuple[Exchange, Sequence[Flag], str]:
    """An exchange with its words, the flags with theirs, and ""; or both without, and why they are closed."""
    try:
        flags = ledger.opened_flags(conn, row, sealer)
        return exchanges.load(conn, row.exchange_id, sealer), flags, ""
    except Erased:
        why = ERASED
    except KeyLost:
        why = KEY_LOST
    return exchanges.load(conn, row.exchange_id, None), row.flags, why


def _served(reply: Reply | None) -> dict[str, FactShape]:
    """Who gave a side's answer: each fact with its value and whether it was declared or observed."""
    facts = reply.facts if reply else ()
    return {fact.name: FactShape(value=fact.value, source=fact.source.value) for fact in facts}


def _event(seq: int, kind: str, at_us: int, body: str) -> EventShape:
    told = {**letters.said(kind, at_us, body), "seq": seq}
    return EventShape(**{name: told.get(name) for name in EventShape.model_fields})
