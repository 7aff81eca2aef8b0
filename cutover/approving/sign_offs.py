"""The pairs that clinical reviewers read of an attempt, and their labels. One sample for each attempt.

Every function works in the caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select

from compare import ledger
from compare.comparison import SCORE_ERROR, Attribution, Severity
from cutover import history, people_tables
from cutover.approving.draw import Candidate, Lots, Why
from cutover.evidence import dossier
from cutover.history import Key, report
from cutover.people import Deed
from cutover.rollout import Rollout
from mirror.journal import tables
from mirror.journal.events import Value, changed
from policies.sign_off import SignOff

BATCH = 1_000


class Label(StrEnum):
    """What a reviewer says of the candidate's answer beside the primary's, the mildest first."""

    ACCEPTABLE = "acceptable"
    NOT_ACCEPTABLE = "not_acceptable"
    HARMFUL = "harmful"


@dataclass(frozen=True, slots=True)
class Given:
    """One reviewer's label of one pair; a later one of the same reviewer takes its place."""

    name: str
    label: Label
    note: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair of the sample, numbered from 1. What counts of several labels is the worst."""

    number: int
    exchange_id: str
    why: Why
    labels: tuple[Given, ...] = ()

    @property
    def label(self) -> Label | None:
        """What it counts as; None for not read yet."""
        order = list(Label)
        found = [order.index(one.label) for one in self.labels]
        return order[max(found)] if found else None


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn of an attempt, out of `of` pairs, by the lots of `seed`."""

    attempt: int
    seed: str
    of: int
    pairs: tuple[Pair, ...]

    def gap(self, terms: SignOff) -> str:
        """What still keeps the rollout from its step, as a sentence; "" for nothing."""
        labels = [one.label for one in self.pairs]
        harmful = [one for one in self.pairs if one.label is Label.HARMFUL]
        if harmful:
            who = next(one.name for one in harmful[0].labels if one.label is Label.HARMFUL)
            return f"clinical sign-off: {who} found pair {harmful[0].number} harmful; this attempt goes no further"
        bad = labels.count(Label.NOT_ACCEPTABLE)
        if bad > terms.not_acceptable_at_most:
            most = terms.not_acceptable_at_most
            return (
                f"clinical sign-off: {bad} of {len(labels)} pairs are not acceptable, at most "
                f"{most} may be; this attempt goes no further"
            )
        return f"clinical sign-off: {self.left}" if None in labels else ""

    @property
    def left(self) -> str:
        """How far it has come: "12 of 20 pairs signed off"."""
        labels = [one.label for one in self.pairs]
        return f"{len(labels) - labels.count(None)} of {len(labels)} pairs signed off"


def epochs(conn: Connection, key: Key) -> list[int]:
    """The standings of the present attempt."""
    return [one.epoch for one in dossier.standings(history.moves(conn, key, limit=None))]


def candidates(conn: Connection, key: Key) -> Iterator[Candidate]:
    """The pairs of the present attempt that can be read: both sides answered."""
    table, exchange = ledger.comparisons.c, tables.exchange
    columns = (table.number, table.exchange_id, table.flags, table.equivalence)
    for epoch in epochs(conn, key):
        query = (
            select(*columns)
            .where(table.tenant == key[0], table.route == key[1], table.epoch == epoch)
            .where(table.attribution == Attribution.BOTH_ANSWERED)
            .where(table.missing != SCORE_ERROR)  # perhaps nobody can read it
            .join(exchange, exchange.c.id == table.exchange_id)
            .where(exchange.c.purged_us.is_(None))  # nobody can
            .order_by(table.number)
            .limit(BATCH)
        )
        after = 0
        while rows := conn.execute(query.where(table.number > after)).all():
            for row in rows:
                found = [severity for _, severity in json.loads(row.flags)]
                fails, reviews = found.count(Severity.FAIL), found.count(Severity.REVIEW)
                yield Candidate(row.exchange_id, fails, reviews, row.equivalence)
            after = rows[-1].number


def begin(conn: Connection, rollout: Rollout, lots: Lots, deed: Deed) -> Sample:
    """Keeps the sample of an attempt as it was drawn, with its event."""
    drawn, seed = lots.drawn, lots.seed
    key = {"tenant": rollout.tenant, "route": rollout.route, "attempt": rollout.attempt}
    sample, pair = people_tables.sign_off, people_tables.sign_off_pair
    told: dict[str, Value] = {"seed": seed, "of": lots.of}
    conn.execute(insert(sample).values(**key, **told, drawn_us=deed.at_us))
    for number, one in enumerate(drawn, start=1):
        row = {"number": number, "exchange_id": one.exchange_id, "why": one.why.value}
        conn.execute(insert(pair).values(**key, **row))
    details: dict[str, Value] = {
        **told,
        "pairs": len(drawn),
        "attempt": rollout.attempt,
        **changed(None, {"pairs": len(drawn)}),
    }
    report(conn, rollout, "signoff.drawn", deed, details)
    numbered = enumerate(drawn, start=1)
    return Sample(
        rollout.attempt,
        seed,
        lots.of,
        tuple([Pair(n, d.exchange_id, d.why) for n, d in numbered]),
    )


def read(conn: Connection, rollout: Rollout) -> Sample | None:
    """The sample of the present attempt with its labels; None where none was drawn."""
    sample, pair, label = (
        people_tables.sign_off, people_tables.sign_off_pair, people_tables.sign_off_label,
    )  # fmt: skip

    drawn = conn.execute(select(sample).where(*_here(sample, rollout))).first()
    if drawn is None:
        return None
    given: dict[str, list[Given]] = {}
    labelled = (
        select(label)
        .join(pair, pair.c.exchange_id == label.c.exchange_id)
        .where(*_here(pair, rollout))
        .order_by(label.c.at_us, label.c.name)
    )
    for row in conn.execute(labelled):
        one = Given(row.name, Label(row.label), row.note, row.at_us)
        given.setdefault(row.exchange_id, []).append(one)
    rows = conn.execute(select(pair).where(*_here(pair, rollout)).order_by(pair.c.number))
    pairs = [
        Pair(row.number, row.exchange_id, Why(row.why), tuple(given.get(row.exchange_id, ())))
        for row in rows
    ]
    return Sample(rollout.attempt, drawn.seed, drawn.of, tuple(pairs))


def give(conn: Connection, rollout: Rollout, pair: Pair, given: Given, deed: Deed) -> None:
    """Records a reviewer's label, instead of an earlier one of theirs, with its event."""
    table = people_tables.sign_off_label
    mine = (table.c.exchange_id == pair.exchange_id, table.c.name == given.name)
    was = conn.execute(select(table.c.label).where(*mine)).scalar_one_or_none()
    conn.execute(delete(table).where(*mine))
    row = asdict(given) | {"label": given.label.value}
    conn.execute(insert(table).values(exchange_id=pair.exchange_id, **row))
    details: dict[str, Value] = {
        "pair": pair.number,
        "exchange": pair.exchange_id,
        "label": given.label.value,
        "attempt": rollout.attempt,
        **changed(was, given.label.value),
    }
    report(conn, rollout, "signoff.labelled", deed, details)


def _here(table: Table, rollout: Rollout) -> tuple[ColumnElement[bool], ...]:
    """A rollout's present attempt."""
    return (
        table.c.tenant == rollout.tenant,
        table.c.route == rollout.route,
        table.c.attempt == rollout.attempt,
    )
