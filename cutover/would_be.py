"""Decisions of a dry run: what would have been done to a rollout, written once with its evidence.

What would have followed is not known: the rollout stays where it is, and its evidence goes on as if
nothing had been decided. Functions that take a connection work in the caller's transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert, select

from cutover import people_tables
from cutover.decide import Apply, Propose
from cutover.history import Key, report
from cutover.people import Deed
from cutover.rollout import Rollout
from cutover.stages import Signal
from mirror.journal.events import Value
from policies.policy import Step


@dataclass(frozen=True, slots=True)
class WouldBe:
    """One decision that was not carried out. Shares are percents; `evidence` is canonical JSON.

    `needed` people would have been asked; 0 where it would have been done at once.
    """

    tenant: str
    route: str
    epoch: int
    signal: Signal
    from_share: float
    to_share: float
    needed: int
    at_us: int
    reason: str
    evidence: str

    @property
    def kind(self) -> str:
        """The end of its event's name: would_roll_back, would_propose or would_promote."""
        if self.signal is Signal.ROLL_BACK:
            return "would_roll_back"
        return "would_propose" if self.needed else "would_promote"

    @property
    def sentence(self) -> str:
        """What would have been done, and why."""
        done = {
            "would_roll_back": "it would have been rolled back",
            "would_propose": f"the move to {self.to_share:g} % of the sessions would have been proposed",
            "would_promote": f"it would have moved to {self.to_share:g} % of the sessions",
        }[self.kind]
        return f"DRY RUN: {done}, and nothing was moved: {self.reason}"


def made(
    rollout: Rollout,
    decided: Apply | Propose,
    steps: tuple[Step, ...],
    at_us: int,
    evidence: str,
) -> WouldBe:
    """A decision as what would have been."""
    after = rollout.after(decided.signal, at_us)
    return WouldBe(
        tenant=rollout.tenant,
        route=rollout.route,
        epoch=rollout.epoch,
        signal=decided.signal,
        from_share=rollout.share(steps),
        to_share=after.share(steps),
        needed=decided.needed if isinstance(decided, Propose) else 0,
        at_us=at_us,
        reason=decided.reason,
        evidence=evidence,
    )


def is_new(known: Iterable[WouldBe], epoch: int, signal: Signal) -> bool:
    """Whether a decision is to be written: each once in a standing, and none after a rollback would have ended it."""
    before = {one.signal for one in known if one.epoch == epoch}
    return signal not in before and Signal.ROLL_BACK not in before


def record(conn: Connection, one: WouldBe, rollout: Rollout, deed: Deed) -> None:
    """Writes what would have been, and its event."""
    conn.execute(
        insert(people_tables.would_be).values(**asdict(one) | {"signal": one.signal.value})
    )
    details: dict[str, Value] = {
        "signal": one.signal.value,
        "stage": rollout.stage.value,
        "from_share": f"{one.from_share:g}",
        "to_share": f"{one.to_share:g}",
        "needed": one.needed,
        "epoch": one.epoch,
        "attempt": rollout.attempt,
        "candidate": rollout.candidate,
        "evidence_sha256": hashlib.sha256(one.evidence.encode()).hexdigest(),
    }
    report(conn, rollout, f"dry_run.{one.kind}", deed, details)


def of(conn: Connection, key: Key) -> tuple[WouldBe, ...]:
    """All that would have been done to a rollout, the first one first."""
    table = people_tables.would_be
    query = (
        select(table)
        .where(table.c.tenant == key[0], table.c.route == key[1])
        .order_by(table.c.at_us)
    )
    rows = conn.execute(query).mappings()
    return tuple([WouldBe(**{**row, "signal": Signal(row["signal"])}) for row in rows])
