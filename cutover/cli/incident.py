"""`incident`: a person reports an exchange, which holds its rollouts everywhere until somebody closes that."""

from __future__ import annotations

from pathlib import Path

import click

from cutover.cli.control import answered
from cutover.cli.options import acting_options, asking_options, moment


@click.group()
def incident() -> None:
    """Report an exchange that went wrong: nothing with its candidate is widened until it is closed."""


@incident.command()
@click.argument("exchange")
@acting_options
def report(exchange: str, user: str, reason: str, data: Path, url: str | None) -> None:
    """Report EXCHANGE, by its id or the beginning of one. It is kept for good."""
    said = {"exchange": exchange, "reason": reason}
    done = answered(data, user, url, lambda control: control.post("/v1/incidents", said))
    made, held = done["incident"], done["held"]
    assert isinstance(made, dict), "the API tells the incident"
    assert isinstance(held, list), "the API lists what it holds"
    click.echo(f"incident {made['id']}: exchange {made['exchange_id']} is kept")
    click.echo(f"nothing is widened of {', '.join(map(str, held)) or 'any rollout'}")
    click.echo("rollbacks work as ever: `crossfade roll-back TENANT/ROUTE`")


@incident.command()
@click.argument("number", type=int)
@acting_options
def close(number: int, user: str, reason: str, data: Path, url: str | None) -> None:
    """Close incident NUMBER: what it held may go on. Its exchange is kept all the same."""
    query = {"id": str(number), "reason": reason}
    answered(data, user, url, lambda control: control.delete("/v1/incidents", query))
    click.echo(f"incident {number}: closed; what it held goes on as its evidence says")


@incident.command("list")
@asking_options
@click.option("--all", "every", is_flag=True, help="Closed ones too.")
def list_(user: str, data: Path, url: str | None, every: bool) -> None:
    """List the incidents that are open."""
    found = answered(data, user, url, lambda control: control.get("/v1/incidents"))
    told = found["incidents"]
    assert isinstance(told, list), "the API lists them"
    shown = [one for one in told if every or not one["closed_us"]]
    for one in shown:
        ended = (
            f", closed by {one['closed_by']}: {one['closed_reason']}"
            if one["closed_us"]
            else ""
        )
        click.echo(
            f"{one['id']}  {moment(one['at_us'])}  {one['tenant']}/{one['route']}  {one['exchange_id']}  "
            f"{one['by']}: {one['reason']}{ended}"
        )
    if not shown:
        click.echo("no incident" if every else "no incident is open")
