"""Legal holds: what may not be erased, by nobody, until the hold is lifted.

A hold goes before what the law has kept, before a request for erasure and before the policy. Every function works in
the caller's transaction; times are microseconds of UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from cutover import deeds
from cutover.people import Deed
from cutover.retention.tables import legal_hold
from mirror.journal import events, tables

_hold, _exchange = legal_hold.c, tables.exchange.c


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold on a tenant's payloads: all of them, or one exchange's, one patient's, those accepted in a time."""

    id: int
    tenant: str
    exchange_id: str
    subject: str
    from_us: int
    until_us: int
    by: str
    reason: str
    at_us: int
    lifted_by: str = ""
    lifted_reason: str = ""
    lifted_us: int = 0


class NoHold(Exception):
    """No hold of this number stands."""

    mendable = True


def in_turn(conn: Connection) -> None:
    """Until the end of the transaction nobody else erases, places a hold or reports an incident.

    Whoever erases calls it before looking what may go. SQLite has one writer at a time by itself.
    """
    if conn.dialect.name == "postgresql":
        name = "hashtext(current_schema()), hashtext('crossfade retention')"
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({name})")


def place(  # noqa: PLR0913 - its scope, by keyword
    conn: Connection,
    tenant: str,
    deed: Deed,
    *,
    exchange_id: str = "",
    subject: str = "",
    from_us: int = 0,
    until_us: int = 0,
    proof: Mapping[str, events.Value] = MappingProxyType({}),
) -> Hold:
    """Places a hold, and reports it; `proof` is how who asks proved who they are, where they did."""
    in_turn(conn)
    row: dict[str, str | int] = {
        "tenant": tenant,
        "exchange_id": exchange_id,
        "subject": subject,
        "from_us": from_us,
        "until_us": until_us,
        "by": deed.actor.name,
        "reason": deed.reason[:500],
        "at_us": deed.at_us,
        "lifted_by": "",
        "lifted_reason": "",
        "lifted_us": 0,
    }
    made = conn.execute(insert(legal_hold).values(**row)).inserted_primary_key
    assert made is not None, "the store numbers it"
    scope = {name: row[name] for name in ("exchange_id", "subject", "from_us", "until_us")}
    deeds.report(
        conn,
        deed,
        "legal_hold.placed",
        ("legal_hold", str(made[0])),
        tenant=tenant,
        details={**scope, **events.changed(None, "stands"), **proof},
    )
    return Hold(made[0], **row)  # type: ignore[arg-type]


def lift(
    conn: Connection,
    number: int,
    deed: Deed,
    proof: Mapping[str, events.Value] = MappingProxyType({}),
) -> Hold:
    """Lifts one, and reports it. Raises NoHold."""
    done = conn.execute(
        update(legal_hold)
        .where(_hold.id == number, _hold.lifted_us == 0)
        .values(
            lifted_by=deed.actor.name, lifted_reason=deed.reason[:500], lifted_us=deed.at_us
        )
    )
    if not done.rowcount:
        raise NoHold(
            f"no legal hold {number} stands; `crossfade hold-data list` shows which do"
        )
    hold = find(conn, number)
    assert hold is not None, "it was lifted just now"
    deeds.report(
        conn,
        deed,
        "legal_hold.lifted",
        ("legal_hold", str(number)),
        tenant=hold.tenant,
        details={**events.changed("stands", "lifted"), **proof},
    )
    return hold


def find(conn: Connection, number: int) -> Hold | None:
    """One hold, whether it stands or not; None where there is none."""
    row = conn.execute(select(legal_hold).where(_hold.id == number)).mappings().first()
    return Hold(**row) if row else None


def page(
    conn: Connection,
    tenants: Collection[str] | None,
    before: int | None,
    limit: int,
    *,
    lifted: bool = False,
) -> list[Hold]:
    """Those of these tenants (None for all) that stand, the newest first, below a number; with those `lifted`, too."""
    query = select(legal_hold).order_by(_hold.id.desc()).limit(limit)
    query = query if lifted else query.where(_hold.lifted_us == 0)
    query = query if tenants is None else query.where(_hold.tenant.in_(tenants))
    query = query if before is None else query.where(_hold.id < before)
    return [Hold(**row) for row in conn.execute(query).mappings()]


def knows(conn: Connection, tenant: str, exchange_id: str) -> bool:
    """Whether an exchange is in the store, and the tenant's."""
    of = (_exchange.id == exchange_id, _exchange.tenant == tenant)
    return conn.scalar(select(_exchange.id).where(*of)) is not None


def covered(conn: Connection, number: int) -> int:
    """On how many exchanges whose payloads are there this hold stands."""
    query = select(func.count()).select_from(tables.exchange)
    return conn.execute(query.where(_exchange.purged_us.is_(None), covers(number))).scalar_one()


def standing(conn: Connection, tenant: str = "") -> list[Hold]:
    """Those that stand, of one tenant where it is given, the first one first."""
    query = select(legal_hold).where(_hold.lifted_us == 0).order_by(_hold.id)
    if tenant:
        query = query.where(_hold.tenant == tenant)
    return [Hold(**row) for row in conn.execute(query).mappings()]


def unheld(conn: Connection, tenant: str) -> list[tuple[int, int]]:
    """The times in which no hold stands on everything: from (inclusive) and until (exclusive), 0 for no end, in order.

    Single exchanges and patients may be held in them. Who looks for what may go looks nowhere else: what is held
    for years is not read again and again.
    """
    wide = (_hold.lifted_us == 0, _hold.exchange_id == "", _hold.subject == "")
    query = select(_hold.from_us, _hold.until_us).where(*wide, _hold.tenant == tenant)
    return free_between([(since, until) for since, until in conn.execute(query)])


def free_between(held: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """What times leave free: pairs of from and until, 0 for no end. Pure."""
    free, at_us = [], 0
    for since_us, until_us in sorted(held):
        if since_us > at_us:
            free.append((at_us, since_us))
        if not until_us:
            return free
        at_us = max(at_us, until_us)
    return [*free, (at_us, 0)]


def covers(number: int | None = None) -> ColumnElement[bool]:
    """Whether a hold, or the one of this number, stands on the exchange of a row, for the WHERE of a query on the exchanges."""
    return exists().where(
        and_(
            true() if number is None else _hold.id == number,
            _hold.lifted_us == 0,
            _hold.tenant == _exchange.tenant,
            or_(_hold.exchange_id == "", _hold.exchange_id == _exchange.id),
            or_(_hold.subject == "", _hold.subject == _exchange.subject),
            _exchange.accepted_us >= _hold.from_us,
            or_(_hold.until_us == 0, _exchange.accepted_us < _hold.until_us),
        )
    )
