"""Which exchanges' payloads may go: those of a scope that nothing keeps. Reads alone; times are microseconds of UTC."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, exists, func, not_, or_, select

from cutover import people_tables
from cutover.retention import holds
from cutover.tables import incident, proposal
from cutover.tables import rollout as rollouts
from mirror.exchange import Outcome
from mirror.journal import tables

_exchange = tables.exchange.c
MOST_IDS = 500  # in one condition


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose payloads: all of a tenant, or only these exchanges, one patient's, those accepted before a time."""

    tenant: str
    exchange_ids: tuple[str, ...] = ()
    subject: str = ""
    before_us: int = 0

    def where(self) -> list[ColumnElement[bool]]:
        """Those of it whose payloads are there."""
        found = [_exchange.tenant == self.tenant, _exchange.purged_us.is_(None)]
        if self.exchange_ids:
            found.append(_exchange.id.in_(self.exchange_ids[:MOST_IDS]))
        if self.subject:
            found.append(_exchange.subject == self.subject)
        if self.before_us:
            found.append(_exchange.accepted_us < self.before_us)
        return found


@dataclass(frozen=True, slots=True)
class Found:
    """How many exchanges of a scope may be erased, and how many are kept: by a hold, an incident, the law, or for now."""

    free: int
    held: int
    incidents: int
    by_law: int
    under_way: int


def _kept_for_good() -> ColumnElement[bool]:
    return exists().where(incident.c.exchange_id == _exchange.id)


def _worked_on() -> ColumnElement[bool]:
    """Its request is under way, or a copy or a comparison is still to come."""
    return or_(
        _exchange.outcome == Outcome.PENDING,
        exists().where(tables.work.c.exchange_id == _exchange.id),
        exists().where(tables.in_flight.c.exchange_id == _exchange.id),
    )


def _decided_on() -> ColumnElement[bool]:
    """A proposal that is open rests on it."""
    return exists().where(
        and_(
            proposal.c.state == "open",
            proposal.c.tenant == _exchange.tenant,
            proposal.c.route == _exchange.route,
            proposal.c.epoch == _exchange.epoch,
        )
    )


def _to_be_read() -> ColumnElement[bool]:
    """A clinical reviewer is still to read it: it was drawn for an attempt that goes on, and has no label yet."""
    pair, label = people_tables.sign_off_pair.c, people_tables.sign_off_label.c
    attempt = rollouts.c
    return exists().where(
        and_(
            pair.exchange_id == _exchange.id,
            attempt.tenant == pair.tenant,
            attempt.route == pair.route,
            attempt.attempt == pair.attempt,
            not_(exists().where(label.exchange_id == pair.exchange_id)),
        )
    )


def purgeable(
    conn: Connection,
    scope: Scope,
    limit: int,
    *,
    settled: bool,
    decided: bool,
    lock: bool = False,
) -> list[str]:
    """Ids that the policy keeps no longer, the oldest first.

    `settled`: only those that nothing is still to come of. `decided`: only those that no open proposal rests on, and no sign-off waits for.
    `lock`: nobody else writes to them until the end of the transaction.
    """
    where = [*scope.where(), not_(holds.covers()), not_(_kept_for_good())]
    where += [not_(_worked_on())] if settled else []
    where += [not_(_decided_on()), not_(_to_be_read())] if decided else []
    query = select(_exchange.id).where(*where).order_by(_exchange.accepted_us)
    if lock:
        query = query.with_for_update(of=tables.exchange)
    found: list[str] = []
    for since_us, until_us in holds.unheld(conn, scope.tenant):
        during = [_exchange.accepted_us >= since_us]
        during += [_exchange.accepted_us < until_us] if until_us else []
        found += conn.scalars(query.where(*during).limit(limit - len(found)))
        if len(found) == limit:
            break
    return found


def erasable(conn: Connection, scope: Scope, lawful_us: int, limit: int) -> list[str]:
    """Ids that may be erased when asked, the oldest first: accepted before `lawful_us`, not under way, held by nobody.

    Nobody else writes to them until the end of the transaction.
    """
    free = [not_(holds.covers()), not_(_kept_for_good()), _exchange.accepted_us < lawful_us]
    query = select(_exchange.id).where(*scope.where(), *free, not_(_worked_on()))
    query = query.order_by(_exchange.accepted_us).limit(limit)
    return list(conn.scalars(query.with_for_update(of=tables.exchange)))


def count(conn: Connection, scope: Scope, lawful_us: int) -> Found:
    """What an erasure of a scope would do."""
    held, good, worked = holds.covers(), _kept_for_good(), _worked_on()
    young = _exchange.accepted_us >= lawful_us

    def many(*more: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(tables.exchange)
        return conn.execute(query.where(*scope.where(), *more)).scalar_one()

    return Found(
        free=many(not_(held), not_(good), not_(young), not_(worked)),
        held=many(held),
        incidents=many(not_(held), good),
        by_law=many(not_(held), not_(good), young),
        under_way=many(not_(held), not_(good), not_(young), worked),
    )


def first_kept_us(conn: Connection, tenant: str) -> int | None:
    """When the tenant's oldest request whose payloads are there was accepted; None where there is none."""
    kept = (_exchange.tenant == tenant, _exchange.purged_us.is_(None))
    first: int | None = conn.scalar(select(func.min(_exchange.accepted_us)).where(*kept))
    return first
