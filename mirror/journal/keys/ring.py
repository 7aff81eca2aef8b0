"""The data keys that a process has in hand: read once, wrapped in the store, plain in memory alone.

A payload belongs to the UTC month in which its request was accepted, and is sealed with that month's key
of its tenant. A key is looked at again every minute, so that one that was destroyed is soon out of every
memory. A tenant whose own key cannot be had is sealed with the deployment's key, as the spool is
already: its records neither wait nor hold up those of others, and an event says so. A month whose key was
destroyed never gets another one: what comes for it later is kept without its words.
"""

from __future__ import annotations

import functools
import logging
import secrets
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Transaction, bindparam, insert, literal_column, select

from mirror.journal import straight
from mirror.journal.keys.missing import Missing
from mirror.journal.keys.peppers import Peppers
from mirror.journal.keys.port import KeyLost, KeyStore
from mirror.journal.keys.tables import payload_key

AGAIN_S = 60.0
_HOUR_US = 3_600_000_000
_key = payload_key.c
_NAMES = payload_key.c.keys()
_ONE = select(payload_key).where(_key.id == bindparam("of"))
_STANDING = (
    select(payload_key)
    .where(_key.tenant == bindparam("whose"), _key.month == bindparam("in_month"))
    .where(_key.destroyed_us.is_(None))
    .order_by(_key.made_us, _key.id)
    .limit(literal_column("1"))
    .offset(literal_column("0"))  # which SQLite is told in any case, and else as a value
    .with_for_update(read=True)  # who destroys it waits for what it seals just now
)
_DESTROYED = select(_key.id).where(
    _key.tenant == bindparam("whose"),
    _key.month == bindparam("in_month"),
    _key.destroyed_us.is_not(None),
)
_log = logging.getLogger(__name__)


class KeyDestroyed(Exception):
    """A data key that was destroyed on purpose: what it sealed is erased."""


class KeyUnknown(Exception):
    """A data key that the store does not hold: what it sealed came from another store."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """A key in hand: its eight bytes of name, and what seals with it."""

    id: bytes
    aead: AESGCM = field(repr=False)


def month_of(at_us: int) -> int:
    """The UTC month of a time, as 202611."""
    return _month_of(at_us // _HOUR_US)


@functools.lru_cache(1000)  # asked for every request, and all months begin with an hour
def _month_of(hour: int) -> int:
    at = datetime.fromtimestamp(hour * 3600, UTC)
    return at.year * 100 + at.month


def context_of(tenant: str, month: int, id: str) -> bytes:
    """What a wrapped data key is bound to."""
    return f"crossfade data key\0{tenant}\0{month}\0{id}".encode()


class Ring:
    """One process's data keys. Thread-safe; `steady_s` is a clock that only passes."""

    def __init__(self, keys: KeyStore, steady_s: Callable[[], float] = time.monotonic) -> None:
        self.keys = keys
        self.peppers = Peppers(keys, steady_s)
        self._steady_s = steady_s
        self._held: dict[bytes, tuple[DataKey, float]] = {}  # and when it was read
        self._months: dict[tuple[str, int], bytes] = {}
        self._drawn_in: dict[tuple[str, int], tuple[DataKey, weakref.ref[Transaction]]] = {}
        self._looked_in: dict[tuple[str, int], weakref.ref[Transaction]] = {}
        self._without: dict[tuple[str, int], float] = {}  # and when to ask again
        self._missing = Missing(steady_s)

    def accepting(self, conn: Connection, tenant: str, at_us: int) -> DataKey | None:
        """As `sealing`, for a request that the store does not have yet, in a transaction that will.

        Nothing keeps its month's key so far, so that each transaction looks whether it is there, and has it stay
        until its end. Raises as `sealing`.
        """
        month, within = month_of(at_us), conn.get_transaction()
        looked = self._looked_in.get((tenant, month))
        if looked is None or within is None or looked() is not within:
            self._row(conn, tenant, month)
            if within is not None:
                self._looked_in[tenant, month] = weakref.ref(within)
        return self.sealing(conn, tenant, at_us)

    def sealing(self, conn: Connection, tenant: str, at_us: int) -> DataKey | None:
        """What seals a tenant's payload of a request accepted then; drawn in the caller's transaction at first.

        None where the tenant's own key cannot be had: the deployment's key is to be used.

        Raises:
            KeyDestroyed: that month's key was destroyed, and it gets no other.
            StoreError: the store failed.
        """
        month = month_of(at_us)
        known = self._known(self._months.get((tenant, month), b""))
        if known is not None or self._without.get((tenant, month), 0.0) > self._steady_s():
            return known
        row = self._row(conn, tenant, month)
        try:
            key = self._opened(conn, row) if row else self._drawn(conn, tenant, month, at_us)
        except KeyLost as lost:
            self._without[tenant, month] = self._steady_s() + AGAIN_S
            self._tell(conn, tenant, at_us, lost)
            return None
        self._without.pop((tenant, month), None)
        self._months[tenant, month] = key.id
        return key

    def opening(self, conn: Connection, id: bytes) -> DataKey:
        """The key of this name.

        Raises:
            KeyDestroyed, KeyUnknown: it cannot be had, ever.
            KeyLost: not now.
        """
        known = self._known(id)
        if known is not None:
            return known
        row = conn.execute(_ONE, {"of": id.hex()}).mappings().first()
        if row is None:
            raise KeyUnknown(f"key {id.hex()} is not in the store")
        if row["destroyed_us"] is not None:
            self._held.pop(id, None)
            raise KeyDestroyed(f"key {id.hex()} of {row['tenant']} was destroyed")
        return self._opened(conn, row)

    def _row(self, conn: Connection, tenant: str, month: int) -> Mapping[Any, Any] | None:
        """The row of a month's key; None where none was ever drawn. Raises KeyDestroyed."""
        asked = {"whose": tenant, "in_month": month}
        found = straight.first(conn, _STANDING, asked)
        row = None if found is None else dict(zip(_NAMES, found, strict=True))
        if row is None and conn.scalar(_DESTROYED, asked) is not None:
            self._held.pop(self._months.pop((tenant, month), b""), None)
            raise KeyDestroyed(f"the key of {tenant} for the month {month} was destroyed")
        return row

    def _known(self, id: bytes) -> DataKey | None:
        key, read_s = self._held.get(id, (None, 0.0))
        return key if key is not None and self._steady_s() - read_s < AGAIN_S else None

    def _opened(self, conn: Connection, row: Mapping[Any, Any]) -> DataKey:
        """The key of a row. One that is held already is not unwrapped again, so a vanished file stops nothing at work."""
        id = bytes.fromhex(row["id"])
        key, _ = self._held.get(id, (None, 0.0))
        drawn, within = self._drawn_in.get((row["tenant"], row["month"]), (None, None))
        if drawn is not None and within is not None and drawn.id == id:
            if within() is conn.get_transaction():
                return drawn
            key = drawn  # who reads its row in another transaction knows that it was committed
            del self._drawn_in[row["tenant"], row["month"]]
        if key is None:
            context = context_of(row["tenant"], row["month"], row["id"])
            key = DataKey(
                id, AESGCM(self.keys.unwrap(row["tenant"], row["kek"], row["wrapped"], context))
            )
        self._held[id] = (key, self._steady_s())
        return key

    def _drawn(self, conn: Connection, tenant: str, month: int, at_us: int) -> DataKey:
        id, plain = secrets.token_bytes(8), AESGCM.generate_key(256)
        kek = self._kek(conn, tenant)
        context = context_of(tenant, month, id.hex())
        row = {
            "id": id.hex(),
            "tenant": tenant,
            "month": month,
            "kek": kek,
            "wrapped": self.keys.wrap(tenant, kek, plain, context),
            "made_us": at_us,
        }
        conn.execute(insert(payload_key).values(row))
        key = DataKey(id, AESGCM(plain))
        # Its commit may fail, also after it was asked for, and takes the row with it: other transactions
        # use the key only once they have read it back.
        within = conn.get_transaction()
        assert within is not None, "a row was written"
        self._drawn_in[tenant, month] = (key, weakref.ref(within))
        return key

    def _kek(self, conn: Connection, tenant: str) -> str:
        """The tenant's newest key, its first where the store knows of none that it had."""
        found = self.keys.ids(tenant)
        if found:
            return found[-1]
        had = (
            select(_key.kek).where(_key.tenant == tenant, _key.destroyed_us.is_(None)).limit(1)
        )
        gone = conn.scalar(had)
        if gone is not None:
            raise KeyLost(
                f"key {gone} of {tenant} is gone, and it has no other; put it back from its backup, or "
                f"give the tenant a new one: crossfade keys rotate --tenant {tenant}"
            )
        return self.keys.draw(tenant)

    def _tell(self, conn: Connection, tenant: str, at_us: int, lost: KeyLost) -> None:
        why = f"the key of {tenant} cannot be had; its payloads are sealed with the deployment's key"
        if self._missing.tell(conn, tenant, at_us, why):
            _log.error("payloads of %s are sealed with the deployment's key: %s", tenant, lost)
