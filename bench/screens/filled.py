"""A large store, as months of traffic and of people at work would have filled it; all of it written in bulk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Table, insert, select, text, update

from bench.tick import COMPARISON, EXCHANGE, SECOND, World, policy_of
from compare.flagged import flagged
from compare.ledger import comparisons
from cutover import people, tables
from cutover.emergency import incidents
from cutover.people import Actor, Deed, Kind, Role
from cutover.people_tables import comparison_label
from mirror.journal import events
from mirror.journal import tables as journal
from policies.policy import Policy

type Told = Callable[[int], None]
"""Is told how many more there are."""

BATCH, EVENTS_AT_ONCE = 50_000, 5_000
FLAGS = (
    ("LENGTH_RATIO", "info", 8),
    ("SIDE_CONFLICT", "review", 50),
    ("DOSE_CONFLICT", "fail", 400),
)
"""Code, severity, and of how many comparisons one has it."""
KINDS = ("rollout.held", "state.transition", "approval.given", "comparison.opened")
PEOPLE = 200
ROOT = Actor(Kind.HUMAN, "os:root")


def planned(rollouts: int) -> Policy:
    """The clinics of the benchmark of a tick, with a plan of three entries over all of them."""
    plan = {
        "name": "fleet",
        "starts": "2024-01-01 08:00",
        "entries": [
            {"name": "all-in-mirror", "rollouts": ["*/chat"], "until": "mirror"},
            {"name": "first-ten", "rollouts": ["clinic-0000*/chat"], "until": "step 1", "day": 9},
            {"name": "the-rest", "rollouts": ["*/chat"], "day": 10, "if_held": ["first-ten"]},
        ],
    }  # fmt: skip
    written = policy_of(rollouts).model_dump(mode="json", exclude_none=True)
    return Policy.model_validate(written | {"plan": plan})


def compared(world: World, each: int, told: Told) -> None:
    """As many comparisons of every rollout, a tenth of a second apart, in an order that mixes them.

    The store makes the rows itself, and its indexes after them: a row at a time takes it ten times as long.
    """
    names, began_us = len(world.policy.tenants), world.now_us
    indexes = [
        index for table in (journal.exchange, comparisons, flagged) for index in table.indexes
    ]
    with world.store.write() as conn:
        for index in indexes:
            index.drop(conn)
    for start in range(1, names * each + 1, BATCH):
        end = min(start + BATCH - 1, names * each)
        given = {
            "start": start,
            "end": end,
            "names": names,
            "began": began_us,
            "evidence": world.evidence,
        }
        with world.store.write() as conn:
            for statement in _STATEMENTS:
                conn.execute(text(statement), given)
        told(end - start + 1)
    with world.store.write() as conn:
        for index in indexes:
            index.create(conn)
    world.now_us = began_us + names * each * SECOND // 10


def _inserted(table: Table, constants: Mapping[str, Any], made: Mapping[str, str]) -> str:
    """A statement that adds the rows :start to :end: `made` are expressions of the row's number `n`."""
    columns = {name: _literal(value) for name, value in constants.items()} | made
    return (
        "WITH RECURSIVE one(n) AS (SELECT :start UNION ALL SELECT n + 1 FROM one WHERE n < :end) "
        f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM one"
    )


def _literal(value: object) -> str:
    match value:
        case bool() | int() | float():
            return f"{value:d}" if isinstance(value, bool) else f"{value}"
        case bytes():
            return f"X'{value.hex()}'"
        case _:
            # A colon would be read as a parameter's.
            return "'" + str(value).replace("'", "''").replace(":", "\\:") + "'"


def _having(nth: int, of: int) -> str:
    """Whether a comparison has a flag that one of so many has."""
    return f"(n * {2654435761 + 2 * nth} & 4294967295) / 128 % {of} = 0"


_PLACE = "printf('%05d', n * 7919 % :names)"
_AT = ":began + n * 100000"
_SAME = {
    "tenant": f"'clinic-' || {_PLACE}",
    "route": "'chat'",
    "session": "'s' || (n / 5)",
    "accepted_us": f"{_AT} - 500000",
}
_ID = "printf('%012x-7000-8000-%015x', (:began + n * 100000) / 1000, n)"
_FLAGS = " || ".join(
    f"iif({_having(nth, of)}, ',[\"{code}\",\"{grave}\"]', '')"
    for nth, (code, grave, of) in enumerate(FLAGS)
)
_KEPT_WITH_EACH = ("epoch", "stage", "serving")
_STATEMENTS = (
    _inserted(
        journal.exchange, EXCHANGE | {"outcome": "compared", "kept": ""}, _SAME | {"id": _ID}
    ),
    _inserted(
        comparisons,
        COMPARISON | {name: EXCHANGE[name] for name in _KEPT_WITH_EACH} | {"streaming": False},
        _SAME
        | {
            "number": "n",
            "exchange_id": _ID,
            "flags": f"'[' || substr({_FLAGS}, 2) || ']'",
            "evidence": ":evidence",
            "recorded_key": "'k' || n",
            "at_us": _AT,
        },
    ),
    *(
        "INSERT INTO comparison_flag (number, code, severity, tenant, route) "
        f"SELECT number, '{code}', '{grave}', tenant, route FROM comparison "
        f"WHERE number BETWEEN :start AND :end AND instr(flags, '{code}')"
        for code, grave, _ in FLAGS
    ),
)


def moved(world: World) -> None:
    """Some rollouts elsewhere than in mirror, so that searches find and miss."""
    elsewhere = (
        {"stage": "live"},
        {"held_by": "erik", "hold_reason": "a look first"},
        {"stage": "off", "epoch": 0},
    )
    with world.store.write() as conn:
        for nth, values in enumerate(elsewhere):
            chosen = list(world.policy.tenants)[nth + 1 :: 7]
            here = tables.rollout.c.tenant.in_(chosen)
            conn.execute(update(tables.rollout).where(here).values(**values))


def worked(world: World, count: int, told: Told) -> str:
    """People, and what they did: events, labels and incidents. Returns the token of one who leads."""
    with world.store.write() as conn:
        token = people.add(conn, "anna", [Role.LEAD], by=ROOT, at_us=1)
        for number in range(PEOPLE):
            people.add(conn, f"person-{number}", [Role.ENGINEER], by=ROOT, at_us=1)
    for start in range(0, count, EVENTS_AT_ONCE):
        _logged(world, range(start, min(start + EVENTS_AT_ONCE, count)))
        told(EVENTS_AT_ONCE)
    _labelled(world, count)
    _reported(world)
    return token


def _logged(world: World, some: range) -> None:
    names = list(world.policy.tenants)
    with world.store.write() as conn:
        for place in some:
            tenant = names[place % len(names)]
            events.append(
                conn,
                tenant=tenant,
                type=KINDS[place % len(KINDS)],
                actor={"kind": "human", "name": f"person-{place % PEOPLE}"},
                object={"kind": "rollout", "id": f"{tenant}/chat"},
                at_us=world.now_us - place * 1_000,
                reason="as the policy says",
            )


def _labelled(world: World, count: int) -> None:
    with world.store.write() as conn:
        some = (comparisons.c.number, comparisons.c.exchange_id, comparisons.c.tenant)
        found = conn.execute(select(*some).where(comparisons.c.number % 100 == 0).limit(count))
        rows = [
            {"number": number, "exchange_id": of, "tenant": tenant, "route": "chat"}
            | {"name": f"person-{number % PEOPLE}", "label": "same", "note": "", "at_us": world.now_us}
            for number, of, tenant in found
        ]  # fmt: skip
        conn.execute(insert(comparison_label), rows)


def _reported(world: World) -> None:
    """An incident of every fiftieth clinic, one in four of them still open."""
    with world.store.write() as conn:
        for place, tenant in enumerate(list(world.policy.tenants)[::50]):
            one = select(comparisons.c.exchange_id).where(comparisons.c.tenant == tenant)
            exchange = conn.scalars(one.limit(1)).first()
            if exchange is None:
                continue
            deed = Deed(ROOT, world.now_us, "a wrong dose")
            incident = incidents.report(conn, exchange, (tenant, "chat"), None, deed)
            if place % 4:
                incidents.close(conn, incident, deed)
