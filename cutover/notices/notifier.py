"""The notifier: looks for what people must be told and hands it over, apart from the controller.

Whatever becomes of a letter, nobody waits for it. Each destination is on its own: one that is down is
asked again ever more seldom, and is told then of all that happened in its last day, in one letter.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from cutover.notices import notice as notices
from cutover.notices import outbox
from cutover.notices.notice import Letter
from cutover.tenure import Storage
from mirror.journal.schema import StoreError
from mirror.outage import Outage
from policies.notify import Destination
from policies.policy import Policy

LOOK_S = 5.0
LONGEST_S = 600.0
_log = logging.getLogger("crossfade.notifier")

type Send = Callable[[Destination, Letter], str]
"""Hands a letter over; why it was not accepted, "" where it was."""


def back_off_s(failures: int) -> float:
    """How long a destination that refused so many letters in a row is left alone."""
    return float(min(LOOK_S * 2.0 ** min(failures, 20), LONGEST_S))


@dataclass(slots=True)
class Notifier:
    """Tells the destinations of a policy. `now_us` reads UTC microseconds; one thread uses it."""

    policy: Policy
    store: Storage
    send: Send
    now_us: Callable[[], int]
    owner: str = field(
        default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    )
    outage: Outage = field(default_factory=Outage)
    _rests: dict[str, tuple[int, int]] = field(default_factory=dict)  # from when until when

    def run(self, stop: threading.Event) -> None:
        """Looks every few seconds until told to stop."""
        self.look()
        while not stop.wait(LOOK_S):
            self.look()

    def look(self) -> None:
        """Tells every destination what is new to it."""
        for to in self.policy.notify:
            try:
                with self.outage.waited_out(
                    _log, f"{to.to}: cannot be told of anything", StoreError
                ):
                    if not self._resting(to):
                        self._tell(to)
            except Exception as error:  # one destination's bug is not the others'
                self._rest(to, LONGEST_S)
                _log.exception("%s: not told (%s)", to.to, type(error).__name__)

    def _tell(self, to: Destination) -> None:
        now_us = self.now_us()
        if not self._anything(to, now_us):
            return
        with self.store.write() as conn:
            if not outbox.claim(conn, to.to, self.owner, now_us):
                return
            seen = outbox.untold(conn, to.to, now_us)
            untold_since_us = outbox.state(conn, to.to, now_us).untold_since_us(now_us)
            told = [
                notices.for_destination(to, self.policy, notices.notice(one)) for one in seen
            ]
            news = [one for one in told if one is not None]
            if not news:
                outbox.skip(conn, to.to, seen)
                outbox.release(conn, to.to)
                return
        why = self.send(to, notices.letter(to, self.policy, news, untold_since_us))
        with self.store.write() as conn:
            if not why:
                outbox.accepted(conn, to, seen, len(news), self.now_us())
                return
            failures = outbox.refused(conn, to.to, why, self.now_us())
        self._rest(to, back_off_s(failures))
        level = logging.ERROR if failures == 1 else logging.INFO
        _log.log(level, "%s; the letter waits and is tried again", why)

    def _rest(self, to: Destination, seconds: float) -> None:
        now_us = self.now_us()
        self._rests[to.to] = now_us, now_us + round(seconds * 1e6)

    def _resting(self, to: Destination) -> bool:
        """A clock that was put back ends every rest."""
        since_us, until_us = self._rests.get(to.to, (0, 0))
        return since_us <= self.now_us() < until_us

    def _anything(self, to: Destination, now_us: int) -> bool:
        """Whether there is anything new; asked by reading, so that nothing is written in peace."""
        with self.store.read() as conn:
            if outbox.known(conn, to.to):
                return bool(outbox.untold(conn, to.to, now_us, most=1))
        with self.store.write() as conn:
            outbox.state(conn, to.to, now_us)
        return False


def trial(policy: Policy) -> Letter:
    """What `crossfade notify test` sends: it names no tenant."""
    return Letter(
        f"crossfade {policy.deployment}: a test",
        "Somebody tried whether notices arrive here. They do.\nto do: nothing",
    )
