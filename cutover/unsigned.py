"""Whether the event log is being signed: told to Prometheus, and to people where a log waits for too long.

The signer is another process, on this machine or another; what it signed is read from the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from cutover.controller import Controller
from cutover.lease import LeaseLost
from cutover.people import CONTROLLER
from cutover.refusals import StandsBy
from mirror.journal import events
from mirror.journal.schema import StoreError
from mirror.journal.signed import heads
from mirror.journal.tables import event
from mirror.proxy.metrics import Sample

LATE_US = 180_000_000
UNSIGNED, SIGNED = "log.unsigned", "log.signed"
TYPES = {
    "crossfade_log_unsigned_seconds": ("gauge", "For how long the log that waits longest has waited for its next checkpoint; 0 where all is signed."),
    "crossfade_logs_refused": ("gauge", "Event logs that the signer refuses to sign further."),
}  # fmt: skip

# The newest of each, by the index of types: the newest of both would be looked for through the whole log.
_NEWEST = (
    select(event.c.type, func.max(event.c.seq))
    .where(event.c.tenant == "", event.c.type.in_([UNSIGNED, SIGNED]))
    .group_by(event.c.type)
)


def samples(conn: Connection, now_us: int) -> Iterator[Sample]:
    """For Prometheus."""
    yield "crossfade_log_unsigned_seconds", (), waits_us(conn, now_us) / 1e6
    yield "crossfade_logs_refused", (), len(heads.refusals(conn))


def waits_us(conn: Connection, now_us: int) -> int:
    """For how long the log that waits longest has waited, those apart that are refused: 0 for none."""
    since_us = heads.waiting_since_us(conn)
    return max(0, now_us - since_us) if since_us else 0


@dataclass(frozen=True, slots=True)
class Refused:
    """A log that is signed no further, since when and why; "" is the deployment's own."""

    tenant: str
    since_us: int
    why: str


@dataclass(frozen=True, slots=True)
class Signing:
    """Whether anything was ever signed, how long the log that waits longest has waited, and which are refused."""

    ever: bool
    waits_s: float
    refused: tuple[Refused, ...]


def signing(conn: Connection, now_us: int, seen: Callable[[str], bool]) -> Signing:
    """How it goes with the signatures; of refused logs those of tenants that somebody sees."""
    refused = [
        Refused(one.tenant, one.since_us, one.why)
        for one in heads.refusals(conn)
        if not one.tenant or seen(one.tenant)
    ]
    return Signing(bool(heads.deployment(conn)), waits_us(conn, now_us) / 1e6, tuple(refused))


@dataclass(slots=True)
class Unsigned:
    """Looks now and then whether logs are signed, where they ever were, and says so once when they are not."""

    controller: Controller
    _late: bool = (
        False  # at the look before: what is told late looks as if it had waited for long
    )

    def step(self) -> None:
        """One look of a controller that acts."""
        cabinet = self.controller.cabinet
        if not self.controller.acting:
            return
        try:
            with cabinet.store.read() as conn:
                if not heads.deployment(conn):
                    return
                late, told = waits_us(conn, cabinet.now_us()) > LATE_US, _told(conn)
            before, self._late = self._late, late
            if (late and before and not told) or (told and not late):
                with cabinet.tenure.writing() as conn:
                    _report(conn, UNSIGNED if late else SIGNED, cabinet.now_us())
        except (StoreError, StandsBy, LeaseLost):
            return  # the controller's own loop says so


def _told(conn: Connection) -> bool:
    """Whether people were told that logs wait, and not yet that they are signed again."""
    found: dict[str, int] = {type: seq for type, seq in conn.execute(_NEWEST)}
    return found.get(UNSIGNED, 0) > found.get(SIGNED, 0)


def _report(conn: Connection, type: str, now_us: int) -> None:
    events.append(
        conn,
        tenant="",
        type=type,
        actor=CONTROLLER.body(),
        object={"kind": "part", "id": "signer"},
        at_us=now_us,
    )
