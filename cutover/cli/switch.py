"""`drain`, `return` and `emergency`: a person sets a switch of the whole deployment."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cutover.cli.control import answered
from cutover.cli.options import acting_options, moment

_Decorated = Callable[..., Any]
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Span(click.ParamType[int]):
    """A span of time, as in `30m` or `2h`; its seconds."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Turns the text into seconds, or explains what it should look like."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"([1-9]\d{0,8})([smhd])", str(value))
        if found is None:
            self.fail(f"{value!r} is not a time, as in 30m, 2h or 1d", param, ctx)
        return int(found[1]) * _UNITS[found[2]]


@click.command()
@click.argument("upstream")
@click.option("--for", "for_s", type=Span(), help="It ends by itself then, as in 2h.")
@acting_options
def drain(
    upstream: str, for_s: int | None, user: str, reason: str, data: Path, url: str | None
) -> None:
    """Send nothing to UPSTREAM for a while: planned downtime that costs no evidence."""
    body = {"upstream": upstream, "for_s": str(for_s or ""), "reason": reason}
    done = answered(data, user, url, lambda control: control.post("/v1/drains", body))
    drained = done["drain"]
    assert isinstance(drained, dict), "the API tells the drain"
    until = moment(drained["until_us"]) if drained["until_us"] else "`crossfade return`"
    click.echo(f"{upstream}: drained until {until}; requests under way end by themselves")
    alone = done["unanswered"]
    if isinstance(alone, list) and alone:
        click.echo(
            f"nobody may answer in its place for {', '.join(map(str, alone))}: "
            "clients there get 503 until then",
            err=True,
        )


@click.command("return")
@click.argument("upstream")
@acting_options
def give_back(upstream: str, user: str, reason: str, data: Path, url: str | None) -> None:
    """Let UPSTREAM be asked again."""
    query = {"upstream": upstream, "reason": reason}
    answered(data, user, url, lambda control: control.delete("/v1/drains", query))
    click.echo(f"{upstream}: is asked again")


@click.group()
def emergency() -> None:
    """Send everything to the primary, whatever its stage, or end that."""


def scope_options(command: _Decorated) -> _Decorated:
    """`--tenant` and `--route`; without them, every one."""
    for wrap in (
        click.option("--route", default="", help="This route's alone."),
        click.option("--tenant", default="", help="This tenant's alone."),
    ):
        command = wrap(command)
    return command


@emergency.command()
@scope_options
@acting_options
def on(tenant: str, route: str, user: str, reason: str, data: Path, url: str | None) -> None:
    """Send everything to the permitted primary, at once; where none is, clients get 503."""
    body = {"tenant": tenant, "route": route, "reason": reason}
    done = answered(data, user, url, lambda control: control.post("/v1/emergencies", body))
    click.echo(f"emergency {_name(done['emergency'])}: everything goes to the primary")


@emergency.command()
@scope_options
@acting_options
def off(tenant: str, route: str, user: str, reason: str, data: Path, url: str | None) -> None:
    """End an emergency of exactly this tenant and route."""
    query = {"tenant": tenant, "route": route, "reason": reason}
    answered(data, user, url, lambda control: control.delete("/v1/emergencies", query))
    click.echo("emergency over: rollouts answer as their stages say")


def _name(switched: object) -> str:
    assert isinstance(switched, dict), "the API tells the emergency"
    return str(switched["name"])
