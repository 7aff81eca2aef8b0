"""A lock that lets whoever waits in before its last owner gets it again.

A tick takes the cabinet's lock for each of thousands of rollouts and gives it back between two. With
a plain lock it would mostly win it back before a person's rollback that waits has woken up.
"""

from __future__ import annotations

import threading
from types import TracebackType


class FairLock:
    """Re-entrant. Of those that wait, one stands at the gate and is the next."""

    def __init__(self) -> None:
        """Nobody's."""
        self._gate, self._lock = threading.Lock(), threading.Lock()
        self._owner, self._depth = 0, 0

    def __enter__(self) -> FairLock:
        """Waits for its turn, where the thread does not own it already."""
        me = threading.get_ident()
        if self._owner != me:
            with self._gate:
                self._lock.acquire()
            self._owner = me
        self._depth += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Gives it back, where this was entered first."""
        self._depth -= 1
        if not self._depth:
            self._owner = 0
            self._lock.release()
