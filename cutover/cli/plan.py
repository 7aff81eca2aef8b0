"""`plan`: the days ahead, as the fleet's plan has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.table import Table

from cutover.cli.control import answered
from cutover.cli.options import asking_options


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The control API's JSON.")
@asking_options
def plan(as_json: bool, user: str, data: Path, url: str | None) -> None:
    """Show what goes on when by the policy's plan, and what waits for what."""
    found = answered(data, user, url, lambda control: control.whole("/v1/plan", "rollouts"))
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    entries, rollouts = found["entries"], found["rollouts"]
    assert isinstance(entries, list), "the API lists them"
    assert isinstance(rollouts, list), "the API lists them"
    rate = found["false_discoveries"]
    console = Console()
    console.print(
        f"plan {found['name']}: declared with {found['declared']} rollouts, "
        f"of its promotions at most {rate:.0%} false; times of {found['zone']}",
        markup=False,
    )
    console.print(_entries(entries))
    for one in rollouts:
        if one["waits"]:
            name = f"{one['tenant']}/{one['route']} is {one['stands']}"
            console.print(f"{name}: {one['waits']}", markup=False, soft_wrap=True)


def _entries(entries: list[Mapping[str, object]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("begins", "entry", "rollouts", "until", "there", "now"):
        table.add_column(title, overflow="fold")
    for one in entries:
        begins = str(one["begins"]).rpartition(" ")[0]  # the zone is said above
        names = one["rollouts"]
        assert isinstance(names, list), "the API lists them"
        there = f"{one['reached']} of {one['of']}"
        table.add_row(
            begins or "at once",
            str(one["name"]),
            _listed(names),
            str(one["until"]),
            there,
            _now(one),
        )
    return table


def _listed(names: list[object], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(str, names[:most])) + more


def _now(one: Mapping[str, object]) -> str:
    if one["done"]:
        return "done"
    then = f"; {one['frozen']}" if one["frozen"] else ""
    return f"{one['waits'] or 'may go on'}{then}"
