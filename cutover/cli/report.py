"""`crossfade report`: what left for the cloud, who saw what, and why a tenant was promoted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cutover.cli.moments import MomentType
from cutover.cli.options import data_option, fail, home_with_store
from cutover.cli.pack import pack
from cutover.counting import counted
from mirror.journal.home import Home

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cutover.reports.authority import Authority
    from cutover.reports.departed import Group

_Decorated = Callable[..., Any]
SHOWN = 200
"""Rows of a table on a terminal."""
_COLUMN = 14
"""Characters below which a column of dates and names cannot be read."""
_KNOWN, _KNOWN_LEFT = f"{__name__}.moves", f"{__name__}.left"
FOREVER_US = 253_000_000_000_000_000


def asked(command: _Decorated) -> _Decorated:
    """Whose log, between which moments, and how it is written."""
    for wrap in (
        click.option("--tenant", required=True, help="Whose log."),
        click.option("--from", "from_us", default=0, type=MomentType(), metavar="MOMENT",
                     help="The first moment, as in 2026-10-01; UTC unless it says otherwise."),
        click.option("--to", "to_us", default=FOREVER_US, type=MomentType(), metavar="MOMENT",
                     help="The first moment that is no part of it any more."),
        click.option("--json", "form", flag_value="json", help="As JSON."),
        click.option("--csv", "form", flag_value="csv", help="Every row as CSV."),
        data_option,
    ):  # fmt: skip
        command = wrap(command)
    return command


@click.group()
def report() -> None:
    """Reports of what is on record. They read the store alone: no controller is needed."""


report.add_command(pack)


@report.command()
@asked
def egress(data: Path, form: str | None, **of: Any) -> None:
    """What left for a cloud, when, of which patient's pseudonym, and under whose authority.

    The table counts requests that have these in common; --csv has a row for each request.
    """
    found = _departed(data, form, of)
    if found is None:
        return
    if form == "json":
        _json(of["tenant"], "groups", (one.body() for one in found))
        return
    total = sum([one.requests for one in found]), sum([one.sent_bytes for one in found])
    _table(
        {"patient": "subject", "for": "purpose", "to": "upstream", "requests": "requests", "bytes": "sent_bytes",
         "first": "first_plus8", "last": "last_plus8", "policy": "policy_sha256", "in force by": "in_force_by"},
        [one.body() for one in found[:SHOWN]], len(found),
    )  # fmt: skip
    click.echo(
        f"{counted(total[0], 'request')} with {counted(total[1], 'byte')} left for a cloud"
    )
    if doubted := sum([one.in_doubt for one in found]):
        click.echo(
            f"{counted(doubted, 'request')} of a time out of the log's order, maybe under another policy; --csv tells of each "
            "when it was recorded"
        )


@report.command()
@asked
def access(data: Path, form: str | None, **of: Any) -> None:
    """Who saw, exported or destroyed which payloads."""
    from cutover.reports import reading, seen

    with _reading(data) as (conn, _):
        types = reading.types_in(conn, seen.PREFIXES)
        events, signed = list(_told(conn, of, types)), reading.signed(conn, of["tenant"])
        rows = list(seen.rows(events, signed))
    _tell(signed.said(events))
    if form == "csv":
        _csv(seen.COLUMNS, iter(rows))
    elif form == "json":
        _json(of["tenant"], "rows", rows)
    else:
        _table(
            {"when": "at_plus8", "who": "actor", "roles": "roles", "what": "type", "of": "of", "exchanges": "exchanges",
             "which": "exchange_ids", "profile": "profile", "agreed": "approved_by", "why": "reason"},
            rows,
        )  # fmt: skip


@report.command()
@asked
def promotion(data: Path, form: str | None, **of: Any) -> None:
    """Why a tenant's rollouts were moved: who approved what, and whether the evidence comes out again.

    Exit code 1 where something differs from what was recorded, as of `crossfade replay`.
    """
    from cutover.reports import promoted

    found = _moves(data, of)
    if form == "csv":
        _csv(promoted.COLUMNS, map(promoted.flat, found))
    elif form == "json":
        _json(of["tenant"], "moves", found)
    else:
        _table(
            {"when": "at_plus8", "move": "move", "by": "actor", "why": "reason", "approved by": "approved_by",
             "evidence": "evidence_again", "verdict": "verdict_again"},
            [promoted.flat(one) | {"reason": one["reason"]} for one in found],
        )  # fmt: skip
    if any("differs" in (one["evidence_again"], one["verdict_again"]) for one in found):
        raise SystemExit(1)


@contextmanager
def _reading(data: Path) -> Iterator[tuple[Connection, Home]]:
    from mirror.journal.store import Store, StoreError

    home = home_with_store(data)
    try:
        store = Store.open(home.store_url)
        with closing(store), store.read() as conn:
            yield conn, home
    except StoreError as error:
        fail(str(error))


def policies(conn: Connection) -> Authority:
    """The policies that came into force, whatever times they tell."""
    from cutover.reports import authority, reading

    every = reading.told(conn, "", [authority.TYPE], (0, FOREVER_US))
    return authority.Authority(every, reading.signed(conn, ""))


def _told(conn: Connection, of: Mapping[str, Any], types: Any) -> Iterator[dict[str, Any]]:
    """The events of a report; on stderr how many of the span's bundle it leaves out, where a clock was wrong."""
    from cutover.reports import reading

    span = of["from_us"], of["to_us"]
    left = 0 if span == (0, FOREVER_US) else reading.strays(conn, of["tenant"], types, span)
    if left:
        click.echo(
            f"crossfade: {counted(left, 'event')} between those of this time tell another, for a clock was wrong; the "
            "bundle of the same time has them, and this report has not",
            err=True,
        )
    return reading.told(conn, of["tenant"], types, span)


def _tell(said: Iterable[str]) -> None:
    for one in said:
        click.echo(f"crossfade: {one}", err=True)


def _departed(data: Path, form: str | None, of: Mapping[str, Any]) -> list[Group] | None:
    """What left, as groups; None where every row was written as CSV. A pack asks for one after the other: all is read once."""
    from cutover.reports import departed, reading

    ctx = click.get_current_context()
    known, asked = ctx.meta.setdefault(_KNOWN_LEFT, {}), _asked(data, of)
    if form == "csv" or asked not in known:
        with _reading(data) as (conn, _):
            authority, signed = policies(conn), reading.signed(conn, of["tenant"])
            events = _told(conn, of, [departed.TYPE])
            if form != "csv":
                return departed.groups(events, authority, signed)
            groups = departed.Groups(authority, signed)
            noted = groups.noting(events) if _is_of_pack(ctx) else events
            _csv(departed.COLUMNS, departed.rows(noted, authority, signed))
            if noted is not events:
                known[asked] = groups.told()
            return None
    found: list[Group] = known.pop(asked)
    return found


def _is_of_pack(ctx: click.Context) -> bool:
    """Whether a report is asked for by `report pack`."""
    return ctx.parent is not None and ctx.parent.command is pack


def _asked(data: Path, of: Mapping[str, Any]) -> tuple[object, ...]:
    return data, of["tenant"], of["from_us"], of["to_us"]


def _moves(data: Path, of: Mapping[str, Any]) -> list[dict[str, object]]:
    """The moves of a report. A pack asks for them in one form after the other: they are computed once."""
    from cutover.reports import promoted, reading

    known = click.get_current_context().meta.setdefault(_KNOWN, {})
    asked = _asked(data, of)
    if asked not in known:
        with _reading(data) as (conn, home):
            events = list(_told(conn, of, promoted.TYPES))
            signed = reading.signed(conn, of["tenant"])
            again = _again(conn, home, of["tenant"], promoted.wanted(events))
            known[asked] = promoted.moves(events, again, signed)
        _tell(signed.said([one for one in events if one["type"] == promoted.MOVED]))
    found: list[dict[str, object]] = known[asked]
    return found


def _again(
    conn: Connection, home: Home, tenant: str, wanted: Mapping[str, set[int]]
) -> dict[str, list[Any]]:
    """The evidence behind these moves of a tenant's rollouts, computed once more, by rollout."""
    from functools import partial

    from cutover import history
    from cutover.bygone import Bygone
    from cutover.collecting import seldom_collected
    from cutover.evidence.replay import replay

    kept = Bygone(home.policies, [])
    found = {}
    for key in history.rollouts(conn):
        epochs = wanted.get("/".join(key), set())
        if key[0] == tenant and epochs:
            with seldom_collected():
                again = list(replay(conn, key, partial(kept.rules, key), epochs))
            found["/".join(key)] = again
    return found


def _csv(columns: tuple[str, ...], rows: Iterator[Mapping[str, Any]]) -> None:
    from cutover.verifying.cells import csv_header, csv_line

    click.echo(csv_header(columns).encode(), nl=False)
    for many in batched(rows, 1000):
        click.echo("".join(map(csv_line, many)).encode(), nl=False)


def _json(tenant: str, name: str, rows: Iterable[object]) -> None:
    """One object, written piece by piece: a year of a large clinic is not held twice."""
    click.echo(f'{{"tenant": {json.dumps(tenant)}, "{name}": [', nl=False)
    between = ""
    for many in batched(rows, 1000):
        click.echo(between + ", ".join(map(json.dumps, many)), nl=False)
        between = ", "
    click.echo("]}")


def _table(columns: Mapping[str, str], rows: list[Any], count: int | None = None) -> None:
    """The first rows; of `count` where they are not all."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from cutover.verifying.cells import harmless

    console = Console()
    narrow = console.width < _COLUMN * len(columns)  # a row each then, a line a cell
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_header=not narrow)
    for title in ("", "") if narrow else columns:
        table.add_column(title, overflow="fold")
    for row in rows[:SHOWN]:
        cells = [row[name] for name in columns.values()]
        told = [
            Text(harmless(f"{cell:,}" if isinstance(cell, int) else str(cell or "-")))
            for cell in cells
        ]
        if narrow:
            for title, text in zip(columns, told, strict=True):
                table.add_row(title, text)
            table.add_section()
        else:
            table.add_row(*told)
    console.print(table if rows else "nothing is on record there")
    more = (len(rows) if count is None else count) - SHOWN
    if (
        more > 0
    ):  # a terminal takes minutes to draw a year of a large clinic, and nobody reads it
        console.print(f"and {counted(more, 'more row')}; --csv and --json have all")
