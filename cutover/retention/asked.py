"""Erasing what somebody asked to be erased: who may, what is kept all the same, and what is on record of it.

A legal hold goes before the law's minimum, and both before the request. What is under way is erased when it is asked
again after it has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from cutover import deeds
from cutover.counting import counted
from cutover.people import Deed, Person, Role
from cutover.retention import due, erasing, going, holds
from cutover.retention.due import Found, Scope
from mirror.journal import events
from mirror.journal.seal import Sealer
from mirror.journal.store import Store
from policies.payloads import Payloads

ALONE = 100
"""So many exchanges one person may erase; more need a second one."""
_DAY_US = 86_400_000_000


class NotErased(Exception):
    """It may not be erased so; the message says what is needed. Nothing was."""

    mendable = True


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked: a scope, of what was accepted before `lawful_us`, by whom and why, and who agreed.

    `proof` is how who asks proved it just then, as the events tell it.
    """

    scope: Scope
    lawful_us: int
    deed: Deed
    second: Person | None = None
    proof: Mapping[str, events.Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done: so many exchanges, and the months whose keys were destroyed.

    `ended` counts files of an erasure that was on record already, and whose process was killed before it had deleted them.
    """

    count: int
    months: tuple[int, ...]
    ended: int = 0


def lawful_us(payloads: Payloads, now_us: int) -> int:
    """Requests accepted before this may be erased: the others are younger than the law's minimum.

    Without a minimum all may, also those that a clock which was ahead has stamped.
    """
    if not payloads.minimum_days:
        return events.LARGEST
    return now_us - payloads.minimum_days * _DAY_US


def objection(tenant: str, count: int, by: Person, second: Person | None) -> str:
    """Why these people may not erase so many exchanges of a tenant; "" where they may. Pure."""
    if why := by.lacks(Role.COMPLIANCE, tenant):
        return why
    if count <= ALONE:
        return ""
    if second is None:
        return f"{count} exchanges: more than {ALONE} need a second person with the role `compliance` (--second)"
    if second.name == by.name:
        return f"{count} exchanges: more than {ALONE} need another person than {by.name} too"
    return second.lacks(Role.COMPLIANCE, tenant)


def erase(
    store: Store, sealer: Sealer, order: Order, tick: Callable[[int], None] = lambda _: None
) -> Erased:
    """Erases a scope in batches, each with its event; `tick` is told after each how many are done.

    What cannot be erased any more when its batch comes (a hold was placed meanwhile) is left.
    Raises StoreError and OSError: what was done until then stands, and is on record.
    """
    count, months, deed = 0, [], order.deed
    ended = going.settle(store, sealer)
    while True:
        files = going.Going()
        with store.write() as conn:
            holds.in_turn(conn)
            ids = due.erasable(conn, order.scope, order.lawful_us, erasing.BATCH)
            if ids:
                files = erasing.erase(conn, sealer, ids, deed.at_us)
                ended_us = min(deed.at_us, order.lawful_us)
                gone = erasing.destroy_months(conn, order.scope.tenant, ended_us, deed)
                months += gone
                _report(conn, order, ids, gone)
        files.delete()
        count += len(ids)
        tick(count)
        if len(ids) < erasing.BATCH:
            return Erased(count, tuple(months), ended)


def said(found: Found) -> str:
    """What a dry run tells."""
    kept = [
        f"{many} {why}"
        for many, why in (
            (found.held, "under a legal hold"),
            (found.incidents, "kept for an incident"),
            (found.by_law, "younger than the law's minimum"),
            (found.under_way, "under way: ask again when they have ended"),
        )
        if many
    ]
    return f"{counted(found.free, 'exchange')} can be erased" + "".join(
        f"; {one}" for one in kept
    )


def _report(conn: Connection, order: Order, ids: list[str], months: list[int]) -> None:
    scope = order.scope
    details: dict[str, events.Value] = {
        "class": "payload",
        "count": len(ids),
        "first": min(ids),
        "last": max(ids),
        "exchanges": ids if scope.exchange_ids else [],
        "subject": scope.subject,
        "before_us": scope.before_us,
        "months_destroyed": months,
        "second": order.second.name if order.second else "",
        **events.changed("kept", "erased"),
        **order.proof,
    }
    object = ("payloads", scope.tenant)
    deeds.report(
        conn, order.deed, "payload.erased", object, tenant=scope.tenant, details=details
    )
