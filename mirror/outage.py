"""What one process says of a store that is away: once, with a count now and then, and once that it is back.

Every loop of a process tries on, some many times a second, and each tells how it went. They share one
`Outage`, so that a log is not filled by what one line says. What is tried no more, as by who stands by from
then on, never works again and never fails: it is forgotten after a while, or it would hide every later outage.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from mirror.journal.schema import StoreError

AGAIN_S, SELDOM_S = 60.0, 3600.0
"""It is told again after so long, then after twice as long, and never more seldom than this."""
FORGOTTEN_S = 300.0
"""What has not failed for so long fails no more; every loop tries again much sooner, the slowest after some seconds."""
_AWAY = "away"
_NUMBER = re.compile(r"\d+")


@dataclass(slots=True)
class Outage:
    """Tells what the loops of one process cannot do. Thread-safe. `now_s` is a clock that never jumps, in seconds."""

    now_s: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    # When each was last met.
    _failing: dict[str, float] = field(default_factory=dict, init=False)
    _told: dict[str, float] = field(default_factory=dict, init=False)
    _times: int = field(default=0, init=False)
    _since_s: float = field(default=0.0, init=False)
    _next_s: float = field(default=0.0, init=False)

    def failed(self, log: logging.Logger, what: str, error: Exception) -> None:
        """What could not be done. A line where it is news, or where the last one is long ago.

        A store that is away is one piece of news, whoever met it and in whatever words; any other trouble is
        one for each that has it. What was not met for `FORGOTTEN_S` is news again.
        """
        with self._lock:
            now_s, cause = self.now_s(), _cause(what, error)
            self._forget(now_s)
            if not self._failing:
                self._begin(now_s)
            news = cause not in self._told
            self._failing[what] = self._told[cause] = now_s
            self._times += 1
            if news:
                log.error("%s: %s", what, error)
            elif now_s >= self._next_s:
                log.error("%s: %s (%s)", what, error, self._so_far(now_s))
            else:
                return
            self._next_s = max(self._next_s, now_s + _pause(now_s - self._since_s))

    def worked(self, log: logging.Logger, what: str) -> None:
        """It could be done. A line where nothing is left that could not be."""
        with self._lock:
            if not self._failing:
                return
            now_s = self.now_s()
            self._failing.pop(what, None)
            self._forget(now_s)
            if not self._failing:
                log.info("it goes on again: %s", self._so_far(now_s))

    @contextmanager
    def waited_out(
        self, log: logging.Logger, what: str, *kinds: type[Exception]
    ) -> Iterator[None]:
        """Tells how the block went. An error of these kinds ends the block and goes no further: it is tried again."""
        try:
            yield
        except kinds as error:
            self.failed(log, what, error)
        else:
            self.worked(log, what)

    def _forget(self, now_s: float) -> None:
        """Drops what was not met for long, and what of it was told."""
        for met in (self._failing, self._told):
            for one in [one for one, at_s in met.items() if now_s - at_s > FORGOTTEN_S]:
                del met[one]

    def _begin(self, now_s: float) -> None:
        self._told.clear()
        self._times, self._since_s, self._next_s = 0, now_s, 0.0

    def _so_far(self, now_s: float) -> str:
        attempts = "attempt" if self._times == 1 else "attempts"
        return f"{self._times:,} failed {attempts} in {now_s - self._since_s:,.0f} s"


def _pause(lasted_s: float) -> float:
    return min(max(lasted_s, AGAIN_S), SELDOM_S)


def _cause(what: str, error: Exception) -> str:
    """What is one piece of news. Numbers are left out of it: those of processes and rows change each time."""
    if isinstance(error, StoreError) and error.away:
        return _AWAY
    return f"{what}: {_NUMBER.sub('#', str(error))}"
