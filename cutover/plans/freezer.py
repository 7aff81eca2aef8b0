"""What people do about freezes, for a rollout or many: place, lift, and break them."""

from __future__ import annotations

from dataclasses import dataclass

from cutover.acting import acting
from cutover.controller import Controller
from cutover.emergency.switchboard import named
from cutover.evidence.sessions import SECOND_US
from cutover.people import Person, Role
from cutover.plans import freezes, jumps
from cutover.plans.freezes import Kind, Placed
from cutover.refusals import Conflict, NotAllowed
from policies.fault import listed

LONGEST_S = 90 * 86_400
"""A freeze that is meant to last longer is a change of the policy."""

LONGEST_BREAK_S = 86_400
"""Glass that stays broken for longer is no freeze any more: change the policy."""


@dataclass(frozen=True, slots=True)
class Freezer:
    """The freezes of one controller's deployment. All raise StandsBy, Conflict and StoreError."""

    controller: Controller

    def read(self) -> list[Placed]:
        """The freezes, and the broken ones, that hold now."""
        cabinet = self.controller.cabinet
        with cabinet.store.read() as conn:
            return freezes.read(conn).now(cabinet.now_us())

    def place(self, person: Person, scope: tuple[str, str], for_s: int, reason: str) -> Placed:
        """Keeps a tenant and a route ("" for every one) from being widened, at once; 0 s for until it is lifted."""
        return self._put(person, scope, Kind.PLACED, for_s, reason)

    def break_(self, person: Person, scope: tuple[str, str], for_s: int, reason: str) -> Placed:
        """Lets what is frozen be widened for so many seconds. Raises NotAllowed for who is no lead.

        For all rollouts it also says that a clock which jumped is right as it is.
        """
        _lead(person, "break a freeze", scope[0])
        broken = self._put(person, scope, Kind.BROKEN, for_s, reason)
        if scope == ("", ""):
            cabinet = self.controller.cabinet
            with cabinet.lock:
                cabinet.timekeeper.accept()
                cabinet.timekeeper.look()
        return broken

    def lift(self, person: Person, scope: tuple[str, str], reason: str) -> None:
        """Ends a freeze that was placed. A lead may lift any, others their own."""
        self._end(person, scope, Kind.PLACED, reason)

    def mend(self, person: Person, scope: tuple[str, str], reason: str) -> None:
        """Has freezes count again that were broken."""
        self._end(person, scope, Kind.BROKEN, reason)

    def _put(
        self, person: Person, scope: tuple[str, str], kind: Kind, for_s: int, reason: str
    ) -> Placed:
        named(self.controller.policy, *scope)
        with acting(self.controller.cabinet, person, reason) as (conn, deed):
            until_us = deed.at_us + for_s * SECOND_US if for_s else 0
            placed = Placed(*scope, kind, until_us, person.name, reason, deed.at_us)
            freezes.place(conn, placed, deed)
            if kind is Kind.BROKEN and scope == ("", ""):
                jumps.report_accepted(conn, self.controller.cabinet.timekeeper.jumps, deed)
        return placed

    def _end(self, person: Person, scope: tuple[str, str], kind: Kind, reason: str) -> None:
        named(self.controller.policy, *scope)
        with acting(self.controller.cabinet, person, reason) as (conn, deed):
            on = [one for one in freezes.read(conn).now(deed.at_us) if one.kind is kind]
            found = next((one for one in on if (one.tenant, one.route) == scope), None)
            if found is None:
                names = listed(one.name for one in on)
                raise Conflict(f"no freeze of exactly this name was {kind}; {kind}: {names}")
            if kind is Kind.PLACED and found.by != person.name:
                _lead(person, f"lift the freeze of {found.by}", scope[0])
            freezes.lift(conn, *scope, kind, deed)


def _lead(person: Person, act: str, tenant: str) -> None:
    if why := person.lacks(Role.LEAD, tenant):
        raise NotAllowed(f"only a lead may {act}, and {why}")
