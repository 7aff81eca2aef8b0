"""`noise` and `calibrate`: what a rollout's own answers say of its signals, and measuring by them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cutover.cli.act import Target
from cutover.cli.control import answered, rollout_path
from cutover.cli.options import acting_options, asking_options

_COLUMNS = (
    "encoder",
    "language",
    "length",
    "asked twice",
    "mismatched",
    "signal",
    "null",
    "floor",
)


@click.command()
@click.argument("target", type=Target(), metavar="TENANT/ROUTE")
@asking_options
def noise(target: tuple[str, str], user: str, data: Path, url: str | None) -> None:
    """Show how far the primary agrees with itself on TENANT/ROUTE, and mismatched answers with it."""
    found = answered(data, user, url, lambda control: control.get(_path(target)))["noise"]
    assert isinstance(found, dict), "the API tells the noise"
    click.echo(f"in force: {found['in_force'] or 'the built-in scales'}")
    click.echo(
        f"the primary was asked again {found['asked_today']:,} times today, "
        f"of {found['most_a_day']:,} at most"
    )
    if found["short"]:
        click.echo(f"not enough for a calibration: {found['short']}")
    _print(found["cells"])


@click.command()
@click.argument("target", type=Target(), metavar="TENANT/ROUTE")
@acting_options
def calibrate(
    target: tuple[str, str], user: str, reason: str, data: Path, url: str | None
) -> None:
    """Compare the answers of TENANT/ROUTE on its own scales from now on; its evidence begins anew."""
    body = {"reason": reason}
    done = answered(data, user, url, lambda control: control.post(_path(target), body))["noise"]
    assert isinstance(done, dict), "the API tells the noise"
    click.echo(
        f"{'/'.join(target)}: compared on its own scales from now on ({done['would_be']}); "
        "evidence to promote it begins anew"
    )


def _path(target: tuple[str, str]) -> str:
    return f"{rollout_path(*target)}/noise"


def _print(cells: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*_COLUMNS, "used")
    for cell in cells:
        of = [cell["encoder"], cell["language"] or "mixed", cell["length"]]
        counts = [str(cell["floors"]), str(cell["nulls"])]
        for name, one in cell["signals"].items():
            values = [f"{one[side]:.2f}" for side in ("null", "floor")]
            table.add_row(
                *of,
                *counts,
                name,
                *values,
                f"no: {one['dropped']}" if one["dropped"] else "yes",
            )
            of, counts = ["", "", ""], ["", ""]
    Console().print(table if cells else "nothing was measured yet")
