"""What people do about proposals beside approving them: see those that are open, say no, take a no back."""

from __future__ import annotations

from dataclasses import dataclass

from cutover.approving import approvals, rejections
from cutover.approving.approvals import Proposal
from cutover.approving.rejections import Rejection
from cutover.controller import Controller
from cutover.desk import open_proposal
from cutover.history import Key
from cutover.people import Deed, Person, Role
from cutover.refusals import Conflict, NotAllowed


@dataclass(frozen=True, slots=True)
class Rejecting:
    """The open proposals and the rejections of one controller. All raise StandsBy, Conflict and StoreError."""

    controller: Controller

    def read(self) -> tuple[list[Proposal], list[Rejection]]:
        """The proposals that are open, and the rejections that stand, by rollout."""
        with self.controller.cabinet.store.read() as conn:
            waiting, said = approvals.open_proposals(conn), rejections.standing(conn)
        return [waiting[key] for key in sorted(waiting)], [said[key] for key in sorted(said)]

    def reject(self, person: Person, key: Key, id: str, reason: str) -> Rejection:
        """Ends an open proposal, whoever made it and whoever approved it. Raises UnknownRollout and NotAllowed."""
        cabinet = self.controller.cabinet
        with cabinet.lock:
            file = cabinet.file(key)
            proposal = open_proposal(cabinet, file, id)
            if why := person.lacks(Role.LEAD, key[0]):
                raise NotAllowed(f"{why}; only a lead rejects")
            with cabinet.changing(file) as conn:
                deed = Deed(person.actor, cabinet.now_us(), reason)
                sessions = file.told.sessions
                made = rejections.record(conn, proposal, file.rollout, sessions, deed)
                file.proposal = None
            cabinet.look_around()
        return made

    def withdraw(self, person: Person, key: Key, id: str, reason: str) -> None:
        """Takes one's own rejection back: the controller may propose again. Raises UnknownRollout and NotAllowed."""
        cabinet = self.controller.cabinet
        with cabinet.lock:
            file = cabinet.file(key)
            found = cabinet.rejections.get(key)
            if found is None or found.proposal_id != id:
                raise Conflict("no rejection of such a proposal stands at this rollout")
            if found.name != person.name:
                raise NotAllowed(f"{found.name} rejected it; nobody else withdraws that")
            with cabinet.changing(file) as conn:
                deed = Deed(person.actor, cabinet.now_us(), reason)
                rejections.withdraw(conn, found, file.rollout, deed)
            cabinet.look_around()
