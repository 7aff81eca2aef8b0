"""Orders of exports in the store, each step with its event in the log of the tenant that it is of.

Every function works in the caller's transaction; times are microseconds of UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from cutover import deeds
from cutover.exports.order import FULL, UNENDED, Order, State
from cutover.exports.tables import export_order
from cutover.people import Deed
from cutover.refusals import Conflict
from mirror.journal import events, tables
from mirror.redaction.redact import redacted

_of = export_order.c
_event = tables.event.c


class Moved(Conflict):
    """An order that is not where it was thought to be."""


def create(conn: Connection, order: Order, deed: Deed) -> Order:
    """Writes a new order, numbered by the store."""
    row = {name: value for name, value in asdict(order).items() if name != "number"}
    made = conn.execute(insert(export_order).values(**row)).inserted_primary_key
    assert made is not None, "the store numbers it"
    note(conn, order, deed, "export.asked", events.changed(None, order.state.value))
    return Order(made[0], **row)


def advance(  # noqa: PLR0913 - what becomes of it, by keyword
    conn: Connection,
    order: Order,
    deed: Deed,
    type: str,
    *,
    now: Mapping[str, str | int],
    details: dict[str, events.Value] | None = None,
    outcome: str = "ok",
) -> Order:
    """Changes an order that stands as it was read, and tells it. Raises Moved where it does not."""
    where = (_of.number == order.number, _of.state == order.state, _of.starts == order.starts)
    gone = _of.deleted_us == order.deleted_us
    done = conn.execute(update(export_order).where(*where, gone).values(**now))
    if not done.rowcount:
        raise Moved(f"export {order.id} is not {order.state} any more; read it again")
    changed = find(conn, order.id)
    assert changed is not None, "it was just written"
    said = events.changed(order.state.value, changed.state.value) | (details or {})
    note(conn, changed, deed, type, said, outcome)
    return changed


def note(
    conn: Connection,
    order: Order,
    deed: Deed,
    type: str,
    details: dict[str, events.Value],
    outcome: str = "ok",
) -> None:
    """One event of an order: who did what, and what it is an order of.

    What its purpose says of a patient is covered, as in a person's reason: an event is never erased.
    """
    said: dict[str, events.Value] = {
        "from_us": order.from_us,
        "to_us": order.to_us,
        "profile": order.profile,
        "purpose": redacted(order.purpose),
        "requested_by": order.requested_by,
        "approved_by": order.approved_by,
        **details,
    }
    about = ("export", order.id)
    deeds.report(conn, deed, type, about, tenant=order.tenant, outcome=outcome, details=said)


def find(conn: Connection, id: str) -> Order | None:
    """One order by its id."""
    row = conn.execute(select(export_order).where(_of.id == id)).mappings().first()
    return _order(row) if row else None


def page(
    conn: Connection,
    tenants: Collection[str] | None,
    states: Collection[State],
    before: int | None,
    limit: int,
) -> list[Order]:
    """Orders of these logs (None for all) in these states (none for all), the newest first, below a number."""
    query = select(export_order).order_by(_of.number.desc()).limit(limit)
    if tenants is not None:
        query = query.where(_of.tenant.in_(sorted(tenants)))
    if states:
        query = query.where(_of.state.in_(sorted(states)))
    if before is not None:
        query = query.where(_of.number < before)
    return [_order(row) for row in conn.execute(query).mappings()]


def in_states(conn: Connection, *states: State) -> list[Order]:
    """All orders in one of these states, the oldest first. Meant for those that are few."""
    query = select(export_order).where(_of.state.in_(states)).order_by(_of.number)
    return [_order(row) for row in conn.execute(query).mappings()]


def kept(conn: Connection, ended_before_us: int, limit: int) -> list[Order]:
    """Done orders whose bundle is there though it was ready before that moment, the oldest first."""
    old = (_of.state == State.DONE, _of.deleted_us == 0, _of.ended_us <= ended_before_us)
    query = select(export_order).where(*old).order_by(_of.number).limit(limit)
    return [_order(row) for row in conn.execute(query).mappings()]


def with_payloads(conn: Connection) -> list[Order]:
    """Done orders of payloads whose bundle is there, the oldest first. They are few: bundles are kept for days."""
    there = (_of.state == State.DONE, _of.deleted_us == 0, _of.profile == FULL)
    query = select(export_order).where(*there).order_by(_of.number)
    return [_order(row) for row in conn.execute(query).mappings()]


def overtaken(conn: Connection, order: Order) -> bool:
    """Whether somebody had payloads of its log erased since its making began: a bundle may hold them still.

    What came first is known by the log's sequence and not by clocks, which may be those of two machines.
    """
    if order.profile != FULL:
        return False
    begun = (_event.type == "export.running", _event.at_us == order.started_us)
    first = conn.scalar(
        select(func.min(_event.seq)).where(_event.tenant == order.tenant, *begun)
    )
    return newest_erasure(conn, order.tenant) > (first or 0)


def newest_erasure(conn: Connection, tenant: str) -> int:
    """The number of the newest event that somebody had payloads of a log erased; 0 for none."""
    newest = (  # by type, so that it is found by the index of types
        select(func.max(_event.seq))
        .where(_event.tenant == tenant, _event.type == "payload.erased")
        .group_by(_event.type)
    )
    return conn.scalar(newest) or 0


def unended(conn: Connection, tenant: str) -> tuple[int, int]:
    """How many orders of a log, and of all logs, are on their way."""
    query = select(func.count()).select_from(export_order).where(_of.state.in_(UNENDED))
    mine = conn.execute(query.where(_of.tenant == tenant)).scalar_one()
    return mine, conn.execute(query).scalar_one()


def _order(row: RowMapping) -> Order:
    return Order(**{**row, "state": State(row["state"])})
