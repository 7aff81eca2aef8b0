"""What copies cost, and what the candidate's answers saved: sums by UTC day, in the store, of all processes.

Each function works in the caller's transaction, so that a leg's cost is counted exactly where its
reply is. Amounts are whole millionths of a currency.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select, update

from mirror.journal import tables
from mirror.journal.store import insert_new

DAY_US = 86_400_000_000
AVOIDED = "avoided"
"""In place of a leg: what the primary would have charged for what the candidate answered."""

_spent = tables.spending.c
_KEY = ("day", "tenant", "route", "leg", "upstream", "model", "currency")


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """What is summed together. `leg` is that of the copy, or `AVOIDED`."""

    tenant: str
    route: str
    leg: str
    upstream: str
    model: str
    currency: str


@dataclass(frozen=True, slots=True)
class Sum:
    """One account on one day. `estimated` counts the legs whose cost was guessed."""

    account: Account
    millionths: int
    legs: int
    estimated: int


@dataclass(frozen=True, slots=True)
class DaySum:
    """What copies cost on one day and what was avoided, in millionths of one currency."""

    day: int
    currency: str
    spent: int
    avoided: int


@dataclass(frozen=True, slots=True)
class Charge:
    """One leg's cost."""

    account: Account
    millionths: int
    estimated: bool


def day_of(at_us: int) -> int:
    """The number of the UTC day of a moment."""
    return at_us // DAY_US


def add(conn: Connection, day: int, charges: Iterable[Charge]) -> None:
    """Count charges of a day, in one order for everybody: who waits for each other waits in turn."""
    sums: dict[Account, list[Charge]] = defaultdict(list)
    for one in charges:
        sums[one.account].append(one)
    for account in sorted(sums):
        _add(conn, day, account, sums[account])


def _add(conn: Connection, day: int, account: Account, charges: list[Charge]) -> None:
    key: dict[str, object] = {"day": day} | {
        name: getattr(account, name) for name in _KEY if name != "day"
    }
    insert_new(conn, tables.spending, key | {"millionths": 0, "legs": 0, "estimated": 0})
    conn.execute(
        update(tables.spending)
        .where(*[_spent[name] == value for name, value in key.items()])
        .values(
            millionths=_spent.millionths + sum(one.millionths for one in charges),
            legs=_spent.legs + len(charges),
            estimated=_spent.estimated + sum(one.estimated for one in charges),
        )
    )


def of_day(conn: Connection, day: int) -> list[Sum]:
    """Every account's sum of a day."""
    columns = [_spent[name] for name in _KEY if name != "day"]
    query = select(*columns, _spent.millionths, _spent.legs, _spent.estimated)
    return [
        Sum(Account(*row[:6]), row[6], row[7], row[8])
        for row in conn.execute(query.where(_spent.day == day).order_by(*columns))
    ]


def spent(conn: Connection, day: int) -> dict[tuple[str, str, str], int]:
    """What copies cost on a day, by tenant, route and currency."""
    query = (
        select(_spent.tenant, _spent.route, _spent.currency, func.sum(_spent.millionths))
        .where(_spent.day == day, _spent.leg != AVOIDED)
        .group_by(_spent.tenant, _spent.route, _spent.currency)
    )
    return {(row[0], row[1], row[2]): int(row[3]) for row in conn.execute(query)}


def by_day(conn: Connection, first: int, end: int) -> list[DaySum]:
    """The sums of the days from `first` to before `end`, in their order; a day without any charge has none."""
    saved = case((_spent.leg == AVOIDED, _spent.millionths), else_=0)
    charged = case((_spent.leg == AVOIDED, 0), else_=_spent.millionths)
    query = (
        select(_spent.day, _spent.currency, func.sum(charged), func.sum(saved))
        .where(_spent.day >= first, _spent.day < end)
        .group_by(_spent.day, _spent.currency)
        .order_by(_spent.day, _spent.currency)
    )
    return [DaySum(row[0], row[1], int(row[2]), int(row[3])) for row in conn.execute(query)]
