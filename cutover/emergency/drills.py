"""Drills: rehearsed rollbacks on live traffic, with their times. Pure but for the tables.

A drill sends everything of one rollout to its primary, as a rollback does, and gives it back after a
while. The rollout stays in its stage: what it has shown is kept, and the step it returns to was
approved. Times are microseconds of UTC; 0 stands for what has not happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection, insert, select, update

from cutover import deeds, tables
from cutover.emergency.switches import Emergency, Switches
from cutover.history import Key
from cutover.people import Deed
from mirror.exchange import Leg, Outcome, Side
from mirror.journal import events
from mirror.journal.tables import exchange, reply
from mirror.obeyed import Course, since_us

WITHIN_US = 1_000_000
"""A rollback that takes longer, from its decision to the last proxy, has not passed its drill."""
_DIED = Outcome.FAILED.value  # with its process; its answer never ends
_SEEN_BEFORE_US = 900_000_000  # an answer that began longer ago is not looked for

_AWAY = ("as its stage says", "everything to the primary")

_drill = tables.drill.c


@dataclass(frozen=True, slots=True)
class Drill:
    """One drill. `version` and `back_version` are those of the tables that sent all away and gave it back.

    `followed_us` is when the last of `proxies` obeyed the first, `back_followed_us` the second.
    """

    id: int
    tenant: str
    route: str
    epoch: int
    by: str
    reason: str
    at_us: int
    until_us: int
    published_us: int = 0
    version: int = 0
    followed_us: int = 0
    proxies: int = 0
    back_us: int = 0
    back_version: int = 0
    back_followed_us: int = 0
    ended_us: int = 0
    why: str = ""

    @property
    def key(self) -> Key:
        """The rollout that is drilled."""
        return self.tenant, self.route

    @property
    def away(self) -> bool:
        """Whether everything goes to the primary now."""
        return not self.back_us and not self.ended_us


@dataclass(frozen=True, slots=True)
class Measured:
    """What the ledger says of a drill: requests that the primary answered, and the candidate's last ones.

    `last_chosen_us` is when the last request came that the candidate was still chosen for after the
    decision, `last_answer_us` when its last answer ended, and `still_open` how many of them have not.
    """

    by_primary: int
    last_chosen_us: int
    last_answer_us: int
    still_open: int


def unended(conn: Connection) -> tuple[Drill, ...]:
    """Those under way, the first one first."""
    rows = conn.execute(
        select(tables.drill).where(_drill.ended_us == 0).order_by(_drill.id)
    ).mappings()
    return tuple([Drill(**row) for row in rows])


def diverting(switches: Switches, drills: Iterable[Drill]) -> Switches:
    """All switches, with the drills that send everything to the primary for a while among the emergencies."""
    away = [one for one in drills if one.away]
    drilled = [Emergency(*one.key, one.by, one.reason, one.at_us) for one in away]
    return replace(switches, emergencies=(*switches.emergencies, *drilled))


def latest(conn: Connection, key: Key, limit: int = 20) -> list[Drill]:
    """A rollout's latest drills, the first one first."""
    query = (
        select(tables.drill)
        .where(_drill.tenant == key[0], _drill.route == key[1])
        .order_by(_drill.id.desc())
        .limit(limit)
    )
    return [Drill(**row) for row in conn.execute(query).mappings()][::-1]


def begin(conn: Connection, key: Key, epoch: int, until_us: int, deed: Deed) -> Drill:
    """Records that a drill begins, with its event."""
    row = asdict(
        Drill(0, *key, epoch, deed.actor.name, deed.reason, at_us=deed.at_us, until_us=until_us)
    )
    del row["id"]
    made = conn.execute(insert(tables.drill).values(**row)).inserted_primary_key
    assert made is not None, "the store numbers it"
    begun = Drill(made[0], **row)
    said = {"drill": begun.id, "until_us": until_us, **events.changed(*_AWAY)}
    _report(conn, begun, "drill.begun", deed, said)
    return begun


def save(conn: Connection, drill: Drill) -> None:
    """Writes how far a drill has come."""
    values = asdict(drill)
    conn.execute(update(tables.drill).where(_drill.id == values.pop("id")).values(**values))


def end(conn: Connection, drill: Drill, measured: Measured, deed: Deed) -> None:
    """Writes a drill's end and its event: `drill.passed`, or `drill.failed` with why."""
    save(conn, drill)
    type = "drill.failed" if drill.why else "drill.passed"
    told = Deed(deed.actor, deed.at_us, drill.why or drill.reason)
    said = {"drill": drill.id, "by": drill.by, **times(drill, measured)}
    _report(conn, drill, type, told, said | events.changed(*_AWAY[::-1]))


def followed(courses: Mapping[str, Course], version: int) -> tuple[int, int]:
    """When the last of the proxies came to a table, 0 while one has not; and how many there are."""
    moments = [since_us(course, version) for course in courses.values()]
    return (max(moments) if moments and all(moments) else 0), len(moments)


def measure(conn: Connection, drill: Drill) -> Measured:
    """What the ledger says of a drill until now."""
    back_us = drill.back_us or drill.until_us
    # Given back while the last proxy obeys the second table: its first answers are no late ones.
    of = (
        exchange.c.tenant == drill.tenant,
        exchange.c.route == drill.route,
        exchange.c.epoch == drill.epoch,
        exchange.c.accepted_us > drill.at_us - _SEEN_BEFORE_US,
        exchange.c.accepted_us < back_us,
    )
    served = (reply.c.exchange_id == exchange.c.id) & (reply.c.leg == Leg.SERVED.value)
    rows = conn.execute(
        select(
            exchange.c.accepted_us,
            exchange.c.serving,
            exchange.c.outcome,
            reply.c.side,
            (reply.c.sent_us + reply.c.total_us).label("ended_us"),
        )
        .select_from(exchange.outerjoin(reply, served))
        .where(*of)
    ).all()
    ours = [row for row in rows if row.serving == Side.CANDIDATE.value]
    answers = [row.ended_us for row in ours if row.side == Side.CANDIDATE.value]
    after = drill.followed_us or drill.at_us
    return Measured(
        by_primary=sum(
            row.side == Side.PRIMARY.value and row.accepted_us > after for row in rows
        ),
        last_chosen_us=max(
            [row.accepted_us for row in ours if row.accepted_us > drill.at_us], default=0
        ),
        last_answer_us=max([ended for ended in answers if ended > drill.at_us], default=0),
        still_open=sum(row.side is None and row.outcome != _DIED for row in ours),
    )


def shortcoming(drill: Drill, measured: Measured, *, moved_to: str) -> str:
    """Why a drill has not passed; "" where it has. `moved_to` is the stage the rollout moved to meanwhile, or ""."""
    if moved_to:
        return f"the rollout moved to {moved_to} meanwhile"
    if not drill.version:
        return "the route table could not be published"
    if not drill.proxies:
        return "no proxy told which route table it obeys"
    if not drill.followed_us:
        return "not every proxy followed"
    late_us = max(drill.followed_us, measured.last_chosen_us) - drill.at_us
    if late_us > WITHIN_US:
        return f"it took {late_us / 1e6:.2f} s until nothing was sent to the candidate any more"
    if not measured.by_primary:
        return "no request came meanwhile, and so nothing was shown"
    if not drill.back_followed_us:
        return "not every proxy went back to where it stood"
    return ""


def times(drill: Drill, measured: Measured) -> dict[str, events.Value]:
    """A drill's times in milliseconds since its decision, or since the return; None for what did not happen."""

    def since(at_us: int, from_us: int = drill.at_us) -> int | None:
        return round((at_us - from_us) / 1000) if at_us else None

    return {
        "published_ms": since(drill.published_us),
        "followed_ms": since(drill.followed_us),
        "proxies": drill.proxies,
        "last_chosen_ms": since(measured.last_chosen_us),
        "last_answer_ms": since(measured.last_answer_us),
        "still_open": measured.still_open,
        "answered_by_primary": measured.by_primary,
        "away_ms": since(drill.back_us),
        "back_followed_ms": since(drill.back_followed_us, drill.back_us),
    }


def _report(
    conn: Connection, drill: Drill, type: str, deed: Deed, details: Mapping[str, events.Value]
) -> None:
    deeds.report(
        conn,
        deed,
        type,
        ("rollout", f"{drill.tenant}/{drill.route}"),
        tenant=drill.tenant,
        outcome="failed" if type == "drill.failed" else "ok",
        details=details,
    )
