"""Where people ask for exports, and say yes or no to them. Only the controller that acts takes what they say."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cutover.approving.proposal import Confirmed
from cutover.controller import Controller
from cutover.exports import order, orders
from cutover.exports.order import EXPIRES_US, Act, Order, State
from cutover.people import Deed, Person, Role
from cutover.refusals import Conflict, NoExport, NotAllowed, WithoutRight
from mirror.journal import events
from policies.fault import listed

"""The profile with the payloads: it leaves only where a second person agreed."""


class TooLate(WithoutRight, Conflict):
    """An act on an order that has ended or gone on: nothing comes of it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks for: a log between two moments (microseconds of UTC), how much of it, and what for."""

    tenant: str
    from_us: int
    to_us: int
    profile: str
    purpose: str
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Counter:
    """The orders of one controller's deployment. All raise StandsBy, LeaseLost and StoreError."""

    controller: Controller

    def ask(self, person: Person, wanted: Wanted) -> Order:
        """Takes an order. One of payloads waits for a second person; any other for its turn. Raises Conflict and NotAllowed."""
        cabinet = self.controller.cabinet
        self._known(wanted.tenant)
        now_us = cabinet.now_us()
        if wanted.from_us >= min(wanted.to_us, now_us):
            raise Conflict(
                "the range holds no moment that has passed: `from_us` must be before `to_us` and before now"
            )
        made = _made(person, wanted, now_us)
        with cabinet.writing() as conn:
            if why := order.crowded(*orders.unended(conn, wanted.tenant)):
                raise Conflict(why)
            deed = Deed(person.actor, now_us, wanted.purpose, wanted.ticket)
            return orders.create(conn, made, deed)

    def find(self, id: str) -> Order:
        """One order. Raises NoExport."""
        with self.controller.cabinet.store.read() as conn:
            found = orders.find(conn, id)
        if found is None:
            raise NoExport(
                "no export has this id; the list of exports has those of your tenants"
            )
        return found

    def approve(
        self,
        person: Person,
        id: str,
        reason: str,
        confirm: Callable[[], Confirmed],
        ticket: str = "",
    ) -> Order:
        """A second person agrees, and proves anew who they are; `confirm` is asked only where they may.

        Raises NoExport, NotAllowed, TooLate, and what `confirm` does.
        """
        self.fit(person, Act.APPROVE, self.find(id))
        confirmed = confirm()
        now_us = self.controller.cabinet.now_us()
        return self._advance(
            person,
            Act.APPROVE,
            id,
            Deed(person.actor, now_us, reason, ticket),
            {
                "meaning": "approves that the payloads of this export leave",
                "confirmed_by": confirmed.how,
                "auth_us": confirmed.at_us,
            },
            {"state": State.APPROVED, "approved_by": person.name, "approved_us": now_us},
        )

    def refuse(self, person: Person, id: str, reason: str) -> Order:
        """A second person does not agree. Raises NoExport, NotAllowed, TooLate."""
        return self._end(person, Act.REFUSE, id, reason, State.REFUSED)

    def withdraw(self, person: Person, id: str, reason: str) -> Order:
        """Who asked for it wants it no more. Raises NoExport, NotAllowed, TooLate."""
        return self._end(person, Act.WITHDRAW, id, reason, State.WITHDRAWN)

    def handed_out(self, person: Person, found: Order) -> None:
        """Records that somebody takes a bundle, before its first byte."""
        cabinet = self.controller.cabinet
        deed = Deed(person.actor, cabinet.now_us(), found.purpose)
        said: dict[str, events.Value] = {"sha256": found.sha256, "bytes": found.bytes}
        with cabinet.writing() as conn:
            orders.note(conn, found, deed, "export.downloaded", said)

    def _end(self, person: Person, act: Act, id: str, reason: str, state: State) -> Order:
        self.fit(person, act, self.find(id))
        now_us = self.controller.cabinet.now_us()
        deed = Deed(person.actor, now_us, reason)
        ended: dict[str, str | int] = {
            "state": state,
            "ended_by": person.name,
            "ended_us": now_us,
            "reason": reason,
        }
        return self._advance(person, act, id, deed, {}, ended)

    def _advance(
        self,
        person: Person,
        act: Act,
        id: str,
        deed: Deed,
        details: dict[str, events.Value],
        now: Mapping[str, str | int],
    ) -> Order:
        """Looks once more in the transaction that writes: of two people at once the first one counts."""
        with self.controller.cabinet.writing() as conn:
            found = orders.find(conn, id)
            assert found is not None, "orders are never deleted"
            self.fit(person, act, found)
            type = f"export.{now['state']}"
            return orders.advance(conn, found, deed, type, now=now, details=details)

    def fit(self, person: Person, act: Act, found: Order) -> None:
        """Raises NotAllowed for who may not do this to an order, TooLate where nobody can any more."""
        if why := order.lacks(person, act, found):
            kind = "their own export" if found.requested_by == person.name else "missing role"
            theirs = person.tenants(Role.COMPLIANCE) | person.tenants(Role.LEAD)
            other = theirs and not order.sees(person, found.tenant)
            raise NotAllowed(why, kind="wrong tenant" if other else kind)
        late = order.passed(act, found)
        if not late and act is Act.DOWNLOAD and self._overtaken(found):
            late = (
                f"{order.ERASED}: this bundle is handed out no more; ask for the export again"
            )
        if not late and order.overdue(found, self.controller.cabinet.now_us()):
            late = "this export waited too long for a second person; ask for it again"
        if late:
            raise TooLate(late, kind="ended export")

    def _overtaken(self, found: Order) -> bool:
        with self.controller.cabinet.store.read() as conn:
            return orders.overtaken(conn, found)

    def _known(self, tenant: str) -> None:
        tenants = self.controller.policy.tenants
        if tenant and tenant not in tenants:
            raise Conflict(f"no tenant {tenant} in the policy; known: {listed(tenants)}")


def _made(person: Person, wanted: Wanted, now_us: int) -> Order:
    waits = wanted.profile == order.FULL
    return Order(
        number=0,
        id=uuid.uuid4().hex,
        tenant=wanted.tenant,
        from_us=wanted.from_us,
        to_us=min(wanted.to_us, now_us),  # of what has not happened nobody can approve
        profile=wanted.profile,
        purpose=wanted.purpose,
        ticket=wanted.ticket,
        state=State.REQUESTED if waits else State.APPROVED,
        requested_by=person.name,
        requested_us=now_us,
        expires_us=now_us + EXPIRES_US if waits else 0,
    )
