"""Stored requests that were sent to the candidate again: a row each, evidence of the mirror it was sent in.

They stand beside the ledger, which holds what clients asked: its counts are not touched. A request
is sent once in a mirror, however often that is tried.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
)

from compare.comparison import Attribution, Comparison, Severity
from cutover.evidence.badness import SIGNALS
from cutover.history import Key
from mirror.exchange import Accept, Side
from mirror.journal import events
from mirror.journal.store import insert_new
from mirror.journal.tables import metadata

sent = Table(
    "resent",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column(
        "exchange_id", String(36), ForeignKey("exchange.id"), nullable=False
    ),  # that was stored
    Column("tenant", String(64), nullable=False),
    Column("route", String(16), nullable=False),
    Column("epoch", Integer, nullable=False),  # of the mirror whose evidence it is
    Column("session", String(200), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("attribution", String(20), nullable=False),
    Column("equivalence", Float),
    Column("noise_floor", Float),
    Column("fail_codes", Text, nullable=False),  # JSON list
    Column("signals", Text, nullable=False),  # JSON object, those that evidence reads
    Column("recorded_key", String(64), nullable=False),
    Column("comparators", String(200), nullable=False),
    UniqueConstraint("exchange_id", "epoch"),
    Index(None, "tenant", "route", "epoch", "number"),
)

SESSION = "resent:"
"""What the name of a conversation begins with whose requests were sent again."""

_ORDER_SCOPE = (
    0x72657365  # "rese": first half of the PostgreSQL advisory lock of a rollout's numbers
)

ACTOR = {"kind": "service", "name": "resend"}


@dataclass(frozen=True, slots=True)
class Resent:
    """One of them, as evidence sees it. Nothing is known of its speed that would count."""

    number: int
    exchange_id: str
    session: str
    accepted_us: int
    attribution: str
    equivalence: float | None
    noise_floor: float | None
    fail_codes: tuple[str, ...]
    signals: Mapping[str, float]
    recorded_key: str
    comparators: str
    serving: str = Side.PRIMARY.value
    streaming: bool = False
    resent: bool = True
    candidate_us: int | None = None
    candidate_first_token_us: int | None = None
    primary_us: int | None = None
    primary_first_token_us: int | None = None
    late: str = ""
    unpaired: str = ""

    @property
    def at_us(self) -> int:
        """When it was compared: at once."""
        return self.accepted_us


def record(
    conn: Connection, accept: Accept, epoch: int, at_us: int, found: Comparison, key: str
) -> bool:
    """Writes one with its event; `key` is that of the recorded answer. False where it was there already.

    Whoever has read number n of a rollout has missed nothing below n.
    """
    _in_order(conn, (accept.tenant, accept.route))
    signals = {name: found.signals[name] for name in SIGNALS if name in found.signals}
    values = {
        "exchange_id": accept.id,
        "tenant": accept.tenant,
        "route": accept.route,
        "epoch": epoch,
        "session": f"{SESSION}{accept.session}"[:200],
        "at_us": at_us,
        "attribution": found.attribution.value,
        "equivalence": found.equivalence,
        "noise_floor": found.noise_floor,
        "fail_codes": json.dumps(_fails(found)),
        "signals": json.dumps(signals, sort_keys=True),
        "recorded_key": key,
        "comparators": found.comparators,
    }
    if not insert_new(conn, sent, values):
        return False
    events.append(
        conn,
        tenant=accept.tenant,
        type="prompt.resent",
        actor=ACTOR,
        object={"kind": "exchange", "id": accept.id},
        at_us=at_us,
        details={
            "route": accept.route,
            "epoch": epoch,
            "attribution": Attribution(found.attribution).value,
        },
    )
    return True


def _fails(found: Comparison) -> list[str]:
    return [flag.code for flag in found.flags if flag.severity is Severity.FAIL]


def _in_order(conn: Connection, key: Key) -> None:
    """On PostgreSQL one writer of a rollout's numbers at a time: else a lower one could come after a higher."""
    if conn.dialect.name == "postgresql":
        conn.execute(
            select(func.pg_advisory_xact_lock(_ORDER_SCOPE, func.hashtext("/".join(key))))
        )


def since(conn: Connection, key: Key, epoch: int, after_number: int) -> list[Resent]:
    """Those of a mirror numbered above `after_number`, by number."""
    table = sent.c
    rows = conn.execute(
        select(sent)
        .where(table.tenant == key[0], table.route == key[1], table.epoch == epoch)
        .where(table.number > after_number)
        .order_by(table.number)
    )
    return [
        Resent(
            number=row.number,
            exchange_id=row.exchange_id,
            session=row.session,
            accepted_us=row.at_us,
            attribution=row.attribution,
            equivalence=row.equivalence,
            noise_floor=row.noise_floor,
            fail_codes=tuple(json.loads(row.fail_codes)),
            signals=json.loads(row.signals),
            recorded_key=row.recorded_key,
            comparators=row.comparators,
        )
        for row in rows
    ]


def sessions(conn: Connection, key: Key, epoch: int) -> int:
    """How many conversations of a mirror were sent again."""
    table = sent.c
    count = select(func.count(table.session.distinct()))
    mine = (table.tenant == key[0], table.route == key[1], table.epoch == epoch)
    return int(conn.execute(count.where(*mine)).scalar_one())


def requests_since(conn: Connection, key: Key, since_us: int) -> int:
    """How many requests of a rollout were sent again since then."""
    table = sent.c
    mine = (table.tenant == key[0], table.route == key[1], table.at_us >= since_us)
    return int(conn.execute(select(func.count()).where(*mine)).scalar_one())
