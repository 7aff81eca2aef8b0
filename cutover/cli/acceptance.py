"""`crossfade acceptance`: load on a candidate alone, and what it reaches of the policy's targets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cutover.cli import reporting
from cutover.cli.options import (
    data_option,
    fail,
    home_with_store,
    policy_option,
    read_policy,
)

if TYPE_CHECKING:
    from cutover.acceptance.prompts import Prompt
    from cutover.acceptance.report import Reached
    from policies.policy import Policy


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
@click.option(
    "--keep", is_flag=True,
    help="Keep the report in the event log of DATA, where `terms.acceptance` looks for it.",
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
    keep: bool,
    as_json: bool,
    data: Path,
) -> None:
    """Replay requests to the candidates of TENANT alone, and compare with the policy's `targets`.

    Never asks the primary or a cloud. Exit code 0: all targets are reached. 1: some is missed. 2: it
    could not be tried. 3: none is missed, and some are not measured, or by too few requests to say.
    """
    from cutover.acceptance.prompts import PromptFault
    from cutover.acceptance.run import NotAlone, narrowed
    from mirror.egress import CredentialMissing

    if (file is None) == (recorded is None):
        fail("give either --prompts FILE.jsonl or --recorded N")
    policy = read_policy(policy_path)  # the candidates' keys alone are asked for, below
    home = home_with_store(data) if keep else None  # before any load is sent
    try:
        narrow = narrowed(policy, tenant)
        prompts = _prompts(narrow, tenant, file, recorded, data)
        found = asyncio.run(_reached(narrow, tenant, prompts, concurrency, timeout_s))
    except (PromptFault, NotAlone, CredentialMissing) as fault:
        fail(str(fault))
    if out is not None:
        reporting.write(out, found)
    if home is not None:
        reporting.keep(found, home)
    if as_json:
        click.echo(found.text, nl=False)
    else:
        reporting.show(found)
    raise SystemExit(found.code)


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


async def _reached(
    policy: Policy, tenant: str, prompts: Sequence[Prompt], concurrency: int, timeout_s: float
) -> Reached:
    """All phases, with a bar on stderr where somebody looks, and what the servers told meanwhile."""
    from rich.console import Console
    from rich.progress import Progress

    from cutover.acceptance.peaks import Peaks
    from cutover.acceptance.report import Reached
    from cutover.acceptance.rows import rows
    from cutover.acceptance.run import Bearing
    from cutover.servers.watch import Watch
    from mirror.egress import Egress

    peaks = Peaks(Watch(policy))
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("requests", total=len(prompts))
        async with Egress(policy) as egress, peaks.looking():
            bearing = Bearing(policy, tenant, egress, timeout_s, lambda: bar.advance(task))
            measured = await bearing.accept(prompts, concurrency)
    return Reached(
        policy=policy,
        tenant=tenant,
        rows=rows(policy.targets, measured),
        concurrency=concurrency,
        requests=len(measured.samples),
        routes=frozenset([one.route for one in measured.samples]),
        at_us=time.time_ns() // 1000,
        servers=peaks.told(),
    )
