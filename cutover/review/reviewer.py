"""The job that has the event log reviewed once a day: one check at a time, and only by the controller that acts.

A check that was cut off recorded nothing and is begun anew; nothing decides how often but what the log itself tells.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cutover.controller import Controller
from cutover.exports.making import Ended
from cutover.lease import LeaseLost
from cutover.people import CONTROLLER
from cutover.refusals import StandsBy
from cutover.review import nights, outcome, record
from cutover.review.checking import Checking
from cutover.review.nights import Night
from cutover.review.outcome import Outcome, Review
from cutover.zone import zone_of
from mirror.journal.store import StoreError

EVERY_S = 5.0
SETTLE_US = 60_000_000
"""So long after a controller began it reviews nothing: who starts has better things to do."""
REST_US = 900_000_000
"""So long lies between two beginnings, whatever a wall clock says."""
LONGEST_US = 20 * 3_600_000_000
STARTS = 3
NOT_TRIED = 3
"""Exit code of a check that could not be tried."""
CUT = f"the check was cut off {STARTS} times; see the controller's log"
SLOW = "the check had not ended after 20 hours; see the controller's log"
SILENT = "a fault of ours (exit code {code}); see the controller's log"
log = logging.getLogger("crossfade.review")
WAITS = "the review of the event log waits"

type Begin = Callable[[bool], Checking]
"""Begins a check; whether it opens payloads too. Raises OSError."""


@dataclass(slots=True)
class Reviewer:
    """The job of one controller. `step` is called every `EVERY_S`, `stop` once at the end."""

    controller: Controller
    begin: Begin
    _checking: Checking | None = field(default=None, init=False)
    _begun_us: int = field(default=0, init=False)  # by the steady clock, as is all here
    _not_before_us: int = field(init=False)
    _night: Night | None = field(default=None, init=False)  # which was tried last
    _starts: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """The first one waits until the controller has settled."""
        self._not_before_us = self._steady_us() + SETTLE_US

    def step(self) -> None:
        """Looks after the check under way, or begins one that is due. A standby only stops; trouble is tried again."""
        troubles = (LeaseLost, StandsBy, StoreError, OSError)
        with self.controller.outage.waited_out(log, WAITS, *troubles):
            if not self.controller.acting:
                return self.stop()
            if self._checking is not None:
                return self._look_after(self._checking)
            if self._steady_us() >= self._not_before_us and (night := self._due()):
                self._begin(night)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A check under way at the end of the block is stopped."""
        try:
            yield
        finally:
            self.stop()

    def stop(self) -> None:
        """Ends a check under way; whoever acts next begins it anew."""
        checking, self._checking = self._checking, None
        if checking is not None:
            checking.stop()

    def _due(self) -> Night | None:
        cabinet, policy = self.controller.cabinet, self.controller.policy
        if policy.review.at is None or cabinet.clock_off():
            return None
        with cabinet.store.read() as conn:
            known = record.known(conn)
        return nights.due(policy.review, zone_of(policy), cabinet.now_us(), known)

    def _begin(self, night: Night) -> None:
        self._starts = self._starts + 1 if night == self._night else 1
        self._night, self._begun_us = night, self._steady_us()
        self._not_before_us = self._begun_us + REST_US
        self._checking = self.begin(night.payloads)

    def _look_after(self, checking: Checking) -> None:
        ended, took_us = checking.ended(), self._steady_us() - self._begun_us
        if ended is None and took_us < LONGEST_US:
            return
        if ended is None:
            found: Review | None = outcome.not_tried(SLOW, took_us // 1000)
        else:
            found = self._found(checking, ended, took_us // 1000)
        if (
            found is not None
        ):  # first: where it cannot be recorded now, it is once the store is back
            self._record(found)
        self.stop()

    def _found(self, checking: Checking, ended: Ended, took_ms: int) -> Review | None:
        """What a check found that has ended; None where it was cut off and is begun again."""
        if ended.cut_off:
            log.warning("the review of the event log was cut off: it is begun again")
            return outcome.not_tried(CUT, took_ms) if self._starts >= STARTS else None
        if ended.code == NOT_TRIED and ended.words:
            return outcome.not_tried(ended.words, took_ms)
        try:
            return outcome.of(checking.told(), took_ms)
        except (KeyError, TypeError, ValueError):
            log.error("the check of the event log ended with %d: %s", ended.code, ended.words)
            return outcome.not_tried(SILENT.format(code=ended.code), took_ms)

    def _record(self, found: Review) -> None:
        cabinet = self.controller.cabinet
        with cabinet.writing() as conn:
            record.append(conn, found, CONTROLLER, cabinet.now_us())
        level = logging.INFO if found.outcome is Outcome.WHOLE else logging.ERROR
        log.log(level, "the event log was reviewed: %s", found.sentence())

    def _steady_us(self) -> int:
        return self.controller.cabinet.tenure.steady_us()
