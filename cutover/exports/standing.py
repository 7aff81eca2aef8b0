"""What stands on an export's range when it is asked for: that it is not over, legal holds, and what is gone already."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from cutover.counting import counted
from cutover.exports.about import moment
from cutover.exports.planned import LARGEST_US, Asked
from cutover.retention import holds
from cutover.retention.holds import Hold
from mirror.journal import tables
from mirror.redaction.redact import redacted

_exchange = tables.exchange.c


def notes(conn: Connection, asked: Asked) -> dict[str, str]:
    """What a reader must know of it, by a short name; nothing where nothing stands."""
    if not asked.tenant:
        return {}  # the deployment's own log has no payloads
    said = {
        f"legal_hold_{one.id}": _held(one)
        for one in holds.standing(conn, asked.tenant)
        if one.from_us < asked.to_us and _until(one) > asked.from_us
    }
    gone = _gone(conn, asked)
    if gone:
        be, their = ("was", "its") if gone == 1 else ("were", "their")
        said["erased"] = (
            f"of {counted(gone, 'request')} that {be} accepted in the range the words are gone: {their} events and "
            "commitments stand, and still prove when each was recorded and how it ended"
        )
    return said


def unfinished(asked: Asked, now_us: int) -> str:
    """That a range is not over yet, in words; "" where it is."""
    if asked.to_us <= now_us:
        return ""
    return f"the period is not over: it ends {moment(asked.to_us)}, and this was asked for {moment(now_us)}"


def _until(hold: Hold) -> int:
    """The moment before which the exchanges of a hold were accepted."""
    return hold.until_us or LARGEST_US


def _held(hold: Hold) -> str:
    of = "everything of the tenant"
    if hold.exchange_id:
        of = f"exchange {hold.exchange_id}"
    elif hold.subject:
        of = f"patient {hold.subject} (a pseudonym)"
    span = ""
    if hold.from_us or hold.until_us:
        until = f" until before {moment(hold.until_us)}" if hold.until_us else ""
        span = f", accepted from {moment(hold.from_us)}{until}"
    return f"legal hold {hold.id} on {of}{span}, placed {moment(hold.at_us)} by {hold.by}: {redacted(hold.reason)}"


def _gone(conn: Connection, asked: Asked) -> int:
    """All less those that are there: either is counted from an index, without the rows and their bodies."""
    mine = (_exchange.tenant == asked.tenant,)
    within = (_exchange.accepted_us >= asked.from_us, _exchange.accepted_us < asked.to_us)
    query = select(func.count()).select_from(tables.exchange).where(*mine, *within)
    there = query.where(_exchange.purged_us.is_(None))
    return conn.execute(query).scalar_one() - conn.execute(there).scalar_one()
