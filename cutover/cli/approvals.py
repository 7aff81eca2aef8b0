"""`approvals`: the proposals that wait for people, and a person's no to one of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from cutover.cli import proposed
from cutover.cli.changes import printable
from cutover.cli.control import Control, ControlError, answered, only_user, rollout_path
from cutover.cli.options import acting_options, asking_options, data_option, fail, moment

_One = dict[str, Any]
_Send = Callable[[Control, str, dict[str, str]], dict[str, object]]


@click.group(invoke_without_command=True)
@click.option("--as", "user", metavar="USER", help="Whose token to ask with.")
@click.option("--url", help="The control API, instead of the one DATA names.")
@data_option
@click.pass_context
def approvals(ctx: click.Context, user: str | None, data: Path, url: str | None) -> None:
    """Proposals that wait for people; without a command they are listed. `crossfade approve` agrees to one."""
    if ctx.invoked_subcommand is None:
        _list(user, data, url)


@approvals.command("list")
@click.option("--as", "user", metavar="USER", help="Whose token to ask with.")
@click.option("--url", help="The control API, instead of the one DATA names.")
@data_option
def list_(user: str | None, data: Path, url: str | None) -> None:
    """List the proposals that are open, and the rejections that stand."""
    _list(user, data, url)


def _list(user: str | None, data: Path, url: str | None) -> None:
    """Asks as `status` does: as the one person whose token lies on this box where nobody is named."""
    try:
        asker = user or only_user(data)
    except ControlError as error:
        fail(str(error), code=1)
    found = answered(data, asker, url, lambda control: control.get("/v1/approvals"))
    waiting, said = _listed(found, "open"), _listed(found, "rejected")
    for one in waiting:
        given = ", ".join(each["name"] for each in one["approvals"]) or "nobody yet"
        click.echo(
            f"{one['id']}  {_of(one)}  {proposed.move(one['signal'])} to {one['to_share']:g} %, proposed by {one['proposer']}, "
            f"approved by {given}, expires {moment(one['expires_us'])}, evidence {one['evidence_sha256'][:16]}"
        )
    for one in said:
        click.echo(
            f"{one['id']}  {_of(one)}  rejected by {one['name']} {moment(one['at_us'])}: {one['reason']}"
        )
    if not (waiting or said):
        click.echo("nothing waits for an approval")
    if waiting:
        click.echo("`crossfade approvals show ID` tells the evidence, and what is new since")


@approvals.command("show")
@click.argument("proposal", metavar="ID")
@asking_options
def show(proposal: str, user: str, data: Path, url: str | None) -> None:
    """Show the open proposal ID, or the beginning of one: what will change, its evidence, and what is new since."""

    def ask(control: Control) -> dict[str, object]:
        one = _one(control, "open", proposal, "no open proposal")
        path = rollout_path(one["tenant"], one["route"])
        frozen = control.get(f"{path}/proposals/{quote(one['id'], safe='')}")
        return {"frozen": frozen, "now": control.get(path)}

    found: _One = answered(data, user, url, ask)
    for line in proposed.lines(found["frozen"], found["now"]):
        click.echo(printable(line))


@approvals.command()
@click.argument("proposal", metavar="ID")
@acting_options
def reject(proposal: str, user: str, reason: str, data: Path, url: str | None) -> None:
    """Reject the open proposal ID, or the beginning of one. Rollback, hold and approval are other commands."""
    ask = _asking("open", proposal, "no open proposal", Control.post, reason)
    done = answered(data, user, url, ask)
    click.echo(f"{done['of']}: rejected; it is proposed again later, as the policy says")
    click.echo(
        "`crossfade approvals withdraw` lets it be proposed at once; `crossfade hold` keeps it where it is"
    )


@approvals.command()
@click.argument("proposal", metavar="ID")
@acting_options
def withdraw(proposal: str, user: str, reason: str, data: Path, url: str | None) -> None:
    """Take back your rejection of proposal ID, or the beginning of one."""
    none = "no rejection that stands of a proposal"
    ask = _asking("rejected", proposal, none, Control.delete, reason)
    done = answered(data, user, url, ask)
    click.echo(f"{done['of']}: the rejection is withdrawn; it may be proposed again now")


def _asking(
    which: str, told: str, none: str, send: _Send, reason: str
) -> Callable[[Control], dict[str, object]]:
    """Sends a reason about the rejection of the one proposal that was told; the answer, and `of` which rollout."""

    def ask(control: Control) -> dict[str, object]:
        one = _one(control, which, told, none)
        said = {"proposal": str(one["id"]), "reason": reason}
        path = f"{rollout_path(one['tenant'], one['route'])}/rejections"
        return {**send(control, path, said), "of": _of(one)}

    return ask


def _one(control: Control, which: str, told: str, none: str) -> _One:
    """The one whose id begins with what was told; ends the command where there is none, or more."""
    found = [
        one
        for one in _listed(control.get("/v1/approvals"), which)
        if str(one["id"]).startswith(told)
    ]
    if len(found) != 1:
        why = f"{len(found)} begin with {told}; write more of it" if found else f"{none} {told}"
        fail(f"{why}; `crossfade approvals list` has them", code=1)
    return found[0]


def _listed(found: dict[str, object], which: str) -> list[_One]:
    told = found[which]
    assert isinstance(told, list), "the API lists them"
    return told


def _of(one: _One) -> str:
    return f"{one['tenant']}/{one['route']}"
