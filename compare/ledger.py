"""The ledger of comparisons: one numbered row for every exchange that was compared, never changed.

Words of an answer are payload: the evidence of flags is sealed, and opened only by `opened_flags`.
Times are integer microseconds of UTC, durations microseconds since the leg's own send.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    select,
)
from sqlalchemy.engine import RowMapping

from compare import flagged, legs
from compare.answer import recorded_key
from compare.comparison import Attribution, Comparison, Flag, Performance, Severity, score_of
from compare.performance import retold
from mirror.exchange import Outcome
from mirror.journal import payloads
from mirror.journal.exchanges import Exchange
from mirror.journal.seal import Sealer
from mirror.journal.tables import ALONE, PENDING, metadata
from mirror.journal.tables import exchange as exchanges

comparisons = Table(
    "comparison",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("exchange_id", String(36), ForeignKey("exchange.id"), nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("route", String(16), nullable=False),
    Column("session", String(200), nullable=False),
    Column("accepted_us", BigInteger, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("stage", String(16), nullable=False),
    Column("serving", String(16), nullable=False),
    Column("streaming", Boolean, nullable=False),
    Column("attribution", String(20), nullable=False),
    Column("equivalence", Float),
    Column("noise_floor", Float),
    Column("missing", String(64), nullable=False),
    Column("flags", Text, nullable=False),  # JSON list of [code, severity]
    Column("evidence", LargeBinary, nullable=False),  # sealed JSON list, one text a flag
    Column("signals", Text, nullable=False),  # JSON object of numbers
    Column("candidate_us", BigInteger),
    Column("candidate_first_token_us", BigInteger),
    Column("primary_us", BigInteger),
    Column("primary_first_token_us", BigInteger),
    Column("late", String(16), nullable=False),  # the side whose copy was sent late
    Column("performance", Text, nullable=False),  # JSON of the comparison's Performance
    Column("failed_over", Boolean, nullable=False),
    Column("recorded_key", String(64), nullable=False),
    Column("comparators", String(200), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("unpaired", String(32), nullable=False),  # why the primary was not asked
    UniqueConstraint("exchange_id"),
    Index(None, "tenant", "route", "epoch", "number"),
    Index(None, "tenant", "route", "number"),
    Index(None, "session", "number"),
    Index(None, "at_us"),
    Index("ix_comparison_unpaired", "number", sqlite_where=ALONE, postgresql_where=ALONE),
    sqlite_autoincrement=True,  # a number is never used twice
)

_ORDER_LOCK = 0x63_72_6F_73_73  # PostgreSQL: any number nobody else locks


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison as the ledger holds it. `flags` have no evidence; see `opened_flags`."""

    number: int
    exchange_id: str
    tenant: str
    route: str
    session: str
    accepted_us: int
    epoch: int
    stage: str
    serving: str
    streaming: bool
    attribution: Attribution
    equivalence: float | None
    noise_floor: float | None
    missing: str
    flags: tuple[Flag, ...]
    evidence: bytes
    signals: dict[str, float]
    candidate_us: int | None
    candidate_first_token_us: int | None
    primary_us: int | None
    primary_first_token_us: int | None
    late: str
    performance: Performance
    failed_over: bool
    recorded_key: str
    comparators: str
    at_us: int
    unpaired: str

    @property
    def resent(self) -> bool:
        """The ledger holds what clients asked, and nothing that was sent again."""
        return False

    @property
    def fail_codes(self) -> tuple[str, ...]:
        """Codes of the flags of severity `fail`."""
        return tuple(flag.code for flag in self.flags if flag.severity is Severity.FAIL)


def record(
    conn: Connection, exchange: Exchange, comparison: Comparison, sealer: Sealer, at_us: int
) -> int:
    """Write one comparison and return its number.

    Numbers are visible in their order: whoever has read number n has missed nothing below n. A
    second row of an exchange is refused by the store (`sqlalchemy.exc.IntegrityError`).
    """
    if conn.dialect.name == "postgresql":  # else a lower number could come after a higher
        conn.execute(select(func.pg_advisory_xact_lock(_ORDER_LOCK)))
    sides = legs.of(exchange.replies)
    sound = comparison.sound()
    accept = exchange.accept
    words = json.dumps([flag.evidence for flag in sound.flags]).encode()
    evidence = payloads.words(conn, words, _context(sound.exchange_id), sealer, accept)
    values = _of_exchange(exchange) | _of_comparison(sound, evidence) | sides.times()
    values |= {} if sound.read else {"recorded_key": ""}
    values |= {"late": sides.late, "failed_over": sides.failed_over is not None, "at_us": at_us}
    made = conn.execute(insert(comparisons).values(values)).inserted_primary_key
    assert made is not None, "an insert of one row returns its key"
    flagged.record(conn, made[0], (accept.tenant, accept.route), sound.flags)
    return int(made[0])


def since(
    conn: Connection, tenant: str, route: str, epoch: int, after_number: int, limit: int
) -> list[Row]:
    """A standing's comparisons numbered above `after_number`, by number, at most `limit`."""
    table = comparisons.c
    query = (
        select(comparisons)
        .where(table.tenant == tenant, table.route == route, table.epoch == epoch)
        .where(table.number > after_number)
        .order_by(table.number)
        .limit(limit)
    )
    return [_row(found) for found in conn.execute(query).mappings()]


def after(conn: Connection, number: int, limit: int) -> list[Row]:
    """Comparisons of all rollouts numbered above `number`, by number, at most `limit`."""
    number_of = comparisons.c.number
    query = select(comparisons).where(number_of > number).order_by(number_of).limit(limit)
    return [_row(one) for one in conn.execute(query).mappings()]


def first_comparators(conn: Connection, tenant: str, route: str, epochs: Sequence[int]) -> str:
    """What the first comparison of these standings was made with; empty where there is none."""
    table = comparisons.c
    mine = (table.tenant == tenant, table.route == route)
    query = select(table.number, table.comparators).where(*mine).order_by(table.number).limit(1)
    # One by one: together they would be looked for among all that was ever compared of the rollout.
    found = [conn.execute(query.where(table.epoch == epoch)).first() for epoch in epochs]
    return min([(row.number, row.comparators) for row in found if row], default=(0, ""))[1]


def recent(
    conn: Connection, tenant: str, route: str, before_number: int | None, limit: int
) -> list[Row]:
    """A rollout's newest comparisons first, those numbered below `before_number` where it is given."""
    table = comparisons.c
    query = select(comparisons).where(table.tenant == tenant, table.route == route)
    if before_number is not None:
        query = query.where(table.number < before_number)
    query = query.order_by(table.number.desc()).limit(limit)
    return [_row(one) for one in conn.execute(query).mappings()]


def of_exchange(conn: Connection, exchange_id: str) -> Row | None:
    """The comparison of an exchange; None where it has none."""
    one = select(comparisons).where(comparisons.c.exchange_id == exchange_id)
    found = conn.execute(one).mappings().first()
    return _row(found) if found else None


def open_exchanges(
    conn: Connection, tenant: str, route: str, epoch: int
) -> list[tuple[str, int]]:
    """Session and accept time of a standing's exchanges that still wait for their comparison."""
    table = exchanges.c
    query = (
        select(table.session, table.accepted_us)
        .where(table.tenant == tenant, table.route == route, table.epoch == epoch)
        .where(table.outcome == Outcome.PENDING)
        .order_by(table.accepted_us)
    )
    return [(session, accepted_us) for session, accepted_us in conn.execute(query)]


def all_open(conn: Connection) -> dict[tuple[str, str, int], tuple[tuple[str, int], ...]]:
    """The same of all rollouts, by tenant, route and epoch."""
    table = exchanges.c
    query = (
        select(table.tenant, table.route, table.epoch, table.session, table.accepted_us)
        .where(PENDING)
        .order_by(table.accepted_us)
    )
    found: dict[tuple[str, str, int], list[tuple[str, int]]] = {}
    for *place, session, accepted_us in conn.execute(query):
        found.setdefault((place[0], place[1], place[2]), []).append((session, accepted_us))
    return {place: tuple(waiting) for place, waiting in found.items()}


def opened_flags(conn: Connection, row: Row, sealer: Sealer) -> tuple[Flag, ...]:
    """The row's flags with the words that caused them. Raises as `Sealer.unseal`."""
    words = json.loads(sealer.unseal(row.evidence, _context(row.exchange_id), conn))
    return tuple(
        replace(flag, evidence=said) for flag, said in zip(row.flags, words, strict=True)
    )


def _of_exchange(exchange: Exchange) -> dict[str, object]:
    accept, sides = exchange.accept, legs.of(exchange.replies)
    return {
        "exchange_id": accept.id,
        "tenant": accept.tenant,
        "route": accept.route,
        "session": accept.session,
        "accepted_us": accept.accepted_us,
        "epoch": accept.epoch,
        "stage": accept.stage,
        "serving": accept.serving.value,
        "streaming": accept.streaming,
        "recorded_key": recorded_key(accept, sides.primary or sides.candidate),
    }


def _of_comparison(said: Comparison, evidence: bytes) -> dict[str, object]:
    return {
        "attribution": said.attribution.value,
        "equivalence": said.equivalence,
        "noise_floor": said.noise_floor,
        "missing": said.missing,
        "flags": json.dumps([[flag.code, flag.severity.value] for flag in said.flags]),
        "evidence": evidence,
        "signals": json.dumps(said.signals),
        "performance": json.dumps(asdict(said.performance)),
        "comparators": said.comparators,
        "unpaired": said.unpaired,
    }


def _row(found: RowMapping) -> Row:
    values = dict(found)
    values["attribution"] = Attribution(values["attribution"])
    for score in ("equivalence", "noise_floor"):  # a store may hold what no comparator says
        values[score] = score_of(values[score])
    values["signals"] = json.loads(values["signals"])
    values["performance"] = retold(json.loads(values["performance"]) or _before_0008(values))
    values["flags"] = tuple(
        Flag(code, Severity(severity), "") for code, severity in json.loads(values["flags"])
    )
    return Row(**values)


def _before_0008(row: dict[str, Any]) -> dict[str, dict[str, float | None]]:
    """What a row of an older version knows of its sides' times."""

    def ms(name: str) -> float | None:
        return None if row[name] is None else row[name] / 1000

    return {
        side: {"total_ms": ms(f"{side}_us"), "first_token_ms": ms(f"{side}_first_token_us")}
        for side in ("primary", "candidate")
    }


def _context(exchange_id: str) -> str:
    return f"{exchange_id}/comparison"
