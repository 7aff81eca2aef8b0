"""Rollbacks that wait although harm is shown: told once when the wait begins, and once when it is over.

A wait belongs to one standing and one cause; the event log remembers it for whoever acts next.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import Connection, select

from cutover import deeds, history
from cutover.history import Key
from cutover.people import Deed
from cutover.rollout import Rollout
from mirror.journal import events
from mirror.journal.tables import event

WAITS, WAITED, ALARMED = "rollback.waits", "rollback.waited", "rollback.alarm"
BLAMED = "candidate.slow_together"


class Cause(StrEnum):
    """What a rollback waits for."""

    BLAME = "blame"  # the effect of another one's rollback
    PRIMARY = "primary"  # a primary that answers
    PACE = "pace"  # its turn: the primary takes only so much at a time


@dataclass(frozen=True, slots=True)
class Wait:
    """Since when a rollback waits, or waited, and until when at most; 0 where nobody knows.

    `answers`: bad answers go on meanwhile.
    """

    since_us: int
    until_us: int = 0
    over: bool = False
    answers: bool = False


def begin(conn: Connection, rollout: Rollout, cause: Cause, wait: Wait, deed: Deed) -> None:
    """Appends that a rollback waits, and why."""
    told = {
        "since_us": wait.since_us,
        "until_us": wait.until_us,
        "answers": wait.answers,
    }
    history.report(conn, rollout, WAITS, deed, _details(rollout, cause) | told)


def end(conn: Connection, rollout: Rollout, cause: Cause, wait: Wait, deed: Deed) -> None:
    """Appends that a rollback waits no more, and for how long it did since it first waited."""
    told = {"waited_s": round((deed.at_us - wait.since_us) / 1_000_000)}
    history.report(conn, rollout, WAITED, deed, _details(rollout, cause) | told)


def alarm(conn: Connection, rollout: Rollout, deed: Deed) -> None:
    """Appends that a rollback goes to a primary that fails too."""
    history.report(conn, rollout, ALARMED, deed, _details(rollout, Cause.PRIMARY))


def blame(
    conn: Connection, candidate: str, blamed: Key, others: Iterable[Key], deed: Deed
) -> None:
    """Appends whose widening is undone for whom: in the deployment's own log, for it names several tenants."""
    deeds.report(
        conn,
        deed,
        BLAMED,
        ("candidate", candidate),
        details={
            "undone": "/".join(blamed),
            "waiting": sorted("/".join(one) for one in others),
        },
    )


def begun(conn: Connection, rollout: Rollout) -> dict[Cause, Wait]:
    """The last wait of the present standing's rollback for each cause."""
    rows = conn.execute(
        select(event.c.type, event.c.body)
        .where(event.c.type.in_((WAITS, WAITED)), event.c.tenant == rollout.tenant)
        .order_by(event.c.seq)
    )
    mine, found = f"{rollout.tenant}/{rollout.route}", dict[Cause, Wait]()
    for row in rows:
        said = json.loads(row.body)
        of = said["details"]
        if said["object"]["id"] == mine and of["epoch"] == rollout.epoch:
            cause = Cause(of["cause"])
            if row.type == WAITS:
                answers = of.get("answers", False)  # older ones do not say
                found[cause] = Wait(of["since_us"], of["until_us"], answers=answers)
            elif cause in found:
                found[cause] = replace(found[cause], over=True)
    return found


def _details(rollout: Rollout, cause: Cause) -> dict[str, events.Value]:
    return {"epoch": rollout.epoch, "cause": cause.value, "stage": rollout.stage.value}
