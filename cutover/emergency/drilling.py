"""How a drill goes: a person begins it, and step by step everything goes to the primary and comes back.

A drill is a row from its first moment. Whoever acts next goes on with it, and gives back what is
away; while nobody acts, the primary goes on answering.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from cutover.cabinet import File
from cutover.circumstances import frozen_now, in_emergency, void
from cutover.controller import Controller
from cutover.decide import at_once
from cutover.emergency import drills
from cutover.emergency.drills import Drill
from cutover.evidence.sessions import SECOND_US
from cutover.history import Key
from cutover.lease import LeaseLost
from cutover.people import CONTROLLER, Deed, Person
from cutover.refusals import Conflict, StandsBy
from cutover.stages import Stage
from mirror.journal.schema import StoreError
from mirror.obeyed import Course
from mirror.permission import permitted

SHORTEST_S, LONGEST_S = 5, 600
SETTLE_US = 5 * SECOND_US
"""After the return, until the records of the last answers are in the store."""
PATIENCE_US = 120 * SECOND_US
"""So long the end waits for proxies to go back, and for answers of the candidate that had begun."""
_log = logging.getLogger("crossfade.drills")


@dataclass(frozen=True, slots=True)
class Driller:
    """The drills of one controller. `obeyed` tells what table each proxy obeys."""

    controller: Controller
    obeyed: Callable[[], Mapping[str, Course]]

    def begin(self, person: Person, key: Key, for_s: int, reason: str) -> Drill:
        """Sends everything of a rollout to its primary, at once, and has it back after `for_s` seconds.

        Raises UnknownRollout, StandsBy, StoreError, and Conflict where it would harm or show nothing.
        """
        cabinet = self.controller.cabinet
        with cabinet.lock:
            file = cabinet.file(key)
            self._fit(file)
            deed = Deed(person.actor, cabinet.now_us(), reason)
            until_us = deed.at_us + for_s * SECOND_US
            with cabinet.writing() as conn:
                drill = drills.begin(conn, key, file.rollout.epoch, until_us, deed)
            cabinet.look_around()
            return self._published(drill)

    def read(self, key: Key) -> list[tuple[Drill, drills.Measured]]:
        """A rollout's latest drills with what the ledger says of them."""
        cabinet = self.controller.cabinet
        with cabinet.lock:
            cabinet.file(key)
        with cabinet.store.read() as conn:
            return [(one, drills.measure(conn, one)) for one in drills.latest(conn, key)]

    def step(self) -> None:
        """Takes every drill one step further. A standby does nothing; a fault is told and tried again."""
        troubles = (StandsBy, LeaseLost, StoreError, OSError)
        with self.controller.outage.waited_out(_log, "a drill is not gone on with", *troubles):
            if not self.controller.acting:
                return
            with self.controller.cabinet.lock:
                for drill in self.controller.cabinet.drills:
                    self._step(drill)

    def _fit(self, file: File) -> None:
        """Raises Conflict where a rollout cannot be drilled now."""
        cabinet, rollout, declared = self.controller.cabinet, file.rollout, file.declared
        assert declared is not None, "the cabinet gives files of the policy only"
        if rollout.stage not in (Stage.CANARY, Stage.LIVE):
            raise Conflict(
                f"the candidate answers nobody in {rollout.stage}; drill in canary or live"
            )
        if at_once(rollout):
            raise Conflict(
                "an index holds vectors of one model, and another's would find nothing"
            )
        primary = declared.primary.upstream
        if not permitted(self.controller.policy, rollout.tenant, primary):
            raise Conflict(
                f"its policy forbids {primary} for {rollout.tenant}: clients would get 503"
            )
        if any(one.upstream == primary for one in cabinet.switches.drains):
            raise Conflict(f"{primary} is drained: clients would get 503")
        if any(one.key == rollout.key for one in cabinet.drills):
            raise Conflict("a drill of it is under way")
        # Its end gives the candidate sessions again, which a freeze is there to prevent.
        why = in_emergency(cabinet, file) or frozen_now(cabinet, file)
        if file.rebuilding is not None:
            why = why or file.rebuilding.sentence
        why = why or void(cabinet, file) or cabinet.clock_off()
        if why:
            raise Conflict(f"no drill now, because its end widens what it narrowed: {why}")

    def _published(self, drill: Drill) -> Drill:
        """Publishes, and remembers with which table a drill began, or ended."""
        cabinet = self.controller.cabinet
        version = self.controller.publish()
        now_us = cabinet.now_us()
        if drill.away:
            drill = replace(drill, version=version, published_us=now_us if version else 0)
        else:
            drill = replace(drill, back_version=version)
        with cabinet.writing() as conn:
            drills.save(conn, drill)
        cabinet.look_around()
        return drill

    def _step(self, drill: Drill) -> None:
        if not (drill.version if drill.away else drill.back_version):
            drill = self._published(drill)  # it could not be written before
        elif drill.away:
            self._away(drill)
        else:
            self._back(drill)

    def _away(self, drill: Drill) -> None:
        """Sees who followed; gives back what is away when its time is over, or the rollout moved."""
        cabinet = self.controller.cabinet
        now_us = cabinet.now_us()
        followed_us, proxies = drills.followed(self.obeyed(), drill.version)
        seen = drill
        if not drill.followed_us:
            seen = replace(drill, followed_us=followed_us, proxies=proxies)
        over = not drill.at_us <= now_us < drill.until_us or bool(self._moved(drill))
        if over:
            seen = replace(seen, back_us=now_us)
        if seen == drill:
            return
        with cabinet.writing() as conn:
            drills.save(conn, seen)
        cabinet.look_around()
        if over:
            self._published(seen)

    def _back(self, drill: Drill) -> None:
        """Sees who went back; ends the drill when all that it shows is in the store."""
        cabinet = self.controller.cabinet
        now_us = cabinet.now_us()
        if not drill.back_followed_us:
            back_us, _ = drills.followed(self.obeyed(), drill.back_version)
            drill = replace(drill, back_followed_us=back_us)
        waited_us = now_us - drill.back_us
        if 0 <= waited_us < SETTLE_US:
            return
        with cabinet.writing() as conn:
            found = drills.measure(conn, drill)
            waits = not drill.back_followed_us or found.still_open
            if waits and 0 <= waited_us < PATIENCE_US:
                return
            self._end(conn, drill, found, now_us)
        cabinet.look_around()

    def _end(self, conn: Connection, drill: Drill, found: drills.Measured, now_us: int) -> None:
        why = drills.shortcoming(drill, found, moved_to=self._moved(drill))
        ended = replace(drill, ended_us=now_us, why=why)
        drills.end(conn, ended, found, Deed(CONTROLLER, now_us, drill.reason))

    def _moved(self, drill: Drill) -> str:
        """The stage that a rollout moved to since its drill began, "" where it stands as it stood."""
        file = self.controller.cabinet.files.get(drill.key)
        if (
            file is None or file.rollout.epoch == drill.epoch
        ):  # or it is read anew at the next tick
            return ""
        return file.rollout.stage.value
