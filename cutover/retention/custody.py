"""Where people have a patient erased, and place and lift legal holds, at the controller. Each proves anew who they are.

What is done is done by `asked` and `holds`, as for the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from cutover import clocks
from cutover.approving.proposal import Confirmed
from cutover.controller import Controller
from cutover.people import Deed, Person, Role
from cutover.refusals import Conflict, NotAllowed, Refused
from cutover.retention import asked, due, holds, patients
from cutover.retention.asked import Erased, Order
from cutover.retention.due import Found, Scope
from cutover.retention.holds import Hold
from cutover.retention.patients import NoPatient
from mirror.journal import events
from mirror.journal.seal import Sealer
from mirror.journal.store import Store
from policies.fault import listed

HELD, KEPT, GONE, MANY = "legal hold", "kept", "erased already", "second person"
"""Kinds of refusals: a legal hold stands; something else keeps it; there is nothing left; one person may not alone."""


class NothingFound(Refused):
    """The store knows nothing of what was named."""

    kind = "nothing found"


@dataclass(frozen=True, slots=True)
class Whom:
    """A patient of a tenant: by the reference that the app has, or by pseudonym. "" for neither."""

    tenant: str
    patient: str = field(default="", repr=False)
    pseudonym: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be held: all of a tenant, one exchange, one patient, what was accepted in a time (UTC microseconds, 0 for no end)."""

    whom: Whom
    exchange_id: str = ""
    from_us: int = 0
    until_us: int = 0


@dataclass(frozen=True, slots=True)
class Why:
    """A person's reason and change ticket, and how they prove that it is them: asked only where they may."""

    reason: str
    confirm: Callable[[], Confirmed] = field(repr=False)
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Custody:
    """The payloads of one controller's deployment. All raise NotAllowed, Conflict, StandsBy, LeaseLost and StoreError."""

    controller: Controller
    store: Store
    sealer: Sealer

    def erase(self, person: Person, whom: Whom, why: Why) -> tuple[str, Erased, Found]:
        """Has a patient's words erased: the pseudonym, what went, and what was found before it.

        Raises NothingFound, and Conflict where nothing may go or one person alone may not.
        """
        deed, proof = self._proven(person, whom.tenant, why)
        payloads = self.controller.policy.tenants[whom.tenant].payloads
        lawful_us = asked.lawful_us(payloads, deed.at_us)
        with self.controller.cabinet.writing() as conn:
            scope = Scope(whom.tenant, subject=self._subject(conn, whom, deed.at_us))
            found = due.count(conn, scope, lawful_us)
            _need_some(conn, scope, found)
        if objection := asked.objection(whom.tenant, found.free, person, None):
            raise Conflict(f"{objection}: `crossfade erase` on the controller's box", kind=MANY)
        order = Order(scope, lawful_us, deed, proof=proof)
        done = asked.erase(self.store, self.sealer, order)
        return scope.subject, done, found

    def place(self, person: Person, wanted: Wanted, why: Why) -> tuple[Hold, int]:
        """Places a hold; with on how many exchanges whose words are there it stands. Raises NothingFound."""
        whom = wanted.whom
        if wanted.until_us and wanted.until_us <= wanted.from_us:
            raise Conflict("no moment lies between: `until_us` must be after `from_us`")
        deed, proof = self._proven(person, whom.tenant, why)
        with self.controller.cabinet.writing() as conn:
            id = wanted.exchange_id
            if id and not holds.knows(conn, whom.tenant, id):
                raise NothingFound(f"no exchange {id} of {whom.tenant}; nothing is held")
            made = holds.place(
                conn,
                whom.tenant,
                deed,
                exchange_id=id,
                subject=self._subject(conn, whom, deed.at_us),
                from_us=wanted.from_us,
                until_us=wanted.until_us,
                proof=proof,
            )
            return made, holds.covered(conn, made.id)

    def find(self, number: int) -> Hold:
        """One hold, lifted or not. Raises NothingFound."""
        with self.store.read() as conn:
            found = holds.find(conn, number)
        if found is None:
            raise NothingFound(f"there is no legal hold {number}; the list has those there are")
        return found

    def lift(self, person: Person, hold: Hold, why: Why) -> Hold:
        """Lets what a hold names be erased again, as the policy has it."""
        deed, proof = self._proven(person, hold.tenant, why, of_policy=False)
        with self.controller.cabinet.writing() as conn:
            found = holds.find(conn, hold.id)
            if found is None or found.lifted_us:
                by = f" by {found.lifted_by}" if found else ""
                raise Conflict(
                    f"legal hold {hold.id} is lifted already{by}", kind="lifted already"
                )
            return holds.lift(conn, hold.id, deed, proof=proof)

    def _subject(self, conn: Connection, whom: Whom, now_us: int) -> str:
        if not whom.patient:
            return whom.pseudonym
        peppers = self.sealer.ring.peppers
        try:
            return patients.subject_of(conn, peppers, whom.tenant, whom.patient, now_us)
        except NoPatient as error:
            raise Conflict(str(error)) from None

    def _proven(
        self, person: Person, tenant: str, why: Why, *, of_policy: bool = True
    ) -> tuple[Deed, Mapping[str, events.Value]]:
        """The deed of who may and proved it just now, and the proof as its event tells it."""
        if lacks := person.lacks(Role.COMPLIANCE, tenant):
            raise NotAllowed(lacks, kind=person.lacking(Role.COMPLIANCE))
        if person.barred:
            raise NotAllowed(person.barred, kind="barred")
        tenants = self.controller.policy.tenants
        if of_policy and tenant not in tenants:
            raise Conflict(f"no tenant {tenant} in the policy; known: {listed(tenants)}")
        confirmed = why.confirm()
        deed = Deed(person.actor, self.controller.cabinet.now_us(), why.reason, why.ticket)
        return deed, {"confirmed_by": confirmed.how, "auth_us": confirmed.at_us}


def _need_some(conn: Connection, scope: Scope, found: Found) -> None:
    """Raises NothingFound or Conflict where nothing of a patient may be erased, and says why."""
    if found.free:
        return
    if found.held:
        raise Conflict(f"on legal hold, so nothing was erased: {asked.said(found)}", kind=HELD)
    if found.incidents or found.by_law or found.under_way:
        raise Conflict(f"nothing was erased: {asked.said(found)}", kind=KEPT)
    gone_us = patients.gone_us(conn, scope.tenant, scope.subject)
    if gone_us is None:
        raise NothingFound(
            f"{scope.tenant} has no exchange of this patient; look whether the reference is as the app writes it"
        )
    raise Conflict(
        f"the words of this patient are gone already, the last since {clocks.moment(gone_us)}",
        kind=GONE,
    )
