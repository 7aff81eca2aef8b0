"""The retention job: erases what tenants' policies keep no longer, a few hundred exchanges at a time.

Of `none` and `until_scored` at once when nothing is still to come of an exchange, of days by the clock, and never while
the clock is off. A legal hold and an incident keep payloads from it; so does an open proposal that rests on them, but
for a tenant that keeps `none`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sqlalchemy import Connection

from cutover import deeds
from cutover.controller import Controller
from cutover.lease import LeaseLost
from cutover.people import CONTROLLER, Deed
from cutover.refusals import StandsBy
from cutover.retention import due, erasing, going, holds
from cutover.retention.due import Scope
from mirror.journal import events
from mirror.journal.seal import Sealer
from mirror.journal.store import StoreError
from policies.policy import Tenant

EVERY_S = 5.0
DAYS_EVERY = 12  # steps: nobody waits for the minute of a day
BATCHES = 10  # of a tenant in one step, so that none keeps the others waiting
_DAY_US = 86_400_000_000
log = logging.getLogger("crossfade.retention")
UNERASED = "payloads that are kept no longer are not erased"


@dataclass(slots=True)
class Purger:
    """The job of one controller. `step` is called every `EVERY_S`."""

    controller: Controller
    sealer: Sealer
    _steps: int = 0

    def step(self) -> None:
        """Purges once what is due. A standby does nothing; trouble is told, and tried again."""
        with self.controller.outage.waited_out(
            log, UNERASED, LeaseLost, StandsBy, StoreError, OSError
        ):
            if self.controller.acting and not self.controller.cabinet.clock_off():
                self._purge_all()

    def _purge_all(self) -> None:
        by_days = self._steps % DAYS_EVERY == 0
        self._steps += 1
        going.settle(self.controller.cabinet.store, self.sealer)
        for name, tenant in self.controller.policy.tenants.items():
            if tenant.payloads.days is None or by_days:
                self._purge(name, tenant)
            if by_days:
                self._end_months(self._scope(name, tenant))

    def _scope(self, name: str, tenant: Tenant) -> Scope:
        """What is due of a tenant by the clock: accepted before this; 0 for what is not kept by days."""
        days, now_us = tenant.payloads.days, self.controller.cabinet.now_us()
        return Scope(name, before_us=0 if days is None else now_us - days * _DAY_US)

    def _purge(self, name: str, tenant: Tenant) -> None:
        scope = self._scope(name, tenant)
        for _ in range(BATCHES):
            with (
                self.controller.cabinet.store.read() as conn
            ):  # writes nothing where nothing is due
                if not _due(conn, scope, tenant, 1):
                    return
            if self._erase(scope, tenant) < erasing.BATCH:
                return

    def _erase(self, scope: Scope, tenant: Tenant) -> int:
        """Looks and erases in one transaction: what is put on hold meanwhile is kept. How many went."""
        cabinet, keep, name = self.controller.cabinet, str(tenant.payloads.keep), scope.tenant
        deed = Deed(CONTROLLER, cabinet.now_us(), f"the policy keeps payloads: {keep}")
        with cabinet.writing() as conn:
            holds.in_turn(conn)
            ids = _due(conn, scope, tenant, erasing.BATCH, lock=True)
            if not ids:
                return 0
            files = erasing.erase(conn, self.sealer, ids, deed.at_us)
            months = erasing.destroy_months(conn, name, scope.before_us or deed.at_us, deed)
            deeds.report(
                conn,
                deed,
                "retention.purged",
                ("payloads", name),
                tenant=name,
                details={
                    "class": "payload",
                    "keep": keep,
                    "count": len(ids),
                    "first": min(ids),
                    "last": max(ids),
                    "months_destroyed": months,
                    "policy_sha256": cabinet.policy_sha256,
                },
            )
        files.delete()
        return len(ids)

    def _end_months(self, scope: Scope) -> None:
        """Destroys keys of months that are over, also where nothing of the tenant came to be erased since."""
        cabinet, now_us = self.controller.cabinet, self.controller.cabinet.now_us()
        before_us = scope.before_us or now_us
        with cabinet.store.read() as conn:
            if not erasing.ended_months(conn, scope.tenant, before_us):
                return
        deed = Deed(CONTROLLER, now_us, "nothing of these months is kept")
        with cabinet.writing() as conn:
            holds.in_turn(conn)
            months = erasing.destroy_months(conn, scope.tenant, before_us, deed)
            if months:
                told: dict[str, events.Value] = {"months_destroyed": months}
                object = ("payloads", scope.tenant)
                deeds.report(
                    conn,
                    deed,
                    "retention.months_ended",
                    object,
                    tenant=scope.tenant,
                    details=told,
                )


def _due(
    conn: Connection, scope: Scope, tenant: Tenant, limit: int, *, lock: bool = False
) -> list[str]:
    decided = tenant.payloads.keep != "none"
    return due.purgeable(conn, scope, limit, settled=True, decided=decided, lock=lock)
