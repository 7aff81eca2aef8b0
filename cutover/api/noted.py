"""Attempts without a right go on record once they are answered.

Those of somebody who is known are an event each, as long as they are few; those of strangers, and what comes too often,
are counted (see `strangers`). It stands outside the door, so that it sees what the door refuses.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from cutover import clocks, deeds
from cutover.api.buckets import Buckets, Rate
from cutover.api.strangers import Strangers
from cutover.identity.caller import Caller
from cutover.people import Deed
from mirror.journal.store import Store, StoreError

DENIALS = Rate(burst=30, per_s=0.2)
"""So many of one person are an event each; what comes beyond is counted."""

log = logging.getLogger("crossfade.api")


@dataclass(frozen=True, slots=True)
class Noted:
    """An application whose refusals are told to the log. `tenants` are those of the policy; `now_us` reads UTC."""

    app: ASGIApp
    store: Store
    strangers: Strangers
    now_us: Callable[[], int]
    tenants: Callable[[], Collection[str]]
    steady_us: Callable[[], int] = clocks.steady_us
    _denials: Buckets = field(default_factory=lambda: Buckets(DENIALS), init=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, and then writes down what was refused."""
        state = scope.setdefault("state", {})
        await self.app(scope, receive, send)
        if "attempt" not in state:
            return
        kind, why = state["attempt"]
        known = state.get("caller")
        if not isinstance(known, Caller):
            self.strangers.count(scope, kind)
        elif self._denials.take(known.person.name, self.steady_us()):
            self.strangers.count(scope, kind, known.person.name)
        else:
            await run_in_threadpool(self._tell, scope, known, kind, why)

    def _tell(self, scope: Scope, known: Caller, kind: str, why: str) -> None:
        """One event, in the log of the tenant that was asked for where there is such a tenant."""
        state = scope.get("state", {})  # a path that names no tenant may know whose it is about
        asked = str(scope.get("path_params", {}).get("tenant", "") or state.get("tenant", ""))
        tenant = asked if asked in self.tenants() else ""
        path = getattr(scope.get("route"), "path", "")
        deed = Deed(known.person.actor, self.now_us(), why)
        try:
            with self.store.write() as conn:
                deeds.report(
                    conn,
                    deed,
                    "access.denied",
                    ("path", path or "another"),
                    tenant=tenant,
                    outcome="denied",
                    details={"kind": kind, "method": scope["method"]},
                )
        except StoreError as error:
            log.error(
                "%s was denied something (%s), which is in no event: %s",
                deed.actor.name,
                kind,
                error,
            )
