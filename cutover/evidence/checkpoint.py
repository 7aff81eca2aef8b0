"""A rollout's evidence as of a recorded session, so that whoever takes over adds up only what came after it.

A cache of what the recorded sessions say, and never more: `crossfade replay` computes it again. It is used
only where the rules of today would have come to it; else all sessions are added up once more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    tuple_,
)

from cutover.evidence import folding
from cutover.evidence.counted import Counted
from cutover.evidence.folding import OtherShape
from cutover.evidence.observation import Rules
from cutover.evidence.sessions import Book
from cutover.evidence.standing import Standing
from cutover.evidence.tally import Account, Tally
from cutover.evidence.yardstick import Yardstick
from cutover.history import Key
from mirror.journal.tables import metadata

EVERY = 500
"""Sessions between two checkpoints of a standing: as many as are added up within some hundredths of a second."""

PART = 20
"""Or the 20th part of them: each is written whole, with every answer that counted, and shall not cost more the longer it goes."""

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("route", String(16), primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("number", Integer, nullable=False),  # of the last session that it has
    Column(
        "after_number", BigInteger, nullable=False
    ),  # every comparison up to it is in sessions
    Column("basis", String(64), nullable=False),  # SHA-256 of what sessions are added up by
    Column("policy_sha256", String(64), nullable=False),
    Column("body", Text, nullable=False),  # JSON
    Column("at_us", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The evidence of a standing after `number` sessions. Comparisons up to `after_number` need not be read again."""

    tenant: str
    route: str
    epoch: int
    number: int
    after_number: int
    basis: str
    policy_sha256: str
    body: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken back of a checkpoint. `taken` counts comparisons that were read for it."""

    account: Account
    yardstick: Yardstick
    taken: int


def said(account: Account, yardstick: Yardstick, taken: int) -> str:
    """A checkpoint's body."""
    counted = account.book.counted
    return json.dumps(
        {
            **sums(account),
            "days": {str(day): sorted(keys) for day, keys in counted.days.items()},
            **account.book.joined(),
            "yardstick": asdict(yardstick),
            "taken": taken,
        }
    )


def sums(account: Account) -> dict[str, object]:
    """What is added up from sessions: the part of a body that replay computes again."""
    return {"tally": folding.told(account.closed), "carried": dict(account.carried)}


def basis_of(rules: Rules, standing: Standing) -> str:
    """What a standing's sessions are added up by."""
    step = standing.step_of(rules.terms)
    return folding.basis(rules, standing.stage, step, standing.spread.weights)


def taken_back(kept: Checkpoint, rules: Rules, standing: Standing) -> Taken | None:
    """The account that it is of; None where the rules of today would not have come to it."""
    if kept.basis != basis_of(rules, standing):
        return None
    body: Mapping[str, Any] = json.loads(kept.body)
    if "newest_us" not in body:  # of before wrong clocks were told in it
        return None
    step, weights = standing.step_of(rules.terms), standing.spread.weights
    begun = Account.begin(rules, standing.stage, step, weights)
    try:
        tally: Tally = folding.retold(begun.closed, body["tally"])
    except OtherShape:
        return None
    days = {int(day): set(keys) for day, keys in body["days"].items()}
    counted = Counted(begun.book.counted.by_day, days)
    book = Book.taken_back(rules, counted, body)
    account = Account(book, tally, body["carried"])
    return Taken(account, Yardstick(**body["yardstick"]), body["taken"])


def newest(conn: Connection, key: Key) -> Checkpoint | None:
    """The one that is kept of a rollout; None where there is none."""
    mine = (checkpoint.c.tenant == key[0], checkpoint.c.route == key[1])
    row = conn.execute(select(checkpoint).where(*mine)).mappings().first()
    return Checkpoint(**row) if row else None


def write(conn: Connection, some: Iterable[Checkpoint]) -> None:
    """Keeps these instead of those before them."""
    rows: Sequence[Checkpoint] = list(some)
    if rows:
        mine = tuple_(checkpoint.c.tenant, checkpoint.c.route)
        conn.execute(delete(checkpoint).where(mine.in_([(r.tenant, r.route) for r in rows])))
        conn.execute(insert(checkpoint), [asdict(row) for row in rows])
