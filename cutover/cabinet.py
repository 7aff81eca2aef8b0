"""What the controller that acts remembers of each rollout, and the one way to change any of it.

A change is written with the lease's fence checked in the same transaction. When a write fails the
file is dropped, and the next look reads it again from the store: memory is never ahead of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial

from sqlalchemy import Connection

from cutover import history, moves, standstill
from cutover.accepted import Reports
from cutover.approving import approvals, rejections
from cutover.approving.approvals import Proposal
from cutover.bygone import Bygone
from cutover.decide import Propose
from cutover.emergency import drills, incidents, switches
from cutover.emergency.incidents import Incident
from cutover.emergency.switches import Switches
from cutover.evidence import course
from cutover.evidence.course import Evidence
from cutover.evidence.dossier import COMPARING
from cutover.evidence.observation import Rules
from cutover.evidence.rebuilding import Rebuilding
from cutover.fair import FairLock
from cutover.file import File, see_approvals
from cutover.history import Key, Moved
from cutover.people import CONTROLLER, Deed
from cutover.plans import exposure, freezes
from cutover.plans.fleet import Fleet, Standing, declare
from cutover.plans.freezes import Freezes
from cutover.plans.frozen import Almanac
from cutover.plans.timekeeper import Timekeeper
from cutover.pooling.pool import Pool
from cutover.refusals import UnknownRollout
from cutover.stages import Signal
from cutover.tenure import Led, Storage, Tenure
from cutover.views import NOT_JUDGED
from mirror.candidate import candidate_fingerprint
from mirror.journal import sightings
from mirror.journal.sightings import Sighting
from mirror.journal.store import StoreError
from policies import public_holidays
from policies.policy import Policy, Terms
from policies.policy import Rollout as Declared

__all__ = ["Cabinet", "File"]


class Cabinet:
    """The files of every rollout, while this controller holds the lease."""

    def __init__(
        self,
        policy: Policy,
        store: Storage,
        now_us: Callable[[], int],
        tenure: Tenure,
        bygone: Bygone,
    ) -> None:
        self.policy, self.store, self.now_us, self.tenure = policy, store, now_us, tenure
        self._bygone = bygone
        self.policy_sha256 = moves.policy_digest(policy)
        self.lock = FairLock()
        self.files: dict[Key, File] = {}
        self.sighted: dict[Key, Sighting] = {}
        self.switches = Switches()
        self.freezes = Freezes()
        self.incidents: tuple[Incident, ...] = ()  # that are open
        self.drills: tuple[drills.Drill, ...] = ()  # under way
        self.rejections: dict[Key, rejections.Rejection] = {}  # that stand
        self.almanac = Almanac(policy.calendar, public_holidays.name_of)
        self.almanac.spans(now_us())  # lunar calendars take seconds, and no lease should
        self.fleet = Fleet(policy, self.almanac)
        self.timekeeper, self.pool = Timekeeper(now_us, tenure, store), Pool(policy, store)
        self.reports = Reports(policy)
        self._candidates: dict[Key, str] = {}  # those that were asked for
        self._whole = False  # whether every rollout has its file

    @property
    def fence(self) -> int:
        """The fence of this controller's lease. Raises StandsBy where it has none that holds."""
        return self.tenure.lease.fence

    def lead(self) -> bool:
        """Takes or renews the lease; whether this controller acts."""
        led = self.tenure.ask()
        if led is not Led.KEPT:
            self._forget()
        return led is not Led.ANOTHERS

    def stand_by(self) -> None:
        """Forgets everything: another controller may have changed it."""
        self.tenure.end()
        self._forget()

    def _forget(self) -> None:
        with self.lock:
            self._whole = False
            self.files.clear()
            self.fleet.forget()

    def look_around(self) -> None:
        """Reads what holds beyond single rollouts: whose candidates others answered for, switches, freezes, incidents, rejections."""
        with self.lock:
            if self.timekeeper.look():
                self._forget()
            with self.store.read() as conn:
                self.sighted = sightings.unanswered(conn)
                self.switches = switches.read(conn)
                self.freezes = freezes.read(conn)
                self.incidents = incidents.unclosed(conn)
                self.drills = drills.unended(conn)
                self.rejections = rejections.standing(conn)
                see_approvals(conn, self.files.values())
                self.reports.look(conn)
                self.fleet.look(conn, self._standings(), self.now_us())
            if self.fleet.undeclared:
                with self.writing() as conn:
                    deed = Deed(CONTROLLER, self.now_us(), "the policy has it")
                    declare(conn, self.policy, self.fleet.planned, deed)
                    self.fleet.look(conn, self._standings(), self.now_us())
            now_us = self.now_us()
            if not self.clock_off() and (over := switches.ended(self.switches, now_us)):
                with self.writing() as conn:
                    deed = Deed(CONTROLLER, now_us, "its time is over")
                    self.switches = switches.give_all_back(conn, over, deed)

    def clock_off(self) -> str:
        """Why nothing may begin, end or be widened by the time of now; "" where the clock is right."""
        return self.timekeeper.off()

    def plan_now(self) -> None:
        """Sees whose turn it is at this moment, for an action that rests on it."""
        self.fleet.see(self._standings(), self.now_us())

    def _standings(self) -> Iterator[Standing]:
        return ((file.rollout, file.shown_log10) for file in self.files.values())

    def resumed(self, conn: Connection, file: File, deed: Deed) -> None:
        """A person goes on with a rollout, knowing what was seen of it."""
        if self.sighted.pop(file.rollout.key, None):
            sightings.answer(conn, *file.rollout.key, deed.at_us)

    def release(self) -> None:
        """Gives the lease back, so that a standby need not wait for its end."""
        with self.lock:
            self._forget()
            self.tenure.release()

    def open_files(self) -> None:
        """Reads every rollout of the store that has no file, and begins those the policy adds."""
        with self.lock:
            if self._whole:
                return
            self.look_around()
            declared = {(one.tenant, one.route.value): one for one in self.policy.rollouts}
            with self.store.read() as conn:
                known = history.rollouts(conn)
                proposals = approvals.open_proposals(conn)
                still = {
                    key: history.moves(conn, key, limit=1)
                    for key in known.keys() - self.files.keys()
                    if known[key].rollout.stage not in COMPARING and known[key].rollout.epoch
                }
            missing = [one for key, one in declared.items() if key not in known]
            if missing:
                with self.writing() as conn:
                    for one in missing:
                        new = moves.newborn(one, self.candidate(one), self.now_us())
                        known[new.key] = history.create(conn, new)
            for key in known.keys() - self.files.keys():
                file = File(declared.get(key), known[key], proposal=proposals.get(key))
                self.files[key] = file
                if last := still.get(key):
                    self._keep_told(file, last[0])
            self._whole = True

    def rebuilding(self, conn: Connection, file: File, rules: Rules) -> Rebuilding:
        """A rollout's dossier on its way, from what is recorded."""
        then = partial(self._bygone.rules, file.rollout.key)
        return Rebuilding.begin(conn, rules, file.rollout, self.policy_sha256, then)

    def file(self, key: Key) -> File:
        """The file of a rollout of the policy. Raises UnknownRollout and StandsBy."""
        assert self.fence
        self.open_files()
        file = self.files.get(key)
        if file is None or file.declared is None:
            known = ", ".join(f"{one.tenant}/{one.route}" for one in self.policy.rollouts)
            raise UnknownRollout(f"no rollout {'/'.join(key)} in the policy; known: {known}")
        return file

    @contextmanager
    def keeping(self, *files: File) -> Iterator[None]:
        """Drops the files where the block fails: what they saw may not have been recorded."""
        try:
            yield
        except BaseException:
            for file in files:
                self.files.pop(file.rollout.key, None)
            self._whole = False
            raise

    @contextmanager
    def changing(self, file: File) -> Iterator[Connection]:
        """A transaction that changes one rollout, its new evidence first; its file is dropped where that fails."""
        with self.keeping(file):
            with self.writing() as conn:
                course.write(conn, [file.unwritten])
                yield conn
            file.unwritten = Evidence()

    def write_evidence(self) -> None:
        """Writes what joined the evidence of all rollouts, in one transaction."""
        with self.lock:
            files = [file for file in self.files.values() if file.unwritten]
            if not files:
                return
            try:
                with self.writing() as conn:
                    course.write(conn, [file.unwritten for file in files])
            except StoreError:
                raise  # nothing was written, and the next tick tries again
            except BaseException:
                with self.keeping(*files):
                    raise
            for file in files:
                file.unwritten = Evidence()

    def move(
        self, conn: Connection, file: File, signal: Signal, deed: Deed, by: moves.Agreed = None
    ) -> Moved:
        """Makes a move, `by` what people approved; the open proposal ends with it. Raises IllegalTransition, StaleRollout."""
        spread = self.pool.spread(file.declared, file.rollout.after(signal, deed.at_us))
        bound = replace(self.bound(file), by=by, spread=spread)
        steps = self.terms(file).steps
        file.saved, moved = moves.move(conn, file.saved, signal, deed, steps, bound)
        if file.proposal is not None:
            self.void(conn, file, f"the rollout moved to {file.rollout.stage}", deed.at_us)
        file.look, file.stays, file.rolled_back = None, "", None
        # A new attempt begins with nothing; its dossier is built by the next look.
        goes_on = file.rollout.stage in COMPARING and signal not in (Signal.START, Signal.RETRY)
        file.dossier = (
            file.dossier.next(file.rollout, spread) if file.dossier and goes_on else None
        )
        if file.rollout.stage in COMPARING:
            file.tell(NOT_JUDGED)
        else:
            self._keep_told(file, moved)
        return moved

    def propose(self, conn: Connection, file: File, decided: Propose, deed: Deed) -> Proposal:
        """Writes a proposal of a decided move."""
        terms = self.terms(file)
        after = file.rollout.after(decided.signal, deed.at_us)
        if share := exposure.begun(conn, decided.from_share, after, terms.steps, 0.0):
            decided = replace(decided, to_share=share)
        proposal = moves.proposal(
            file.rollout, decided, deed, terms.approvals.expire_s, self.bound(file)
        )
        approvals.propose(conn, proposal, file.rollout)
        file.proposal = proposal
        return proposal

    def void(self, conn: Connection, file: File, why: str, at_us: int) -> None:
        """Ends the open proposal without its move."""
        assert file.proposal is not None, "there is one to end"
        approvals.void(conn, file.proposal, file.rollout, Deed(CONTROLLER, at_us, why))
        file.proposal = None

    def bound(self, file: File) -> moves.Bound:
        """What a move or proposal made now is bound to."""
        candidate = self.candidate(file.declared) if file.declared else file.rollout.candidate
        return moves.Bound(self.policy_sha256, candidate, file.told, file.look)

    def candidate(self, declared: Declared) -> str:
        """The fingerprint of the candidate that the policy declares now."""
        key = (declared.tenant, declared.route.value)
        if key not in self._candidates:
            self._candidates[key] = candidate_fingerprint(self.policy, declared)
        return self._candidates[key]

    def terms(self, file: File) -> Terms:
        """The terms that hold for a rollout; the policy's own once it is listed no more."""
        return self.policy.terms_of(file.declared) if file.declared else self.policy.terms

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction of the controller that acts. Raises StandsBy and LeaseLost."""
        return self.tenure.writing()

    def _keep_told(self, file: File, moved: Moved) -> None:
        file.for_harm = moved.transition.actor == CONTROLLER.name
        file.tell(standstill.told(file.rollout, moved))
        file.rolled_back = standstill.rolled_back(file.rollout, moved)
