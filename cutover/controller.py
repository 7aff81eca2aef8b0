"""The controller's loop: look, judge, decide, act. Start reading here.

Every tick looks at each rollout's evidence, judges it, decides what follows and acts; then it
publishes where everything stands, moved or not, so that a publish that was lost is made good by
the next one. One controller acts; others wait for its lease to end.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from cutover import clocks, dry_run, history, indexes, known
from cutover.align import align, expire
from cutover.approving import signed
from cutover.bygone import Bygone
from cutover.cabinet import Cabinet, File
from cutover.circumstances import circumstances, looked, void
from cutover.decide import Apply, Decision, Propose, Stay, at_once, decide
from cutover.dry_run import serves
from cutover.evidence import course, dossier, lookout
from cutover.evidence.course import Point
from cutover.evidence.news import News, deferred, gather
from cutover.evidence.tally import Views
from cutover.evidence.verdict import Verdict
from cutover.history import Key, Moved
from cutover.lease import LeaseLost
from cutover.overview import Overview
from cutover.people import CONTROLLER, Deed
from cutover.publish import Publish, Publisher
from cutover.refusals import StandsBy
from cutover.rollback.restraint import Restraint
from cutover.room import Room
from cutover.stages import TAKES, Stage
from cutover.takeover import Takeover, asleep
from cutover.tenure import HUNG_US, Storage, Tenure
from cutover.views import RolloutView
from mirror.journal import exchanges
from mirror.journal.store import StoreError
from mirror.outage import Outage
from policies.policy import Policy
from policies.policy import Rollout as Declared

log = logging.getLogger("crossfade.controller")


class Controller:
    """Moves every rollout of a policy on its evidence. Thread-safe.

    `now_us` and `steady_us` are as in `clocks`; `owner` names this process among those of a store,
    `routes` the file of the table that the proxies of this machine obey. `bygone` knows the policies
    that were in force before.
    """

    def __init__(  # noqa: PLR0913 - what it stands on, by keyword
        self,
        policy: Policy,
        store: Storage,
        publish: Publish,
        now_us: Callable[[], int],
        *,
        owner: str = "controller",
        steady_us: Callable[[], int] = clocks.steady_us,
        routes: Path | None = None,
        bygone: Bygone | None = None,
    ) -> None:
        self.policy = policy
        tenure = Tenure(store, owner, now_us, steady_us, routes=routes)
        self.cabinet = Cabinet(policy, store, now_us, tenure, bygone or Bygone())
        self.outage = Outage()  # of this process: what is done beside the ticks tells of it too
        self._publisher = Publisher(policy, publish, self.outage)
        self._restraint = Restraint(self.cabinet, steady_us)
        self.room = Room(policy)
        self._takeover = Takeover(steady_us)
        self._turn = threading.Lock()  # one tick at a time
        self._steady_us, self._turned_us = steady_us, steady_us()
        self._faults: dict[Key, str] = {}
        self.overview = Overview(policy, self.cabinet, self._faults)
        self._traffic = course.Traffic(policy.production)
        self._news = News()
        self._upto: int | None = None  # the comparison up to which a tick was finished

    def beat(self) -> None:
        """Keeps the lease however long a tick takes; a standby that comes to act begins at once."""
        if self._steady_us() - self._turned_us > HUNG_US:
            log.error("nothing was judged for %d s; the lease runs out", HUNG_US // 1_000_000)
            return
        with self.outage.waited_out(log, "the lease is neither kept nor taken", StoreError):
            acted = self.acting
            if self.cabinet.lead() and not acted:
                self.tick()

    def tick(self) -> None:
        """Looks at every rollout once and publishes. A standby only asks for the lease."""
        with self._turn:
            self._tick()

    def _tick(self) -> None:
        self._turned_us = self._steady_us()
        try:
            # While the store is away the proxies keep the last table, and nothing moves.
            with self.outage.waited_out(log, "no rollout can be judged", StoreError):
                self._go_round()
        except (LeaseLost, StandsBy) as lost:
            log.warning("%s", lost)
            self.cabinet.stand_by()

    def _go_round(self) -> None:
        if not self.cabinet.lead():
            self._upto = None
            self._publisher.stand_by()
            return
        self.cabinet.open_files()
        self.cabinet.look_around()
        with self.cabinet.store.read() as conn:
            self._news = gather(conn, self._upto)
            self._traffic.look(conn, self.cabinet.now_us())
        signed.draw(self.cabinet)
        with self.cabinet.lock:
            self.room.hear(self._news, anew=self._upto is None)
            order = self._takeover.order(self.cabinet.files)
        for key in self._restraint.order(order):
            if asleep(self.cabinet, key, self._news) and not self._restraint.calls(key):
                continue
            # Between two rollouts a person's action may come in, above all a rollback.
            with self.cabinet.lock:
                self._guarded(key)
        self.cabinet.write_evidence()
        self.publish()
        self._upto = self._news.upto

    def _advance(self, file: File, declared: Declared) -> None:
        """One rollout, one tick."""
        called = self._restraint.calls(file.rollout.key)
        if file.settles(self._news, self.cabinet.now_us()) and not called:
            return
        if (looked := self._look(file, declared, self._news)) is None:
            return
        seen, gaps = looked
        verdict = self._judge(file, declared, seen, gaps)
        terms = self.cabinet.terms(file)
        file.crowded = self.crowded(file)
        around = circumstances(self.cabinet, file)
        if not terms.dry_run or serves(file.rollout):
            around = self._restraint.around(file, verdict, around)
        decision = decide(file.rollout, verdict, terms, around)
        if terms.dry_run:
            seen, decision = dry_run.instead(self.cabinet, file, seen, verdict, decision)
        self._act(file, seen, verdict, decision)

    def _look(
        self, file: File, declared: Declared, news: News | None = None
    ) -> tuple[Views, tuple[str, ...]] | None:
        """The evidence of the present standing, and what is known to be missing from it; None while it is still read."""
        rules, now_us = file.rules_in(self.policy, declared), self.cabinet.now_us()
        rollout, unindexed = file.rollout, ""
        with deferred(self.cabinet.store) as conn:
            acts = news is None  # a person does, and waits
            kept = self._takeover.read(self.cabinet, file, rules, conn, for_person=acts)
            if kept is None:
                return None
            file.unwritten.begun += kept.begun(rollout, now_us)
            if rules.terms.low_traffic.resend is not None:
                kept.take_resent(conn(), rollout)
            if news is not None and kept.follows(news):
                seen, late = kept.follow(news, rollout, now_us)
            else:
                seen, late = kept.look(conn(), rollout, now_us)
            if file.reasks.due(rules, kept.heard, now_us):
                file.reasks = file.reasks.recounted(conn(), rules, rollout, kept.heard, now_us)
            file.newcomers = file.newcomers.followed(conn, rollout, rules, kept.heard, now_us)
            if at_once(rollout):
                unindexed = indexes.gap(conn(), rollout, declared.candidate.model)
        gaps = (late, void(self.cabinet, file), unindexed, signed.gap(self.cabinet, file))
        return seen, tuple([gap for gap in gaps if gap])

    def _judge(
        self, file: File, declared: Declared, seen: Views, gaps: tuple[str, ...]
    ) -> Verdict:
        """The verdict of now, kept for people to read."""
        rules = file.rules_in(self.policy, declared)
        recorded = (file.dossier.recorded if file.dossier else 0) + len(seen.joined)
        live = file.rollout.stage is Stage.LIVE
        alarm = self._traffic.alarm(rules.terms, live=live)
        file.look = looked(self.cabinet, file, recorded, seen.tail, alarm, gaps)
        verdict = file.look.verdict(rules, seen)
        file.hear(verdict)
        return verdict

    def _act(self, file: File, seen: Views, verdict: Verdict, decision: Decision) -> None:
        """Writes what was decided, with what joined the evidence; that alone may wait for the tick's end."""
        proposes = isinstance(decision, Propose) and file.proposal is None
        moves = isinstance(decision, Apply) or proposes
        now_us = self.cabinet.now_us()
        if seen.joined or moves:
            file.record(seen, verdict, now_us)
        warns = lookout.due(file.rollout, verdict, file.warned)
        if not (moves or warns):
            return
        deed = Deed(CONTROLLER, now_us, decision.reason)
        with self.cabinet.changing(file) as conn:
            if warns:
                file.warned = lookout.note(conn, file.rollout, verdict, file.warned, now_us)
            match decision:
                case Apply(signal):
                    self.cabinet.move(conn, file, signal, deed)
                    self.room.moved()
                case Propose() if proposes:
                    self.cabinet.propose(conn, file, decision, deed)
                case Propose() | Stay():
                    pass
        if isinstance(decision, Apply) and decision.signal in TAKES:
            self.publish()  # at once; what widens may wait for the end of the tick

    def rejudge(self, file: File) -> None:
        """Brings a rollout's verdict up to this moment, for an action that rests on it."""
        if file.declared is None or file.rollout.stage not in dossier.COMPARING:
            return
        with self.cabinet.keeping(file):
            if looked := self._look(file, file.declared):
                verdict = self._judge(file, file.declared, *looked)
                if looked[0].joined:
                    file.record(looked[0], verdict, self.cabinet.now_us())

    def publish(self) -> int:
        """Hands every rollout's standing to the proxies; the table's version, 0 where it was not written."""
        with self.cabinet.lock:
            # A rollout without its row would fall to the primary: what was dropped is read again.
            self.cabinet.open_files()
            self.room.moved()
            return self._publisher.publish(self.cabinet)

    def crowded(self, file: File) -> str:
        """Why the candidate's server has no room for a rollout's next move; "" where it has."""
        if not file.promotes:
            return ""
        return self._restraint.troubled(file) or self.room.short(self.cabinet, file)

    @property
    def trouble(self) -> str:
        """Why the proxies were not told where everything stands; "" where they were."""
        return self._publisher.trouble

    @property
    def acting(self) -> bool:
        """Whether this is the controller that acts."""
        return self.cabinet.tenure.acts

    @property
    def upto(self) -> int | None:
        """The number of the last comparison that a tick has judged; None before the first."""
        return self._upto

    def view(self, key: Key) -> RolloutView:
        """One rollout, as people are told. Raises UnknownRollout and StandsBy."""
        with self.cabinet.lock:
            self.cabinet.file(key)
        with self.cabinet.store.read() as conn:
            counts = exchanges.ledger(conn, key[0], route=key[1])
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
        return known.view(self.cabinet, file, ledger, self._faults.get(key, ""))

    def _guarded(self, key: Key) -> None:
        """One rollout's turn. A bug stops this rollout for this tick, and is told; not the others."""
        self._turned_us = self._steady_us()
        file = self.cabinet.files.get(key)
        if file is None or self._takeover.waits(file):
            return
        try:
            with self.cabinet.keeping(file):
                align(self.cabinet, file)
                expire(self.cabinet, file)
                if file.declared is not None and file.rollout.stage in dossier.COMPARING:
                    self._advance(file, file.declared)
        except (LeaseLost, StandsBy, StoreError):
            raise
        except Exception as error:
            self._faults[key] = type(error).__name__
            log.exception("%s: not judged in this tick", "/".join(key))
        else:
            self._faults.pop(key, None)
