"""`freeze`: a person keeps rollouts from being widened, lifts that, or breaks a freeze."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from cutover.cli.control import answered
from cutover.cli.options import acting_options, asking_options, moment
from cutover.cli.switch import Span, scope_options


@click.group()
def freeze() -> None:
    """Keep rollouts from being widened. Rollbacks are never held up."""


@freeze.command()
@asking_options
def show(user: str, data: Path, url: str | None) -> None:
    """Show what is frozen now, until when and why."""
    found = answered(data, user, url, lambda control: control.get("/v1/freezes"))
    placed, frozen = found["freezes"], found["frozen"]
    assert isinstance(placed, list), "the API lists them"
    assert isinstance(frozen, Mapping), "the API tells them by rollout"
    for one in placed:
        what = "broken" if one["kind"] == "broken" else "frozen"
        click.echo(f"{one['name']}: {what} {_until(one)} by {one['by']}: {one['reason']}")
    for name, sentence in frozen.items():
        click.echo(f"{name}: {sentence}")
    if found.get("next"):
        click.echo(
            "and more rollouts are frozen; the dashboard and `crossfade status` tell of each"
        )
    if not placed and not frozen:
        click.echo("nothing is frozen")


@freeze.command()
@scope_options
@click.option("--for", "for_s", type=Span(), help="It ends by itself then, as in 2d.")
@acting_options
def on(tenant: str, route: str, for_s: int | None, reason: str, **asking: Any) -> None:
    """Widen nothing from now on."""
    done = _post("/v1/freezes", _body(tenant, route, for_s, reason), **asking)
    click.echo(f"{done['name']}: frozen {_until(done)}; rollbacks work as ever")


@freeze.command()
@scope_options
@acting_options
def off(tenant: str, route: str, user: str, reason: str, data: Path, url: str | None) -> None:
    """Lift a freeze of exactly this tenant and route."""
    query = {"tenant": tenant, "route": route, "reason": reason}
    answered(data, user, url, lambda control: control.delete("/v1/freezes", query))
    click.echo("freeze lifted; the policy's calendar holds as it is written")


@freeze.command("break")
@scope_options
@click.option("--for", "for_s", type=Span(), help="At most 1d; 1h where it is left out.")
@acting_options
def break_(tenant: str, route: str, for_s: int | None, reason: str, **asking: Any) -> None:
    """Let what is frozen be widened for a while. Only a lead may; it stands in the event log."""
    done = _post("/v1/freezes/breaks", _body(tenant, route, for_s, reason), **asking)
    click.echo(f"{done['name']}: freezes do not count {_until(done)}")


@freeze.command()
@scope_options
@acting_options
def mend(tenant: str, route: str, user: str, reason: str, data: Path, url: str | None) -> None:
    """Have freezes count again that were broken, before their time is over."""
    query = {"tenant": tenant, "route": route, "reason": reason}
    answered(data, user, url, lambda control: control.delete("/v1/freezes/breaks", query))
    click.echo("freezes count again")


def _body(tenant: str, route: str, for_s: int | None, reason: str) -> dict[str, str]:
    return {"tenant": tenant, "route": route, "for_s": str(for_s or ""), "reason": reason}


def _post(path: str, body: Mapping[str, str], **asking: Any) -> Mapping[str, object]:
    done = answered(**asking, ask=lambda control: control.post(path, body))["freeze"]
    assert isinstance(done, Mapping), "the API tells the freeze"
    return done


def _until(one: Mapping[str, object]) -> str:
    return f"until {moment(one['until_us'])}" if one["until_us"] else "until it is lifted"
