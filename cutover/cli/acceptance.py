"""`crossfade acceptance`: load on a candidate alone, and what it reaches of the policy's targets."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cutover.cli.options import data_option, fail, moment, policy_option, read_policy

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from cutover.acceptance.prompts import Prompt
    from cutover.acceptance.rows import Row
    from cutover.acceptance.sample import Measured
    from policies.policy import Policy

_COLOURS = {"pass": "green", "fail": "bold red"}


@click.command()
@policy_option
@click.option("--tenant", required=True, metavar="TENANT", help="Whose candidates.")
@click.option(
    "--prompts", "file", metavar="FILE.jsonl", type=click.Path(path_type=Path),
    help="Requests of yours, one a line.",
)  # fmt: skip
@click.option(
    "--recorded", type=click.IntRange(1, 100_000), metavar="N",
    help="Instead: the newest N of each route that the candidate was sent a copy of.",
)  # fmt: skip
@click.option(
    "--concurrency", type=click.IntRange(1, 1000), default=16, show_default=True,
    help="Requests at once, of all routes.",
)  # fmt: skip
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(0.1, 3600), default=60, show_default=True,
    metavar="SECONDS", help="After which a request counts as not answered.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="NAME",
    help="Also write NAME.json and NAME.svg.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@data_option
def acceptance(  # noqa: PLR0913, PLR0917 - one parameter an option
    policy_path: Path,
    tenant: str,
    file: Path | None,
    recorded: int | None,
    concurrency: int,
    timeout_s: float,
    out: Path | None,
    as_json: bool,
    data: Path,
) -> None:
    """Replay requests to the candidates of TENANT alone, and compare with the policy's `targets`.

    Never asks the primary or a cloud. Exit code 0: all targets are reached. 1: some is missed. 2: it
    could not be tried. 3: none is missed, and for some there were not enough requests to say.
    """
    from cutover.acceptance import rows as table
    from cutover.acceptance.prompts import PromptFault
    from cutover.acceptance.run import NotAlone, narrowed
    from mirror.egress import CredentialMissing

    if (file is None) == (recorded is None):
        fail("give either --prompts FILE.jsonl or --recorded N")
    policy = read_policy(policy_path, dict(os.environ))
    try:
        narrow = narrowed(policy, tenant)
        prompts = _prompts(narrow, tenant, file, recorded, data)
        measured = asyncio.run(_measured(narrow, tenant, prompts, concurrency, timeout_s))
    except (PromptFault, NotAlone, CredentialMissing) as fault:
        fail(str(fault))
    found = table.rows(policy.targets, measured)
    told = _told(policy, tenant, found, concurrency, len(measured.samples))
    if out is not None:
        _write(out, told, found)
    if as_json:
        click.echo(json.dumps(told, indent=2))
    else:
        _show(told, found)
    raise SystemExit(_code(found))


def _prompts(
    policy: Policy, tenant: str, file: Path | None, recorded: int | None, data: Path
) -> list[Prompt]:
    """The requests asked for, of routes that have a candidate. Raises PromptFault."""
    from cutover.acceptance import prompts

    routes = prompts.candidates(policy, tenant)
    if file is not None:
        found = prompts.of_file(file, tenant)
        others = sorted({one.route.value for one in found} - {one.value for one in routes})
        if others:
            raise prompts.PromptFault(
                f"{file}: tenant {tenant} has no rollout of `{others[0]}`, so no candidate to ask"
            )
    else:
        assert recorded is not None, "one of the two is given"
        found = _recorded(tenant, tuple(routes), recorded, data)
    if not found:
        raise prompts.PromptFault(
            "there are no requests to send: none are in the file, or none are kept in DATA "
            "of those that the candidate was sent"
        )
    return found


def _recorded(tenant: str, routes: Sequence[object], most: int, data: Path) -> list[Prompt]:
    from contextlib import closing

    from cutover.acceptance import prompts
    from cutover.cli.options import home_with_store
    from mirror.journal.seal import Sealer
    from mirror.journal.store import Store, StoreError
    from policies.routes import Route

    home = home_with_store(data)
    try:
        sealer, store = Sealer.open(home), Store.open(home.store_url)
        with closing(store), store.read() as conn:
            each = (
                prompts.recorded(conn, sealer, tenant, Route(str(one)), most) for one in routes
            )
            return [prompt for some in each for prompt in some]
    except StoreError as error:
        fail(str(error))


async def _measured(
    policy: Policy, tenant: str, prompts: Sequence[Prompt], concurrency: int, timeout_s: float
) -> Measured:
    """All phases, with a bar on stderr where somebody looks."""
    from rich.console import Console
    from rich.progress import Progress

    from cutover.acceptance.run import Bearing
    from mirror.egress import Egress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("requests", total=len(prompts))
        async with Egress(policy) as egress:
            bearing = Bearing(policy, tenant, egress, timeout_s, lambda: bar.advance(task))
            return await bearing.accept(prompts, concurrency)


def _told(
    policy: Policy, tenant: str, found: Sequence[Row], concurrency: int, requests: int
) -> dict[str, object]:
    """The report, as JSON types."""
    from cutover.acceptance.prompts import candidates

    sides = {route: one.candidate for route, one in candidates(policy, tenant).items()}
    return {
        "deployment": policy.deployment,
        "production": policy.production,
        "tenant": tenant,
        "candidates": {route.value: f"{to.upstream}/{to.model}" for route, to in sides.items()},
        "at_us": time.time_ns() // 1000,
        "concurrency": concurrency,
        "requests": requests,
        "rows": [row.told() for row in found],
    }


def _code(found: Sequence[Row]) -> int:
    says = {row.says.value for row in found}
    return 1 if "fail" in says else 0 if says <= {"pass"} else 3


def _write(out: Path, told: dict[str, object], found: Sequence[Row]) -> None:
    import io

    from rich.console import Console

    console = Console(record=True, width=150, file=io.StringIO())
    _print(console, told, found)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.with_name(f"{out.name}.json").write_text(json.dumps(told, indent=2) + "\n")
        out.with_name(f"{out.name}.svg").write_text(console.export_svg(title="acceptance"))
    except OSError as error:
        fail(f"cannot write {out}.json and {out}.svg: {error}")


def _show(told: dict[str, object], found: Sequence[Row]) -> None:
    from rich.console import Console

    _print(Console(), told, found)


def _print(console: Console, told: dict[str, object], found: Sequence[Row]) -> None:
    rehearsed = "" if told["production"] else "  NOT PRODUCTION"
    console.print(
        f"{told['deployment']}: candidates of {told['tenant']}, {moment(told['at_us'])}, "
        f"{told['requests']:,} requests{rehearsed}",
        markup=False,
    )
    console.print(_table(found))


def _table(found: Sequence[Row]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("", "target", "measured", "95 % interval", "n", "", "of what"):
        table.add_column(title, overflow="fold")
    for row in found:
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
