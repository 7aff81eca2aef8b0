"""What people do about incidents: report an exchange, which holds rollouts, and close that again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from cutover.acting import acting
from cutover.controller import Controller
from cutover.emergency import incidents
from cutover.emergency.incidents import Incident
from cutover.history import Key
from cutover.people import Deed, Person
from cutover.refusals import Conflict


@dataclass(frozen=True, slots=True)
class Casebook:
    """The incidents of one controller's deployment. All raise StandsBy, Conflict and StoreError."""

    controller: Controller

    def report(
        self, person: Person, exchange_id: str, key: Key, reason: str
    ) -> tuple[Incident, list[Key]]:
        """Keeps an exchange of the store for good and holds rollouts; which ones."""
        with acting(self.controller.cabinet, person, reason) as (conn, deed):
            for one in incidents.unclosed(conn):
                if one.exchange_id == exchange_id:
                    raise Conflict(f"incident {one.id} of {one.by} is about it already")
            made = self.open(conn, exchange_id, key, deed)
        return made, self.held(made)

    def open(self, conn: Connection, exchange_id: str, key: Key, deed: Deed) -> Incident:
        """Records an incident in the caller's transaction, for every rollout that it holds."""
        declared = self.controller.policy.rollout_of(*key)
        candidate = declared.candidate if declared else None
        made = incidents.report(conn, exchange_id, key, candidate, deed)
        incidents.tell(conn, made, self.held(made), deed)
        return made

    def close(self, person: Person, number: int, reason: str) -> Incident:
        """Ends an incident; its exchange is kept all the same."""
        with acting(self.controller.cabinet, person, reason) as (conn, deed):
            found = incidents.find(conn, number)
            if found is None:
                raise Conflict(
                    f"there is no incident {number}; `crossfade incident list` has them"
                )
            if not incidents.close(conn, found, deed):
                raise Conflict(f"incident {number} was closed by {found.closed_by} already")
            closed = replace(
                found, closed_by=deed.actor.name, closed_reason=reason, closed_us=deed.at_us
            )
            incidents.tell(conn, closed, self.held(closed), deed)
        return closed

    def read(self) -> list[Incident]:
        """The latest ones, open and closed."""
        with self.controller.cabinet.store.read() as conn:
            return incidents.every(conn)

    def held(self, incident: Incident) -> list[Key]:
        """The rollouts of the policy that an incident holds, by name."""
        keys = {
            (one.tenant, one.route.value): one.candidate
            for one in self.controller.policy.rollouts
        }
        return sorted(key for key, candidate in keys.items() if incident.holds(key, candidate))
