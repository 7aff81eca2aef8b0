"""How a report of acceptance is shown, written and kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cutover.cli.options import fail, moment, operator

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from cutover.acceptance.report import Reached
    from cutover.acceptance.rows import Row
    from mirror.journal.home import Home

_COLOURS = {"pass": "green", "fail": "bold red"}


def keep(found: Reached, home: Home) -> None:
    """Keeps it in the store of a deployment, where `terms.acceptance` looks for it."""
    from contextlib import closing

    from cutover import accepted
    from cutover.acceptance import measured
    from cutover.people import Deed
    from mirror.journal.store import Store, StoreError

    why = f"{found.requests:,} requests, {found.concurrency} at once"
    deed = Deed(operator(), found.at_us, why)
    try:
        store = Store.open(home.store_url)
        with closing(store), store.write() as conn:
            accepted.keep(conn, found.kept, deed, found.says)
            rows = [row.told() for row in found.rows]
            measured.keep(conn, found.sha256, found.concurrency, found.requests, rows)
    except StoreError as error:
        fail(str(error))
    click.echo(f"crossfade: kept, sha256 {found.sha256}", err=True)


def write(out: Path, found: Reached) -> None:
    """NAME.json and NAME.svg."""
    import io

    from rich.console import Console

    console = Console(record=True, width=150, file=io.StringIO())
    _print(console, found)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.with_name(f"{out.name}.json").write_text(found.text)
        out.with_name(f"{out.name}.svg").write_text(console.export_svg(title="acceptance"))
    except OSError as error:
        fail(f"cannot write {out}.json and {out}.svg: {error}")


def show(found: Reached) -> None:
    """The table on the terminal."""
    from rich.console import Console

    _print(Console(), found)


def _print(console: Console, found: Reached) -> None:
    rehearsed = "" if found.policy.production else "  NOT PRODUCTION"
    console.print(
        f"{found.policy.deployment}: candidates of {found.tenant}, {moment(found.at_us)}, "
        f"{found.requests:,} requests{rehearsed}",
        markup=False,
    )
    if found.rows:
        console.print(table(found.rows))
    else:
        console.print("no target is asked for: each one of the policy's `targets` is null")
    for one in found.servers:
        console.print(f"{one['upstream']}: {one['way']}: {one['advice']}", markup=False)


def table(rows: Sequence[Row]) -> Table:
    """Target, measured, and what that comes to."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("", "target", "measured", "95 % interval", "n", "", "of what"):
        table.add_column(title, overflow="fold")
    for row in rows:
        sign, seen = ("<=" if row.at_most else ">="), row.measured
        table.add_row(
            row.name,
            f"{sign} {row.target:g} {row.unit}",
            _number(seen.value) if seen else "-",
            f"{_number(seen.low)} .. {_number(seen.high)}" if seen else "-",
            f"{seen.n:,}" if seen else "0",
            Text(row.says.value, _COLOURS.get(row.says.value, "yellow")),
            Text(row.note),
        )
    return table


def _number(value: float | None) -> str:
    if value is None:
        return "?"
    return "never" if value == float("inf") else f"{value:.4g}"
