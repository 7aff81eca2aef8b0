"""Giving a tenant another key: its data keys are wrapped anew, and no payload is written again."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, func, select, update

from mirror.journal import events
from mirror.journal.keys.port import KeyLost, KeyStore
from mirror.journal.keys.ring import context_of
from mirror.journal.keys.tables import payload_key
from mirror.journal.tables import event

_key = payload_key.c
_DESTROYED = "key.destroyed"


@dataclass(frozen=True, slots=True)
class Rotated:
    """What came of it: the new key, those before it, how many data keys it wraps now, and those that could not be read."""

    key: str
    before: tuple[str, ...]
    wrapped: int
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A tenant's key as it is listed: how many data keys it wraps, of which months; `there`: whether it can be had, and
    is the one that wrapped them.
    """

    tenant: str
    key: str
    data_keys: int
    first_month: int
    last_month: int
    there: bool


def rotate(
    conn: Connection,
    keys: KeyStore,
    tenant: str,
    by: Mapping[str, str],
    reason: str,
    at_us: int,
) -> Rotated:
    """Draws a tenant a new key and wraps every data key with it, in the caller's transaction.

    Each is read back before it replaces the old one. What the old key is gone for stays as it is, and can be
    read again once that key is put back. Raises `KeyLost` where none can be made.
    """
    live = select(payload_key).where(_key.tenant == tenant, _key.destroyed_us.is_(None))
    rows = conn.execute(live.with_for_update()).mappings().all()
    before = tuple(keys.ids(tenant))
    new = keys.draw(tenant, max([row["kek"] for row in rows], default=""))
    unread, wrapped = [], 0
    for row in rows:
        anew = _anew(keys, row, new)
        if anew is None:
            unread.append(row["id"])
            continue
        conn.execute(
            update(payload_key).where(_key.id == row["id"]).values(kek=new, wrapped=anew)
        )
        wrapped += 1
    done = Rotated(new, before, wrapped, tuple(unread))
    told: dict[str, events.Value] = {"from": list(before), "to": new}
    told |= {"wrapped": wrapped, "unread": len(unread)}
    _event(conn, "key.rotated", (tenant, new), by, reason, at_us, told)
    return done


def _anew(keys: KeyStore, row: RowMapping, new: str) -> bytes | None:
    """A data key wrapped with another key, and read back; None where it cannot be read."""
    tenant = row["tenant"]
    context = context_of(tenant, row["month"], row["id"])
    try:
        plain = keys.unwrap(tenant, row["kek"], row["wrapped"], context)
    except KeyLost:
        return None
    anew = keys.wrap(tenant, new, plain, context)
    if not hmac.compare_digest(keys.unwrap(tenant, new, anew, context), plain):
        raise KeyLost(f"key {new} of {tenant} does not give back what it was given")
    return anew


def unused(conn: Connection, keys: KeyStore, tenant: str) -> list[str]:
    """A tenant's keys that wrap nothing any more, but for its newest."""
    named = set(
        conn.scalars(
            select(_key.kek)
            .where(_key.tenant == tenant, _key.destroyed_us.is_(None))
            .distinct()
        )
    )
    return [one for one in list(keys.ids(tenant))[:-1] if one not in named]


def report_destroyed(
    conn: Connection, tenant: str, key: str, by: Mapping[str, str], reason: str, at_us: int
) -> bool:
    """Writes down that a key is about to be destroyed: before it is, so that none goes unsaid.

    False where that was said before, by who was killed before it was: nothing is said twice.
    """
    of = (event.c.tenant == tenant, event.c.type == _DESTROYED)
    said = conn.scalars(select(event.c.body).where(*of))
    if any(json.loads(body)["object"]["id"] == key for body in said):
        return False
    _event(conn, _DESTROYED, (tenant, key), by, reason, at_us, {})
    return True


def held(conn: Connection, keys: KeyStore) -> list[Held]:
    """Every tenant's keys, by tenant and age, with what they wrap."""
    query = (
        select(_key.tenant, _key.kek, func.count(), func.min(_key.month), func.max(_key.month))
        .where(_key.destroyed_us.is_(None))
        .group_by(_key.tenant, _key.kek)
    )
    wraps = {(row[0], row[1]): (row[2], row[3], row[4]) for row in conn.execute(query)}
    tenants = sorted({tenant for tenant, _ in wraps})
    found = []
    for tenant in tenants:
        there = set(keys.ids(tenant))
        named = {key for whose, key in wraps if whose == tenant}
        for key in sorted(there | named):
            count, first, last = wraps.get((tenant, key), (0, 0, 0))
            good = key in there and (not count or _opens(conn, keys, tenant, key))
            found.append(Held(tenant, key, count, first, last, good))
    return found


def _opens(conn: Connection, keys: KeyStore, tenant: str, key: str) -> bool:
    """Whether a key gives back the newest data key that it wrapped: its file may have been written over."""
    mine = (_key.tenant == tenant, _key.kek == key, _key.destroyed_us.is_(None))
    query = select(payload_key).where(*mine).order_by(_key.month.desc()).limit(1)
    row = conn.execute(query).mappings().one()
    try:
        keys.unwrap(tenant, key, row["wrapped"], context_of(tenant, row["month"], row["id"]))
    except KeyLost:
        return False
    return True


def _event(  # noqa: PLR0913, PLR0917 - what an event says
    conn: Connection,
    type: str,
    of: tuple[str, str],
    by: Mapping[str, str],
    reason: str,
    at_us: int,
    details: Mapping[str, events.Value],
) -> None:
    events.append(
        conn,
        tenant=of[0],
        type=type,
        actor=by,
        object={"kind": "key", "id": of[1]},
        at_us=at_us,
        reason=reason,
        details=details,
    )
