"""The job that makes the exports that people asked for: one at a time, and only by the controller that acts.

An order that was cut off goes on where it stopped. Nothing lies in the folder but bundles that are done and kept, and
what is being made.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cutover import people
from cutover.controller import Controller
from cutover.exports import order, orders, place
from cutover.exports.archive import Work
from cutover.exports.making import Ended, Making
from cutover.exports.order import DAY_US, STARTS, Order, State
from cutover.lease import LeaseLost
from cutover.people import CONTROLLER, Deed
from cutover.refusals import Conflict, StandsBy
from mirror.journal import events
from mirror.journal.store import StoreError

EVERY_S = 1.0
TIDY_EVERY = 60  # steps: nobody waits for the minute of a day
AT_ONCE = 20
WORDS = 500
BEGUN = "it is this export's turn"
READY = "the bundle is whole"
EXPIRED = "nobody agreed to it within seven days"
CUT = f"its making was cut off {STARTS} times; see the controller's log, and ask for it again"
SILENT = "a fault of ours (exit code {code}); see the controller's log, and ask for it again"
log = logging.getLogger("crossfade.exports")

type Begin = Callable[[str, Path], Making]
"""Begins to make the order of an id into a file. Raises OSError."""


@dataclass(slots=True)
class Runner:
    """The job of one controller. `step` is called every `EVERY_S`, `stop` once at the end."""

    controller: Controller
    folder: Path
    begin: Begin
    _making: tuple[str, Making] | None = field(default=None, init=False)
    _steps: int = field(default=0, init=False)

    def step(self) -> None:
        """Looks after the one that is made, begins the next, tidies. A standby only stops; trouble is tried again."""
        troubles = (LeaseLost, StandsBy, Conflict, StoreError, OSError)
        with self.controller.outage.waited_out(log, "exports wait", *troubles):
            if not self.controller.acting:
                return self._stand_by()
            self._look_after()
            if self._making is None:
                self._begin_next()
            if self._steps % TIDY_EVERY == 0 and not self.controller.cabinet.clock_off():
                self._tidy()
            self._steps += 1

    def _stand_by(self) -> None:
        """Makes nothing; what lies here of when it acted goes as it does elsewhere."""
        self.stop()
        if self._steps % TIDY_EVERY == 0:
            self._sweep()
        self._steps += 1

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Whatever is being made at the end of the block is stopped."""
        try:
            yield
        finally:
            self.stop()

    def stop(self) -> None:
        """Ends what is being made; whoever acts next goes on with it."""
        making, self._making = self._making, None
        if making is not None:
            making[1].stop()

    def _look_after(self) -> None:
        if self._making is None or (ended := self._making[1].ended()) is None:
            return
        found = self._find(self._making[0])
        if found is not None and found.state is State.RUNNING and not ended.cut_off:
            self._end(found, ended)
        self._making = None

    def _end(self, found: Order, ended: Ended) -> None:
        path = place.bundle(self.folder, found.id)
        if self._overtaken(found):
            return self._fail(found, f"{order.ERASED}; ask for it again")
        if ended.code == 0 and path.exists():
            sha256, size = _digest(path)
            whole: dict[str, str | int] = {"sha256": sha256, "bytes": size}
            self._advance(found, State.DONE, READY, whole, {**whole})
            return
        why = ended.words if ended.code == 2 and ended.words else ""
        if not why:
            log.error("export %s ended with %d: %s", found.id, ended.code, ended.words)
        self._fail(found, why or SILENT.format(code=ended.code))

    def _fail(self, found: Order, why: str) -> None:
        self._clear(found.id)  # first: what fails for want of room must not keep it
        self._advance(found, State.FAILED, why, {}, outcome="failed")

    def _begin_next(self) -> None:
        """The one that was cut off goes before those that wait."""
        with self.controller.cabinet.store.read() as conn:
            due = orders.in_states(conn, State.RUNNING) or orders.in_states(
                conn, State.APPROVED
            )
        if not due:
            return
        found = due[0]
        if found.starts >= STARTS:
            return self._fail(found, CUT)
        if why := self._revoked(found):
            self._clear(found.id)
            return self._advance(found, State.REFUSED, why, {}, outcome="denied")
        cabinet = self.controller.cabinet
        deed = Deed(CONTROLLER, cabinet.now_us(), BEGUN)
        now: dict[str, str | int] = {"state": State.RUNNING, "starts": found.starts + 1}
        now |= {} if found.started_us else {"started_us": deed.at_us}
        with cabinet.writing() as conn:
            said: dict[str, events.Value] = {"starts": found.starts + 1}
            orders.advance(conn, found, deed, "export.running", now=now, details=said)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._making = found.id, self.begin(found.id, place.bundle(self.folder, found.id))

    def _revoked(self, found: Order) -> str:
        with self.controller.cabinet.store.read() as conn:
            asker = people.find(conn, found.requested_by)
            return order.revoked(found, asker, people.find(conn, found.approved_by))

    def _overtaken(self, found: Order) -> bool:
        with self.controller.cabinet.store.read() as conn:
            return orders.overtaken(conn, found)

    def _advance(
        self,
        found: Order,
        state: State,
        why: str,
        more: Mapping[str, str | int],
        details: dict[str, events.Value] | None = None,
        outcome: str = "ok",
    ) -> None:
        cabinet = self.controller.cabinet
        deed = Deed(CONTROLLER, cabinet.now_us(), why[:WORDS])
        now: dict[str, str | int] = {
            "state": state.value,
            "reason": deed.reason,
            "ended_us": deed.at_us,
        }
        now |= {"ended_by": CONTROLLER.name} | dict(more)
        type = f"export.{state}"
        with cabinet.writing() as conn:
            orders.advance(conn, found, deed, type, now=now, details=details, outcome=outcome)

    def _tidy(self) -> None:
        """Ends orders that nobody agreed to, and deletes bundles that are kept no longer and what nobody asked for."""
        cabinet = self.controller.cabinet
        days = self.controller.policy.exports.keep_days
        now_us = cabinet.now_us()
        with cabinet.store.read() as conn:
            waiting = orders.in_states(conn, State.REQUESTED)
            old = orders.kept(conn, now_us - days * DAY_US, AT_ONCE)
            erased = [one for one in orders.with_payloads(conn) if orders.overtaken(conn, one)]
        for one in waiting:
            if order.overdue(one, now_us):
                self._advance(one, State.EXPIRED, EXPIRED, {})
        for one in erased:
            self._delete(one, order.ERASED)
        for one in old:
            if one not in erased:
                self._delete(one, f"the policy keeps bundles for {days} days")
        self._sweep()

    def _delete(self, one: Order, why: str) -> None:
        self._clear(one.id)
        cabinet = self.controller.cabinet
        deed = Deed(CONTROLLER, cabinet.now_us(), why)
        with cabinet.writing() as conn:
            orders.advance(conn, one, deed, "export.deleted", now={"deleted_us": deed.at_us})

    def _sweep(self) -> None:
        """What lies here of orders that are over: a controller may have died between the one and the other."""
        if not self.folder.exists():
            return
        for name in {place.id_of(path) for path in self.folder.iterdir()} - {""}:
            found = self._find(name)
            wanted = found is not None and (
                found.state is State.RUNNING
                or (found.state is State.DONE and not found.deleted_us)
            )
            if not wanted:
                self._clear(name)

    def _find(self, id: str) -> Order | None:
        with self.controller.cabinet.store.read() as conn:
            return orders.find(conn, id)

    def _clear(self, id: str) -> None:
        """Removes a bundle with all that was made on the way. Raises OSError."""
        path = place.bundle(self.folder, id)
        Work(path.with_name(f"{path.name}.work")).remove()
        for one in (path, path.with_name(f".{path.name}.part"), place.lock(self.folder, id)):
            one.unlink(missing_ok=True)


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
