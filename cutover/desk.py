"""What people may do to a rollout: propose, approve, hold, resume, roll back. Each leaves its event."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cutover import history, indexes
from cutover.acting import told
from cutover.align import CHANGED, changed, grounds
from cutover.approving import approvals, tickets
from cutover.approving.approvals import OVER, Approval, Proposal, objection, voided
from cutover.approving.proposal import NOT_CONFIRMED, Confirmed
from cutover.cabinet import Cabinet, File
from cutover.circumstances import (
    circumstances,
    drilled,
    frozen_now,
    in_emergency,
    planned,
    reduced,
    unaccepted,
    under_incident,
)
from cutover.controller import Controller
from cutover.decide import Propose, at_once, onward, people_needed, retry_from_us
from cutover.evidence.dossier import COMPARING
from cutover.evidence.reasons import duration
from cutover.evidence.sessions import SECOND_US
from cutover.history import Key
from cutover.indexes import Reindex
from cutover.people import CONTROLLER, Deed, Kind, Person
from cutover.refusals import Conflict, NotAllowed
from cutover.rollout import Transition
from cutover.stages import IllegalTransition, Signal, Stage

_NOTHING_TO_UNDO = {
    Stage.OFF: "it is off, and the candidate answers nobody and is sent nothing; "
    "`crossfade resume` begins to mirror",
    Stage.ROLLED_BACK: "it is rolled back already, and the candidate answers nobody; "
    "`crossfade resume` mirrors it again after its rest",
}
"""What is said where there is nothing to roll back."""


@dataclass(frozen=True, slots=True)
class Yes:
    """What a person says with their yes: why, how they proved just now who they are, and for which change ticket."""

    reason: str
    confirmed: Confirmed = NOT_CONFIRMED
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Approved:
    """What came of an approval. `why` is "" where it was applied."""

    at_us: int
    applied: bool
    why: str
    transition: Transition | None


@dataclass(frozen=True, slots=True)
class Desk:
    """The actions of people on one controller's rollouts.

    All raise UnknownRollout and StandsBy; Conflict where things stand otherwise; StoreError.
    """

    controller: Controller

    def propose(self, person: Person, key: Key, reason: str, ticket: str = "") -> Proposal:
        """Proposes the next move of a rollout whose verdict is promote. Raises NotAllowed.

        A service may propose; a person who is known twice may not, for they could approve it as the other.
        """
        if person.barred and person.kind is Kind.HUMAN:
            raise NotAllowed(person.barred)
        cabinet = self.controller.cabinet
        with cabinet.lock:
            file = cabinet.file(key)
            if file.proposal is not None:
                raise Conflict(
                    f"{file.proposal.proposer.name} proposed {file.proposal.signal} already"
                )
            decided = self._next(file, reason)
            if why := tickets.gap(cabinet.terms(file).approvals, ticket):
                raise Conflict(why)
            with cabinet.changing(file) as conn:
                deed = Deed(person.actor, cabinet.now_us(), reason, ticket)
                return cabinet.propose(conn, file, decided, deed)

    def approve(self, person: Person, key: Key, id: str, yes: Yes) -> Approved:
        """Approves an open proposal; the last approval needed is tested anew and applied.

        Raises NotAllowed for somebody who may not approve it, and Conflict for one that is over, both recorded as
        `approval.rejected`.
        """
        cabinet = self.controller.cabinet
        with cabinet.lock:
            file = cabinet.file(key)
            proposal = _asked_for(cabinet, file, id)
            ticket = yes.ticket or proposal.ticket
            deed = Deed(person.actor, cabinet.now_us(), yes.reason, ticket)
            if why := _over(proposal):
                self._rejected(file, proposal, deed, why)
                raise Conflict(why, kind=OVER)
            if refused := objection(proposal, person):
                self._rejected(file, proposal, deed, str(refused))
                raise refused
            if file.rollout.held_by:
                raise Conflict(f"held by {file.rollout.held_by}; resume it first")
            if why := tickets.gap(cabinet.terms(file).approvals, ticket):
                raise Conflict(why)
            self._thawed(file)
            said = (yes.confirmed, yes.ticket, deed.actor.roles)
            given = Approval(person.name, yes.reason, deed.at_us, *said)
            return self._approve(file, proposal, deed, given)

    def hold(self, person: Person, key: Key, reason: str) -> None:
        """Keeps a rollout where it is; harm still rolls it back."""
        cabinet = self.controller.cabinet
        with cabinet.lock:
            file = cabinet.file(key)
            if file.rollout.held_by not in ("", CONTROLLER.name):
                raise Conflict(f"held by {file.rollout.held_by} already")
            with cabinet.changing(file) as conn:
                deed = Deed(person.actor, cabinet.now_us(), reason)
                file.saved = history.record_hold(conn, file.saved, deed)

    def resume(self, person: Person, key: Key, reason: str) -> None:
        """Lifts a hold; begins to mirror again what was rolled back, after its cooldown."""
        cabinet = self.controller.cabinet
        with cabinet.lock:
            file = cabinet.file(key)
            deed = Deed(person.actor, cabinet.now_us(), reason)
            signal = self._restart(file, deed.at_us)
            with cabinet.changing(file) as conn:
                cabinet.resumed(conn, file, deed)
                if file.rollout.held_by:
                    file.saved = history.record_resume(conn, file.saved, deed)
                if signal is not None:
                    cabinet.move(conn, file, signal, deed)
            told(self.controller)

    def reindex(self, person: Person, key: Key, index: str, reason: str) -> Reindex:
        """Records that an index was made anew with the vectors of the candidate that is judged now."""
        cabinet = self.controller.cabinet
        with cabinet.lock:
            file = cabinet.file(key)
            if not at_once(file.rollout):
                raise Conflict(f"no index holds answers of {key[1]}; it has steps instead")
            if file.rollout.stage not in COMPARING:
                raise Conflict(
                    f"a rollout in {file.rollout.stage} has no candidate to index with"
                )
            if changed(cabinet, file):
                raise Conflict(CHANGED)
            with cabinet.changing(file) as conn:
                deed = Deed(person.actor, cabinet.now_us(), reason)
                return indexes.record(conn, file.rollout, index, deed)

    def roll_back(self, person: Person, key: Key, reason: str) -> Transition:
        """Sends everything back to the primary and tells the proxies at once."""
        cabinet = self.controller.cabinet
        with cabinet.lock:
            file = cabinet.file(key)
            try:
                with cabinet.changing(file) as conn:
                    deed = Deed(person.actor, cabinet.now_us(), reason)
                    moved = cabinet.move(conn, file, Signal.ROLL_BACK, deed)
            except IllegalTransition:
                raise Conflict(_NOTHING_TO_UNDO[file.rollout.stage]) from None
            told(self.controller)
            return moved.transition

    def _next(self, file: File, reason: str) -> Propose:
        """The move that may be proposed now. Raises Conflict."""
        terms = self.controller.cabinet.terms(file)
        signal = onward(file.rollout, terms)
        if signal is None:
            raise Conflict(f"a rollout in {file.rollout.stage} has no next move to propose")
        if terms.dry_run:
            raise Conflict("dry run: nothing is widened until the policy has `dry_run: false`")
        needed = people_needed(file.rollout, signal, terms.approvals)
        if not needed:
            raise Conflict(f"{signal} needs no approval; it is made when the evidence is there")
        self._thawed(file)
        self._in_turn(file)
        if circumstances(self.controller.cabinet, file).pinned:
            raise Conflict("the policy pins this tenant to the primary")
        if not file.promotes:
            raise Conflict(
                f"the verdict is {file.told.verdict}: {'; '.join(file.told.reasons)}"
            )
        after = file.rollout.after(signal, file.rollout.since_us)
        shares = file.rollout.share(terms.steps), after.share(terms.steps)
        return Propose(signal, *shares, needed, reason)

    def _thawed(self, file: File) -> None:
        """Raises Conflict where nothing may be widened now."""
        cabinet = self.controller.cabinet
        with cabinet.store.read() as conn:
            cabinet.reports.look(conn)  # one that was kept since the last tick counts
        why = in_emergency(cabinet, file) or drilled(cabinet, file)
        why = why or under_incident(cabinet, file) or self.controller.crowded(file)
        why = why or reduced(cabinet, file) or unaccepted(cabinet, file)
        if why := why or cabinet.clock_off():
            raise Conflict(why)
        if why := frozen_now(cabinet, file):
            raise Conflict(f"{why}; a lead may break the freeze (`crossfade freeze break`)")

    def _in_turn(self, file: File) -> None:
        """Raises Conflict where the plan has the next move wait."""
        self.controller.cabinet.plan_now()
        if why := planned(self.controller.cabinet, file):
            raise Conflict(why)

    def _restart(self, file: File, now_us: int) -> Signal | None:
        """The move that goes with resuming, if any. Raises Conflict where there is nothing to resume."""
        cabinet, rollout = self.controller.cabinet, file.rollout
        if rollout.stage is Stage.OFF:
            return Signal.START
        if rollout.stage is Stage.ROLLED_BACK:
            if not (why := self._rests(file, now_us)):
                return Signal.RETRY
            if not rollout.held_by:
                raise Conflict(f"rolled back; {why}")
        elif not rollout.held_by:
            raise Conflict("nobody holds it")
        elif rollout.held_by == CONTROLLER.name and changed(cabinet, file):
            raise Conflict(f"{CHANGED}; roll back, or restore the policy")
        return None

    def _rests(self, file: File, now_us: int) -> str:
        """Why what was rolled back may not be mirrored again yet; "" where it may."""
        cabinet, rollout = self.controller.cabinet, file.rollout
        from_us = retry_from_us(rollout, cabinet.terms(file))
        if from_us > now_us:
            return f"it may be mirrored again in {duration((from_us - now_us) / SECOND_US)}"
        return cabinet.clock_off() if from_us > rollout.since_us else ""

    def _rejected(self, file: File, proposal: Proposal, deed: Deed, why: str) -> None:
        with self.controller.cabinet.changing(file) as conn:
            approvals.reject(conn, proposal, file.rollout, replace(deed, reason=why))

    def _approve(self, file: File, proposal: Proposal, deed: Deed, given: Approval) -> Approved:
        cabinet = self.controller.cabinet
        # The verdict of this moment decides, not that of the last tick.
        self.controller.rejudge(file)
        if file.rebuilding is not None:  # no reason to void what people have approved
            raise Conflict(
                f"it cannot be judged yet: {file.rebuilding.sentence}; try again in a moment"
            )
        self._in_turn(file)
        approvals_of = cabinet.terms(file).approvals
        needed = people_needed(file.rollout, proposal.signal, approvals_of)
        why = voided(proposal, grounds(cabinet, file), deed.at_us)
        with cabinet.changing(file) as conn:
            # Read in this transaction: whose yes counts is decided with the move itself.
            counted = approvals.find(conn, file.rollout.key, proposal.id) or proposal
            more = needed - len(counted.approvals) - 1
            approvals.give(conn, counted, given, file.rollout)
            if why:
                cabinet.void(conn, file, why, deed.at_us)
                return Approved(deed.at_us, False, f"void: {why}", None)
            if more > 0:
                file.proposal = approvals.find(conn, file.rollout.key, proposal.id)
                return Approved(deed.at_us, False, f"waits for {more} more to approve", None)
            approvals.apply(conn, proposal)
            file.proposal = None
            moved = cabinet.move(conn, file, proposal.signal, deed, proposal)
        told(self.controller)
        return Approved(deed.at_us, True, "", moved.transition)


def open_proposal(cabinet: Cabinet, file: File, id: str) -> Proposal:
    """An open proposal of a rollout. Raises Conflict that says what became of it."""
    found = _asked_for(cabinet, file, id)
    if why := _over(found):
        raise Conflict(why, kind=OVER)
    return found


def _asked_for(cabinet: Cabinet, file: File, id: str) -> Proposal:
    with cabinet.store.read() as conn:
        found = approvals.find(conn, file.rollout.key, id)
    if found is None:
        raise Conflict("there is no such proposal of this rollout")
    return found


def _over(proposal: Proposal) -> str:
    """What became of a proposal; "" where it is open."""
    if proposal.state == "open":
        return ""
    why = proposal.why
    return f"this proposal {f'is {proposal.state}: {why}' if why else f'was {proposal.state} already'}"
