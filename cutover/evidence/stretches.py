"""By what measure each stretch of recorded sessions is, as the store has it: rows are added, never changed.

Which measure that is stands with the evidence, because the policy of today does not say it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    Text,
    insert,
    select,
)

from cutover import history
from cutover.evidence.measure import Measure, Stretch, measure_of, measure_told, sentence
from cutover.evidence.observation import Rules
from cutover.history import Key, Moved
from cutover.people import CONTROLLER, Deed
from cutover.rollout import Rollout
from mirror.journal import events
from mirror.journal.tables import metadata

BEGUN_ANEW = "evidence.begun_anew"

measure = Table(
    "measure",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String(64), nullable=False),
    Column("route", String(16), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("after", Integer, nullable=False),  # sessions of the standing that came before
    Column("says", Text, nullable=False),  # canonical JSON, by the policy's keys
    Column("policy_sha256", String(64), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "tenant", "route", "epoch", "id"),
)


@dataclass(frozen=True, slots=True)
class Begun:
    """A stretch that begins. `changed` are the keys for which people's sessions are judged anew from here on."""

    rollout: Rollout
    stretch: Stretch
    at_us: int
    changed: tuple[str, ...] = ()


def write(conn: Connection, begun: Iterable[Begun]) -> None:
    """Records stretches that begin, and tells of those that make earlier sessions of a served stage count no more."""
    some = list(begun)
    if some:
        conn.execute(insert(measure), [_row(one) for one in some])
    for one in some:
        if one.changed:
            deed = Deed(CONTROLLER, one.at_us, sentence(one.changed))
            details: dict[str, events.Value] = {
                "changed": list(one.changed),
                "epoch": one.stretch.epoch,
                "after": one.stretch.after,
                "measure": one.stretch.measure.digest,
                "policy_sha256": one.stretch.policy_sha256,
            }
            history.report(conn, one.rollout, BEGUN_ANEW, deed, details)


def _row(one: Begun) -> dict[str, object]:
    return {
        "tenant": one.rollout.tenant,
        "route": one.rollout.route,
        "epoch": one.stretch.epoch,
        "after": one.stretch.after,
        "says": one.stretch.measure.told(),
        "policy_sha256": one.stretch.policy_sha256,
        "at_us": one.at_us,
    }


def of(conn: Connection, key: Key, since_epoch: int = 0) -> Mapping[int, tuple[Stretch, ...]]:
    """The stretches of a rollout's standings, by epoch and in order; one that no session is of is left out."""
    table = measure.c
    rows = conn.execute(
        select(measure)
        .where(table.tenant == key[0], table.route == key[1], table.epoch >= since_epoch)
        .order_by(table.epoch, table.id)
    )
    found: dict[int, dict[int, Stretch]] = {}
    for row in rows:
        one = Stretch(row.epoch, row.after, measure_told(row.says), row.policy_sha256)
        found.setdefault(row.epoch, {})[row.after] = one
    return {epoch: tuple(those.values()) for epoch, those in found.items()}


def taken_for(
    moves: Sequence[Moved],
    epoch: int,
    today: Measure,
    rules_then: Callable[[str], Rules | None],
) -> Stretch:
    """The stretch of a standing that was recorded before stretches were: by the policy of its time, if that is kept.

    Otherwise it is taken for today's: nothing says that it is not.
    """
    for moved in moves:
        # The look at the move that began it; mirror begins without one, and ends with one.
        if moved.transition.epoch in (epoch, epoch + 1) and '"look"' in moved.evidence:
            sha256 = str(json.loads(moved.evidence)["look"]["policy_sha256"])
            rules = rules_then(sha256)
            if rules is not None:
                return Stretch(epoch, 0, measure_of(rules), sha256)
    return Stretch(epoch, 0, today)
