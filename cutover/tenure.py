"""This controller's time as the one that acts: taking the lease, keeping it, and noticing its end.

Its own steady clock says how long the lease is good, counted from before it was renewed; those who
stand by count from after they saw the renewal. So this one has stopped before another begins.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from enum import Enum
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from cutover import lease, put_back
from cutover.lease import Lease, Seen
from cutover.refusals import StandsBy
from mirror.publish import fence_in

LEASE_US = 3_000_000
"""Others wait so long for a controller that died."""
HUNG_US = 60_000_000
"""One that has looked at no rollout for so long hangs, and another shall act."""
RENEWALS = 3
"""The lease is renewed when this part of it has passed, so that two renewals may be late."""


class Storage(Protocol):
    """Where rollouts and evidence are kept."""

    def read(self) -> AbstractContextManager[Connection]:
        """A transaction that reads."""

    def write(self) -> AbstractContextManager[Connection]:
        """A transaction that is kept whole or not at all."""


class Led(Enum):
    """What came of asking for the lease."""

    KEPT = "kept"  # as before, renewed where it was time
    TAKEN = "taken"  # begun anew: another may have acted meanwhile
    ANOTHERS = "another's"


class Tenure:
    """Whether and with which fence this controller acts. Thread-safe.

    `now_us` reads UTC, `steady_us` a clock that never jumps and goes on while the machine sleeps,
    both in microseconds. `lease_us` is how long others wait for a controller that died, `routes` is
    the file of the route table that the proxies obey. `put_back`: the store was put back from a copy, and
    is not reconciled with that table yet.
    """

    def __init__(
        self,
        store: Storage,
        owner: str,
        now_us: Callable[[], int],
        steady_us: Callable[[], int],
        lease_us: int = LEASE_US,
        routes: Path | None = None,
    ) -> None:
        self._store, self._owner, self._lease_us = store, owner, lease_us
        self._now_us, self.steady_us = now_us, steady_us
        self.routes, self.put_back = routes, False
        self._asking = threading.Lock()
        self._held: tuple[Lease, int] | None = (
            None  # with the steady time until which it is good
        )
        self._seen: Seen | None = None

    @property
    def lease(self) -> Lease:
        """The lease that makes this controller the one that acts. Raises StandsBy."""
        held = self._held
        if held is None or held[1] <= self.steady_us():
            raise StandsBy("this controller stands by: another one acts, or none does yet")
        return held[0]

    @property
    def acts(self) -> bool:
        """Whether this controller acts."""
        held = self._held
        return held is not None and self.steady_us() < held[1]

    def ask(self) -> Led:
        """Takes the lease, or renews it where it is time."""
        with self._asking:
            held, asked_us = self._held, self.steady_us()
            if held is not None and held[1] - asked_us > self._lease_us * (1 - 1 / RENEWALS):
                return Led.KEPT
            mine = Lease(self._owner, 0, self._now_us() + self._lease_us)
            with self._store.write() as conn:
                got = self._take(conn, mine) if held is None else self._acquire(conn, mine)
            if isinstance(got, Seen):
                self._held, self._seen = None, got
                return Led.ANOTHERS
            self._held, self._seen = (got, asked_us + self._lease_us), None
            return Led.KEPT if held is not None and held[0].fence == got.fence else Led.TAKEN

    def _take(self, conn: Connection, mine: Lease) -> Lease | Seen:
        """Asks for a lease that it has not: its fence is above that of the table in force, whatever the store knows."""
        in_force = fence_in(self.routes) if self.routes is not None else 0
        before = lease.current(conn)
        got = self._acquire(conn, mine, in_force)
        if isinstance(got, Lease):
            known = before.fence if before is not None else 0
            if known < in_force:
                put_back.note(conn, known, in_force, self._now_us())
            self.put_back = put_back.pending(conn)
        return got

    def _acquire(self, conn: Connection, mine: Lease, in_force: int = 0) -> Lease | Seen:
        return lease.acquire(conn, mine, self._seen, self.steady_us, self._lease_us, in_force)

    def end(self) -> None:
        """Stops acting; the lease in the store runs out."""
        self._held = None

    def release(self) -> None:
        """Stops acting and gives the lease back, so that others need not wait for its end."""
        held, self._held = self._held, None
        if held is not None:
            with self._store.write() as conn:
                lease.release(conn, held[0])

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction of the controller that acts. Raises StandsBy and LeaseLost."""
        mine = self.lease
        with self._store.write() as conn:
            lease.require(conn, mine)
            yield conn
