"""One comparison as a person wants it: who, when, what was found and what that means, and both answers.

Reading what patients and models wrote is itself an event, written before anything is opened; where
it cannot be written, nothing is. Everything else is told in any case.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from compare import answer, ledger, legs
from compare.cases import Case
from compare.comparison import Comparison, Flag, Performance, Timing
from compare.meanings import of_flag, of_missing
from cutover import deeds
from cutover.people import Deed
from mirror.exchange import Accept, Reply
from mirror.journal import exchanges, tables
from mirror.journal.exchanges import Exchange
from mirror.journal.keys.port import KeyLost
from mirror.journal.seal import SealBroken, Sealer
from mirror.journal.store import Store, StoreError

_ID = re.compile(r"[0-9A-Za-z-]{1,36}")
SHOWN = 5  # of several exchanges that an unfinished id may mean


class NotFound(Exception):
    """No exchange, or more than one, has that id; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A flag, with what it means."""

    code: str
    severity: str
    evidence: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Voice:
    """One side: who answered, how that ended, how fast, and the words; None where they are not shown.

    `facts` are name, value and how it is known: declared or observed.
    """

    timing: Timing
    text: str | None = None
    upstream: str = ""
    model: str = ""
    leg: str = ""
    end: str = ""
    status: int | None = None
    error: str = ""
    sent_us: int | None = None
    facts: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What there is to tell. `outcome` is the exchange's place in the exact ledger, with its reason.

    `unopened` says why no words are shown; empty where they are. Pairs out of a file were never an
    exchange: of them only the id, the route and what the comparators say is known.
    """

    id: str
    route: str
    primary: Voice
    candidate: Voice
    performance: Performance = field(default_factory=Performance)
    tenant: str = ""
    session: str = ""
    stage: str = ""
    epoch: int = 0
    serving: str = ""
    accepted_us: int | None = None
    requested_model: str = ""
    outcome: str = ""
    reason: str = ""
    prompt: str | None = None
    unopened: str = ""
    attribution: str = ""
    equivalence: float | None = None
    noise_floor: float | None = None
    missing: str = ""
    flags: tuple[Explained, ...] = ()
    signals: dict[str, float] = field(default_factory=dict)
    comparators: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """An exchange that is in the store."""

    id: str
    tenant: str
    route: str


def find(store: Store, told: str) -> Found:
    """The one exchange whose id is, or begins with, what was told. Raises NotFound."""
    if not _ID.fullmatch(told):
        raise NotFound(f"{told!r} is no id of an exchange: letters, digits and `-`, at most 36")
    table = tables.exchange.c
    query = (
        select(table.id, table.tenant, table.route)
        .where(table.id.startswith(told, autoescape=True))
        .order_by(table.id)
        .limit(SHOWN + 1)
    )
    with store.read() as conn:
        rows = conn.execute(query).all()
    exact = [row for row in rows if row.id == told]
    if len(exact or rows) == 1:
        return Found(*(exact or rows)[0])
    if not rows:
        raise NotFound(
            f"no exchange {told} is in the store; its id is the answer's header "
            "x-crossfade-exchange, and stands in events and on the dashboard"
        )
    listed = "\n".join(f"  {row.id}  {row.tenant} {row.route}" for row in rows[:SHOWN])
    more = "\n  ..." if len(rows) > SHOWN else ""
    raise NotFound(f"several exchanges begin with {told}; write more of one:\n{listed}{more}")


def explain(
    store: Store, found: Found, sealer: Sealer | None, deed: Deed, why: str = ""
) -> Explanation:
    """What is known of an exchange. Without a sealer its words stay closed, and `why` says why."""
    if sealer is not None:
        try:
            _record(store, found, deed)
        except StoreError as error:
            sealer, why = None, f"that they are read cannot be recorded: {error}"
    with store.read() as conn:
        row = ledger.of_exchange(conn, found.id)
        try:
            flags = _opened(conn, row, sealer)
            exchange = exchanges.load(conn, found.id, sealer)
        except (SealBroken, KeyLost) as error:
            sealer, why = None, f"they cannot be opened: {error}"
            flags, exchange = _opened(conn, row, None), exchanges.load(conn, found.id, None)
        outcome, reason = _standing(conn, found.id)
    return _of_exchange(exchange, row, flags, outcome, reason, "" if sealer else why)


def of_pair(case: Case, comparison: Comparison) -> Explanation:
    """What the comparators say of a pair out of a file."""
    times = comparison.performance
    return Explanation(
        id=case.id,
        route=case.pair.route,
        primary=Voice(times.primary, case.pair.primary),
        candidate=Voice(times.candidate, case.pair.candidate),
        performance=times,
        prompt=case.pair.prompt,
        attribution=comparison.attribution.value,
        equivalence=comparison.equivalence,
        noise_floor=comparison.noise_floor,
        missing=of_missing(comparison.missing),
        flags=_explained(comparison.flags),
        signals=comparison.signals,
        comparators=comparison.comparators,
    )


def _record(store: Store, found: Found, deed: Deed) -> None:
    with store.write() as conn:
        deeds.report(
            conn,
            deed,
            "payload.viewed",
            ("rollout", f"{found.tenant}/{found.route}"),
            tenant=found.tenant,
            details={"exchanges": 1, "exchange": found.id},
        )


def _opened(conn: Connection, row: ledger.Row | None, sealer: Sealer | None) -> Sequence[Flag]:
    if row is None:
        return ()
    return row.flags if sealer is None else ledger.opened_flags(conn, row, sealer)


def _standing(conn: Connection, exchange_id: str) -> tuple[str, str]:
    table = tables.exchange.c
    row = conn.execute(select(table.outcome, table.reason).where(table.id == exchange_id)).one()
    return row.outcome, row.reason


def _of_exchange(
    exchange: Exchange,
    row: ledger.Row | None,
    flags: Sequence[Flag],
    outcome: str,
    reason: str,
    unopened: str,
) -> Explanation:
    accept, sides = exchange.accept, legs.of(exchange.replies)
    times = row.performance if row else Performance()
    shown = not unopened
    return Explanation(
        id=accept.id,
        route=accept.route,
        primary=_voice(sides.primary, times.primary, accept, shown=shown),
        candidate=_voice(sides.candidate, times.candidate, accept, shown=shown),
        performance=times,
        tenant=accept.tenant,
        session=accept.session,
        stage=accept.stage,
        epoch=accept.epoch,
        serving=accept.serving.value,
        accepted_us=accept.accepted_us,
        requested_model=accept.requested_model,
        outcome=outcome,
        reason=reason,
        prompt=answer.request_prompt(accept) if shown else None,
        unopened=unopened,
        attribution=row.attribution.value if row else "",
        equivalence=row.equivalence if row else None,
        noise_floor=row.noise_floor if row else None,
        missing=of_missing(row.missing) if row else "",
        flags=_explained(flags),
        signals=row.signals if row else {},
        comparators=row.comparators if row else "",
    )


def _voice(reply: Reply | None, timing: Timing, accept: Accept, *, shown: bool) -> Voice:
    if reply is None:
        return Voice(timing)
    return Voice(
        timing=timing,
        text=_words(reply, accept) if shown else None,
        upstream=reply.upstream,
        model=reply.served_model or reply.model,
        leg=reply.leg.value,
        end=reply.end.value,
        status=reply.status,
        error=reply.other or reply.error,
        sent_us=reply.sent_us,
        facts=tuple((fact.name, fact.value, fact.source.value) for fact in reply.facts),
    )


def _words(reply: Reply, accept: Accept) -> str:
    """What a side wrote, its calls of tools included."""
    dialect = answer.dialect_name(accept)
    if dialect not in answer.READ:
        return ""
    said = answer.read(reply, dialect)
    calls = [f"{call.name}({call.arguments})" for call in said.tool_calls]
    return "\n".join(filter(None, [said.said, *calls]))


def _explained(flags: Sequence[Flag]) -> tuple[Explained, ...]:
    """The gravest first."""
    order = ("fail", "review", "info")
    told = [Explained(f.code, f.severity.value, f.evidence, of_flag(f.code)) for f in flags]
    return tuple(sorted(told, key=lambda one: order.index(one.severity)))
