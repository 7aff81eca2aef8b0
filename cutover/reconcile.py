"""Reconciles a store that was put back from a copy with the route table in force: the narrower of the two holds.

What happened since the copy is not known any more, and may have been a rollback. So no session is given
to a candidate that the proxies did not give it to before, no emergency ends and no drained upstream is asked.
"""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import Connection

from cutover import put_back
from cutover.cabinet import Cabinet, File
from cutover.emergency import switches
from cutover.people import CONTROLLER, Deed
from cutover.stages import Signal, Stage
from mirror import publish
from mirror.publish import RouteTableBroken
from mirror.route_table import RouteTable

log = logging.getLogger("crossfade.controller")

_SERVING = (Stage.CANARY, Stage.LIVE)


def reconcile(cabinet: Cabinet) -> None:
    """Brings the store in line with the table in the file, and says what that was. The caller has the cabinet's lock."""
    try:
        there = publish.read(cabinet.tenure.routes or Path())
    except RouteTableBroken as error:  # nobody can tell what is obeyed: nobody is served
        log.error("%s", error)
        there = RouteTable.empty()
    now_us = cabinet.now_us()
    why = "the store was put back from a copy, and the proxies' table gave the candidate less"
    back = []
    for file in [one for one in cabinet.files.values() if _wider(cabinet, one, there)]:
        with cabinet.changing(file) as conn:
            cabinet.move(conn, file, Signal.ROLL_BACK, Deed(CONTROLLER, now_us, why))
        back.append("/".join(file.rollout.key))
    deed = Deed(CONTROLLER, now_us, "it was on before the store was put back from a copy")
    with cabinet.writing() as conn:
        on = _switched_on(cabinet, conn, there, deed)
        put_back.settle(conn, back, on, now_us)
        cabinet.switches = switches.read(conn)
    cabinet.tenure.put_back = False


def _wider(cabinet: Cabinet, file: File, there: RouteTable) -> bool:
    """Whether the store gives the candidate more sessions than the proxies do."""
    rollout = file.rollout
    obeyed = there.standing(*rollout.key)
    share = obeyed.share if obeyed is not None else 0.0
    return rollout.stage in _SERVING and rollout.share(cabinet.terms(file).steps) > share


def _switched_on(
    cabinet: Cabinet, conn: Connection, there: RouteTable, deed: Deed
) -> list[str]:
    """Emergencies and drains of the table in force that the store forgot, by name, on again."""
    known, found = cabinet.switches, []
    everywhere = {("", "")} if there.emergency else set()
    for tenant, route in sorted(there.emergencies | everywhere):
        if switches.switch_on(conn, tenant, route, deed):
            found.append(switches.scope_name(tenant, route))
    drained = {one.upstream for one in known.drains}
    for upstream, until_us in there.drains.items():
        if upstream not in drained and not 0 < until_us <= deed.at_us:
            switches.drain(conn, upstream, until_us, deed)
            found.append(upstream)
    return found
