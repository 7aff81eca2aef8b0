"""What a policy says of each tenant's way to the cloud, in that tenant's own log: so its export can show it was kept.

A bundle is of one tenant's log alone. That a cloud was forbidden must stand there, or nobody who verifies the
bundle could tell that something left which might not.
"""

from __future__ import annotations

import json

from sqlalchemy import Connection, select

from cutover import deeds
from cutover.people import Deed
from mirror.journal import events
from mirror.journal.tables import event
from policies.policy import Policy

TYPE = "tenant.declared"


def declare(conn: Connection, policy: Policy, digest: str, deed: Deed) -> None:
    """Writes down for each tenant what changed since it was written down last; the caller's transaction."""
    for tenant, said in policy.tenants.items():
        now = {"cloud": said.cloud.value, "egress_record": policy.egress_record.value}
        before = _before(conn, tenant)
        if before == now:
            continue
        details: dict[str, events.Value] = {**now, "policy": digest}
        deeds.report(
            conn,
            deed,
            TYPE,
            ("tenant", tenant),
            tenant=tenant,
            details=details | events.changed(before, now),
        )


def _before(conn: Connection, tenant: str) -> dict[str, str] | None:
    """What was written down last; None where nothing was."""
    of = (event.c.tenant == tenant, event.c.type == TYPE)
    newest = select(event.c.body).where(*of).order_by(event.c.at_us.desc(), event.c.seq.desc())
    body = conn.scalar(newest.limit(1))
    if body is None:
        return None
    said = json.loads(body)["details"]
    return {name: said[name] for name in ("cloud", "egress_record")}
