"""`crossfade preflight`: what stands between a policy and its first request, before any traffic."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from cutover.cli.options import read_policy
from mirror.checks import Check, State

_COLOURS = {
    State.OK: "green",
    State.WARN: "yellow",
    State.FAIL: "bold red",
    State.SKIPPED: "dim",
}


@click.command()
@click.argument("file", metavar="POLICY", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@click.option(
    "--no-probe", is_flag=True, help="Ask for no answers, which cost a few tokens each."
)
def preflight(file: Path, as_json: bool, no_probe: bool) -> None:
    """Ask every upstream of POLICY whether it is ready. Sends no tenant's data.

    Reachable, TLS and until when, the key, the models, the version, and for each model and call
    that a rollout uses the request fields it ignores or refuses. An upstream in the cloud is asked
    only where some tenant may use it. Exit code 0 where nothing failed, 1 where something did, 2
    for a policy or environment to mend.
    """
    from mirror.preflight import preflight as ask

    environment = dict(os.environ)
    policy = read_policy(file, environment)
    found = asyncio.run(ask(policy, environment, probe=not no_probe))
    failed = any(check.state is State.FAIL for check in found)
    if as_json:
        told = {"ok": not failed, "checks": [asdict(check) for check in found]}
        click.echo(json.dumps(told, indent=2))
    else:
        _show(found)
    raise SystemExit(1 if failed else 0)


def _show(found: Sequence[Check]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in ("upstream", "check", "", "found"):
        table.add_column(heading, overflow="fold")
    before = ""
    for check in found:
        words = Text(check.found)
        if check.advice:
            words.append(f"\n{check.advice}", style="italic")
        name = check.upstream if check.upstream != before else ""
        table.add_row(name, Text(check.what), Text(check.state, _COLOURS[check.state]), words)
        before = check.upstream
    Console().print(table)
    counts = {state: sum(check.state is state for check in found) for state in State}
    click.echo(", ".join(f"{number} {state}" for state, number in counts.items() if number))
