"""The controller's loop: look, judge, decide, act. Start reading here.

Every tick looks at each rollout's evidence, judges it, decides what follows and acts; then it
publishes where everything stands, moved or not, so that a publish that was lost is made good by
the next one. One controller acts; others wait for its lease to end.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from sqlalchemy import Connection

from cutover import approvals, clocks, course, dossier, gates, history, indexes, lookout, views
from cutover.align import align
from cutover.approvals import outdated
from cutover.cabinet import Cabinet, File
from cutover.circumstances import at_rest, circumstances, planned, void
from cutover.course import Point
from cutover.decide import Apply, Circumstances, Decision, Propose, Stay, decide
from cutover.history import Key, Moved
from cutover.judge import Kind, Verdict
from cutover.lease import LeaseLost
from cutover.look import Look
from cutover.people import CONTROLLER, Deed
from cutover.publish import Publish, Publisher
from cutover.refusals import StandsBy
from cutover.stages import Stage
from cutover.tally import Views
from cutover.tenure import Storage, Tenure
from cutover.views import Known, RolloutView
from mirror.journal import exchanges
from mirror.journal.store import StoreError
from policies.policy import Policy
from policies.policy import Rollout as Declared

log = logging.getLogger("crossfade.controller")

DAY_US = 86_400_000_000
RECOUNT_US = 600_000_000
LEASE_US = 3_000_000
"""Others wait so long for a controller that died."""
HUNG_US = 60_000_000
"""One that has looked at no rollout for so long hangs, and another shall act."""


class Controller:
    """Moves every rollout of a policy on its evidence. Thread-safe.

    `now_us` reads UTC, `steady_us` a clock that never jumps, in microseconds; `owner` names this
    process among the controllers of a store.
    """

    def __init__(
        self,
        policy: Policy,
        store: Storage,
        publish: Publish,
        now_us: Callable[[], int],
        *,
        owner: str = "controller",
        steady_us: Callable[[], int] = clocks.steady_us,
    ) -> None:
        self.policy = policy
        tenure = Tenure(store, owner, LEASE_US, now_us, steady_us)
        self.cabinet = Cabinet(policy, store, now_us, tenure)
        self._publisher = Publisher(policy, publish)
        self._turn = threading.Lock()  # one tick at a time
        self._steady_us, self._turned_us = steady_us, steady_us()
        self._faults: dict[Key, str] = {}
        self._fleet = (0, 0.0)  # when it was counted, and sessions a day

    def beat(self) -> None:
        """Keeps the lease however long a tick takes; a standby that comes to act begins at once."""
        if self._steady_us() - self._turned_us > HUNG_US:
            log.error("nothing was judged for %d s; the lease runs out", HUNG_US // 1_000_000)
            return
        try:
            acted = self.acting
            if self.cabinet.lead() and not acted:
                self.tick()
        except StoreError as error:
            log.error("the lease is neither kept nor taken: %s", error)

    def tick(self) -> None:
        """Looks at every rollout once and publishes. A standby only asks for the lease."""
        with self._turn:
            self._tick()

    def _tick(self) -> None:
        self._turned_us = self._steady_us()
        jumped = self.cabinet.jumps.see(self.cabinet.now_us(), self._turned_us)
        try:
            if not self.cabinet.lead():
                return
            if jumped:
                self.cabinet.tell_of_jump()
            self.cabinet.open_files()
            self.cabinet.look_around()
            for key in list(self.cabinet.files):
                # Between two rollouts a person's action may come in, above all a rollback.
                with self.cabinet.lock:
                    self._guarded(key)
            self.publish()
        except (LeaseLost, StandsBy) as lost:
            log.warning("%s", lost)
            self.cabinet.stand_by()
        except StoreError as error:
            # The proxies keep the last table; nothing moves until the store is back.
            log.error("no rollout can be judged: %s", error)

    def _advance(self, file: File, declared: Declared) -> None:
        """One rollout, one tick."""
        seen, gaps = self._look(file, declared)
        verdict = self._judge(file, declared, seen, gaps)
        decision = decide(
            file.rollout, verdict, self.cabinet.terms(file), self.circumstances(file)
        )
        self._act(file, seen, verdict, decision)

    def _look(self, file: File, declared: Declared) -> tuple[Views, tuple[str, ...]]:
        """The evidence of the present standing, and what is known to be missing from it."""
        rules = dossier.rules_of(self.policy, declared)
        with self.cabinet.store.read() as conn:
            if file.dossier is None:
                file.dossier = dossier.rebuild(conn, rules, file.rollout)
            seen, late = file.dossier.look(conn, file.rollout, self.cabinet.now_us())
            file.burst_done = file.burst_done or dossier.burst_done(conn, rules, file.rollout)
            file.reasks = file.reasks.recounted(conn, file.rollout.key, self.cabinet.now_us())
            unindexed = indexes.gap(conn, file.rollout, declared.candidate.model)
        gaps = (late, void(self.cabinet, file), unindexed)
        return seen, tuple([gap for gap in gaps if gap])

    def _judge(
        self, file: File, declared: Declared, seen: Views, gaps: tuple[str, ...]
    ) -> Verdict:
        """The verdict of now, kept for people to read."""
        rules = dossier.rules_of(self.policy, declared)
        recorded = (file.dossier.recorded if file.dossier else 0) + len(seen.joined)
        now_us, sha256 = self.cabinet.now_us(), self.cabinet.policy_sha256
        alarm = self._alarm(file, now_us)
        file.look = Look(file.rollout, recorded, seen.tail, now_us, alarm, gaps, sha256)
        verdict = file.look.verdict(rules, seen)
        file.told, file.promotes = views.tell(verdict), verdict.kind is Kind.PROMOTE
        return verdict

    def _act(self, file: File, seen: Views, verdict: Verdict, decision: Decision) -> None:
        """Writes what joined the evidence and what was decided, together."""
        proposes = isinstance(decision, Propose) and file.proposal is None
        if not (seen.joined or isinstance(decision, Apply) or proposes):
            return
        now_us = self.cabinet.now_us()
        with self.cabinet.changing(file) as conn:
            self._record(conn, file, seen, verdict)
            match decision:
                case Apply(signal, reason):
                    self.cabinet.move(conn, file, signal, Deed(CONTROLLER, now_us, reason))
                case Propose(reason=reason) if proposes:
                    deed = Deed(CONTROLLER, now_us, reason)
                    self.cabinet.propose(conn, file, decision, deed)
                case Propose() | Stay():
                    pass
        if file.rollout.stage is Stage.ROLLED_BACK:
            self.publish()  # at once; what widens may wait for the end of the tick

    def _record(self, conn: Connection, file: File, seen: Views, verdict: Verdict) -> None:
        assert file.dossier is not None, "it was just looked at"
        now_us = self.cabinet.now_us()
        file.dossier.record(conn, file.rollout, seen, now_us)
        point = dossier.point(file.rollout.epoch, verdict, now_us)
        if file.dossier.due(point):
            course.add_point(conn, file.rollout.key, point)
        file.warned = lookout.note(conn, file.rollout, verdict, file.warned, now_us)

    def rejudge(self, file: File) -> None:
        """Brings a rollout's verdict up to this moment, for an action that rests on it."""
        if file.declared is None or file.rollout.stage not in dossier.COMPARING:
            return
        with self.cabinet.keeping(file):
            seen, gaps = self._look(file, file.declared)
            verdict = self._judge(file, file.declared, seen, gaps)
            if seen.joined:
                with self.cabinet.changing(file) as conn:
                    self._record(conn, file, seen, verdict)

    def publish(self) -> int:
        """Hands every rollout's standing to the proxies; the table's version, 0 where it was not written."""
        with self.cabinet.lock:
            # A rollout without its row would fall to the primary: what was dropped is read again.
            self.cabinet.open_files()
            return self._publisher.publish(self.cabinet)

    def circumstances(self, file: File, *, approved: bool = False) -> Circumstances:
        """What else bears on a decision about a rollout."""
        return circumstances(self.cabinet, file, approved=approved)

    @property
    def acting(self) -> bool:
        """Whether this is the controller that acts."""
        try:
            return self.cabinet.fence > 0
        except StandsBy:
            return False

    def views(self) -> list[RolloutView]:
        """Every rollout of the policy, as people are told. Raises StandsBy."""
        with self.cabinet.store.read() as conn:
            counts = exchanges.ledger(conn)
        with self.cabinet.lock:
            keys = [(one.tenant, one.route.value) for one in self.policy.rollouts]
            return [self._view(key, counts.get(key)) for key in keys]

    def view(self, key: Key) -> RolloutView:
        """One rollout, as people are told. Raises UnknownRollout and StandsBy."""
        with self.cabinet.lock:
            self.cabinet.file(key)
        with self.cabinet.store.read() as conn:
            counts = exchanges.ledger(conn, *key)
        with self.cabinet.lock:
            return self._view(key, counts.get(key))

    def course(self, key: Key) -> tuple[list[Moved], list[Point]]:
        """A rollout's moves, and the course of the present attempt's evidence."""
        with self.cabinet.store.read() as conn:
            moves = history.moves(conn, key)
            chain = dossier.standings(moves)
            since = chain[0].epoch if chain else 0
            return moves, course.points(conn, key, since)

    def _view(self, key: Key, ledger: exchanges.Ledger | None) -> RolloutView:
        file = self.cabinet.file(key)
        assert file.declared is not None, "the cabinet gives files of the policy only"
        counts = {name: getattr(ledger, name) for name in views.COUNTS} if ledger else {}
        known = Known(
            file.rollout,
            file.told,
            file.proposal,
            counts,
            fault=self._faults.get(key, ""),
            changed=void(self.cabinet, file),
            frozen=at_rest(self.cabinet, file),
            plan=planned(self.cabinet, file),
        )
        return views.view(self.policy, file.declared, known)

    def _guarded(self, key: Key) -> None:
        """One rollout's turn. A bug stops this rollout for this tick, and is told; not the others."""
        self._turned_us = self._steady_us()
        file = self.cabinet.files.get(key)
        if file is None:
            return
        try:
            with self.cabinet.keeping(file):
                align(self.cabinet, file)
                self._expire(file)
                if file.declared is not None and file.rollout.stage in dossier.COMPARING:
                    self._advance(file, file.declared)
        except (LeaseLost, StandsBy, StoreError):
            raise
        except Exception as error:
            self._faults[key] = type(error).__name__
            log.exception("%s: not judged in this tick", "/".join(key))
        else:
            self._faults.pop(key, None)

    def _expire(self, file: File) -> None:
        """Ends an open proposal that no longer stands, so that a new one can be made."""
        if file.proposal is None:
            return
        with self.cabinet.store.read() as conn:
            # Anew, because the yes of somebody who is no lead any more does not count.
            kept = approvals.find(conn, file.rollout.key, file.proposal.id)
        file.proposal = kept or file.proposal
        now_us = self.cabinet.now_us()
        why = outdated(file.proposal, self.cabinet.grounds(file), now_us)
        if why:
            with self.cabinet.changing(file) as conn:
                self.cabinet.void(conn, file, why, now_us)

    def _alarm(self, file: File, now_us: int) -> float:
        """The level of the live detectors, from the fleet's sessions of the last day."""
        counted_us, a_day = self._fleet
        live = file.rollout.stage is Stage.LIVE and self.policy.production
        if live and now_us - counted_us > RECOUNT_US:
            with self.cabinet.store.read() as conn:
                a_day = float(course.sessions_since(conn, now_us - DAY_US))
            self._fleet = (now_us, a_day)
        return gates.alarm_level(
            self.cabinet.terms(file),
            fleet_sessions_a_day=a_day,
            production=self.policy.production,
        )
