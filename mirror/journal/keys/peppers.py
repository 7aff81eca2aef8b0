"""Whether a tenant's pepper is still the one that its patients' pseudonyms were made with.

Where another pepper stands in the place of the first, the same patients have other pseudonyms from then on: who
looks for one of before finds nothing and would take that for an answer. So the store knows each pepper by a fingerprint,
which tells nothing of it: HMAC-SHA256(pepper, a text of ours), 16 hex digits (RFC 2104).
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, select, update

from mirror.journal import events
from mirror.journal.keys.missing import Missing
from mirror.journal.keys.port import KeyLost, KeyStore
from mirror.journal.keys.tables import pepper_known
from mirror.journal.store import insert_new

AGAIN_S = 60.0
_known = pepper_known.c
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Peppers:
    """Looks after the peppers of one process's key store. `steady_s` is a clock that only passes."""

    keys: KeyStore
    steady_s: Callable[[], float] = time.monotonic
    _again_s: dict[str, float] = field(default_factory=dict)
    _missing: Missing = field(init=False)

    def __post_init__(self) -> None:
        """Nothing was told yet."""
        self._missing = Missing(self.steady_s)

    def verified(self, conn: Connection, tenant: str, at_us: int) -> bytes:
        """A tenant's pepper, which the store knows from then on.

        Raises:
            KeyLost: it cannot be had, or is another than the one that pseudonyms were made with.
        """
        pepper = self.keys.pepper(tenant)
        mark = fingerprint(pepper)
        row = {"tenant": tenant, "fingerprint": mark, "seen_us": at_us}
        if insert_new(conn, pepper_known, row):
            return pepper
        known = conn.execute(select(pepper_known).where(_known.tenant == tenant)).one()
        if not hmac.compare_digest(known.fingerprint, mark):
            raise KeyLost(
                f"the pepper of {tenant} is not the one that its patients' pseudonyms were made with ({mark}, and "
                f"{known.fingerprint} is known): put its file back from its backup and restart the proxies. Where "
                f"there is none, patients of before are found no more, and `crossfade keys pepper --tenant {tenant} --accept "
                "--reason TEXT` goes on with this one"
            )
        return pepper

    def look(self, conn: Connection, tenant: str, at_us: int) -> None:
        """For who stores pseudonyms: looks once a minute, and where something is wrong an event says so, once an hour."""
        if self._again_s.get(tenant, 0.0) > self.steady_s():
            return
        self._again_s[tenant] = self.steady_s() + AGAIN_S
        try:
            self.verified(conn, tenant, at_us)
        except KeyLost as lost:
            self._tell(conn, tenant, at_us, lost)

    def _tell(self, conn: Connection, tenant: str, at_us: int, lost: KeyLost) -> None:
        why = f"the pepper of {tenant} cannot be had or is another; its patients' pseudonyms are not those of before"
        if self._missing.tell(conn, tenant, at_us, why):
            _log.error("patients of %s may not be found by their name: %s", tenant, lost)


def accept(
    conn: Connection,
    keys: KeyStore,
    tenant: str,
    by: Mapping[str, str],
    reason: str,
    at_us: int,
) -> tuple[str, str]:
    """Takes the pepper that a tenant has now for the right one; the fingerprints before ("" for none) and now.

    Raises:
        KeyLost: there is none to be had.
    """
    mark = fingerprint(keys.pepper(tenant))
    mine = _known.tenant == tenant
    before = conn.scalar(select(_known.fingerprint).where(mine)) or ""
    if not insert_new(
        conn, pepper_known, {"tenant": tenant, "fingerprint": mark, "seen_us": at_us}
    ):
        conn.execute(update(pepper_known).where(mine).values(fingerprint=mark, seen_us=at_us))
    events.append(
        conn,
        tenant=tenant,
        type="pepper.accepted",
        actor=by,
        object={"kind": "tenant", "id": tenant},
        at_us=at_us,
        reason=reason,
        details={"before": before, "after": mark},
    )
    return before, mark


def known(conn: Connection) -> dict[str, str]:
    """The fingerprint of each tenant's pepper, by tenant."""
    rows = conn.execute(select(_known.tenant, _known.fingerprint).order_by(_known.tenant))
    return {row.tenant: row.fingerprint for row in rows}


def fingerprint(pepper: bytes) -> str:
    """What tells a pepper from another: 16 hex digits."""
    return hmac.new(pepper, b"crossfade pepper fingerprint", hashlib.sha256).hexdigest()[:16]
