"""`signoff`: clinical reviewers read pairs of answers side by side, and label them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from cutover.cli.act import Target
from cutover.cli.control import answered, rollout_path
from cutover.cli.options import asking_options

_LABELS = ("acceptable", "not-acceptable", "harmful")
_target = click.argument("target", type=Target(), metavar="TENANT/ROUTE")
_number = click.argument("number", type=click.IntRange(min=1), metavar="PAIR")


@click.group()
def signoff() -> None:
    """Clinical sign-off: pairs of answers that people must have read before a step."""


@signoff.command("list")
@_target
@asking_options
def list_(target: tuple[str, str], user: str, data: Path, url: str | None) -> None:
    """List the pairs that were drawn of TENANT/ROUTE, and their labels."""
    path = f"{rollout_path(*target)}/signoff"
    found = answered(data, user, url, lambda control: control.get(path))
    pairs = found["pairs"]
    assert isinstance(pairs, list), "the API lists them"
    click.echo(f"{found['left']}, drawn of {found['of']:,} pairs of attempt {found['attempt']}")
    for one in pairs:
        click.echo(f"{one['number']:>4}  {one['exchange_id']}  {_labels(one)}")


@signoff.command()
@_target
@_number
@click.option(
    "--plain", is_flag=True, help="No colours and no columns; so it is where a pipe reads."
)
@asking_options
def show(
    target: tuple[str, str], number: int, plain: bool, user: str, data: Path, url: str | None
) -> None:
    """Show pair PAIR of TENANT/ROUTE: both answers side by side, and what was found. It is recorded who reads."""
    from pydantic import TypeAdapter

    from cutover.cli.explaining import show as shown
    from cutover.explanation import Explanation

    path = f"{rollout_path(*target)}/signoff/pair"
    found = answered(data, user, url, lambda control: control.get(path, {"pair": str(number)}))
    told = TypeAdapter(Explanation).validate_python(found["explanation"])
    shown(told, plain=plain or not sys.stdout.isatty())


@signoff.command()
@_target
@_number
@click.argument("label", type=click.Choice(_LABELS))
@click.option("--note", default="", help="What is wrong; needed unless it is acceptable.")
@asking_options
def label(  # noqa: PLR0913, PLR0917 - each is an option
    target: tuple[str, str],
    number: int,
    label: str,
    note: str,
    user: str,
    data: Path,
    url: str | None,
) -> None:
    """Say what you think of the candidate's answer in pair PAIR. A harmful one is an incident at once."""
    path = f"{rollout_path(*target)}/signoff"
    said = {"pair": str(number), "label": label.replace("-", "_"), "note": note}
    done = answered(data, user, url, lambda control: control.post(path, said))
    click.echo(f"{'/'.join(target)}: pair {number} is {label}; {done['left']}")
    if label == "harmful":
        click.echo(
            "it is reported as an incident: nothing with this candidate is widened until that is closed"
        )


def _labels(one: dict[str, Any]) -> str:
    told = [
        f"{each['label'].replace('_', '-')} ({each['name']}{': ' if each['note'] else ''}{each['note']})"
        for each in one["labels"]
    ]
    return ", ".join(told) or "not read yet"
