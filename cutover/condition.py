"""How the deployment is: proxies, work, spool and ledger. What cannot be known says so, and is no 0."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, literal, select, union_all

from compare.ledger import comparisons
from mirror import backlog, obeyed
from mirror.journal import segments
from mirror.journal.tables import ALONE, event, exchange, work
from mirror.publish import FENCE

_COMPARISONS, _GAPS = "comparisons", "gaps"  # beside the outcomes, as no outcome is called
OUTCOMES = ("excluded", "unsampled", "shed", "failed", "pending", "compared")


@dataclass(frozen=True, slots=True)
class Obeys:
    """One proxy process of this machine: the version of the route table that it obeys, and since when.

    `number` counts the tables of one controller's turn to act, `turn` those turns; a version is both.
    """

    name: str
    version: int
    since_us: int
    behind: bool
    turn: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class Proxies:
    """Those of this machine that live. `why` says why they are unknown, "" where they are known."""

    proxies: tuple[Obeys, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Busy:
    """One process that sends copies or scores, by how many pieces of work it holds. Who holds none is not known."""

    owner: str
    kind: str
    held: int


@dataclass(frozen=True, slots=True)
class Queue:
    """Work of one kind that is not ended, and for how many seconds the oldest exchange of it waits."""

    kind: str
    count: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class Spool:
    """Records of this machine's proxies that are not in the store yet; None where that cannot be read.

    `oldest_us` is when the oldest part that has ended was last written, None where there is none.
    """

    bytes: int | None
    oldest_us: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Sums:
    """The exact ledger of all rollouts together. `adds_up` says whether every exchange that counts as compared has its comparison.

    `gaps` counts the events that tell of records that were lost.
    """

    seen: int
    outcomes: Mapping[str, int]
    comparisons: int
    adds_up: bool
    gaps: int


def proxies(folder: Path) -> Proxies:
    """The proxies that tell in a folder which route table they obey."""
    try:
        told = obeyed.told(folder)
    except OSError as error:
        return Proxies(why=f"{folder} cannot be read: {error.strerror}")
    if not told:
        return Proxies(why="no proxy of this machine tells which route table it obeys")
    newest = max((max(course, default=0) for course in told.values()), default=0)
    found = [_obeys(name, course, newest) for name, course in sorted(told.items())]
    return Proxies(tuple(found))


def _obeys(name: str, course: obeyed.Course, newest: int) -> Obeys:
    version = max(course, default=0)
    turn, number = divmod(version, FENCE)
    behind = version < newest
    return Obeys(name, version, course.get(version, 0), behind, turn, number)


def busy(conn: Connection, now_us: int) -> tuple[Busy, ...]:
    """Who holds work now."""
    query = (
        select(work.c.owner, work.c.kind, func.count())
        .where(work.c.leased_until_us > now_us, work.c.owner != "")
        .group_by(work.c.owner, work.c.kind)
        .order_by(work.c.owner, work.c.kind)
    )
    return tuple(Busy(*row) for row in conn.execute(query))


def queues(conn: Connection, now_us: int, seen: Callable[[str], bool]) -> tuple[Queue, ...]:
    """What waits, of the tenants that somebody sees."""
    found: dict[str, list[backlog.Waiting]] = {}
    for one in backlog.waiting(conn):
        if seen(one.tenant):
            found.setdefault(one.kind, []).append(one)
    return tuple(_queue(kind, waiting, now_us) for kind, waiting in sorted(found.items()))


def _queue(kind: str, waiting: Sequence[backlog.Waiting], now_us: int) -> Queue:
    oldest_us = min(one.oldest_us for one in waiting)
    return Queue(kind, sum(one.count for one in waiting), max(0, now_us - oldest_us) / 1e6)


def spool(folder: Path) -> Spool:
    """How much lies in the spools of this machine."""
    try:
        parts = [one for one in folder.iterdir() if one.is_dir()]
        left = [segments.left(one) for one in parts]
    except OSError as error:
        return Spool(None, why=f"{folder} cannot be read: {error.strerror}")
    ended = [round(at_s * 1e6) for _, at_s in left if at_s]
    return Spool(sum(size for size, _ in left), min(ended, default=None))


def sums(conn: Connection) -> Sums:
    """The ledger of every rollout added up, and held against the comparisons there are.

    All of it in one statement: between two of them a worker may write both. It takes longer the more there ever was,
    so who answers people asks through a `Tally`.
    """
    keys = (exchange.c.tenant, exchange.c.route, exchange.c.outcome)  # in the order of an index
    of = select(exchange.c.outcome, func.count()).group_by(*keys)
    rows = select(literal(_COMPARISONS), func.count()).select_from(comparisons)
    # What stood alone was looked at, and counts as what it is in the ledger: excluded or failed.
    alone = select(literal(_COMPARISONS), -func.count()).select_from(comparisons).where(ALONE)
    gaps = select(literal(_GAPS), func.count()).where(event.c.type == "audit.gap")
    found: Counter[str] = Counter()
    for name, count in conn.execute(union_all(of, rows, alone, gaps)):
        found[name] += count
    outcomes = {name: found[name] for name in OUTCOMES}
    return Sums(
        seen=sum(outcomes.values()),
        outcomes=outcomes,
        comparisons=found[_COMPARISONS],
        adds_up=outcomes["compared"] == found[_COMPARISONS],
        gaps=found[_GAPS],
    )
