"""`propose`, `approve`, `hold`, `resume` and `roll-back`: a person acts on one rollout, through the control API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.client import UNAUTHORIZED
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from cutover.cli.control import Control, ControlError, rollout_path
from cutover.cli.options import acting_options, fail, moment
from cutover.cli.proof import proof
from cutover.cli.proposed import move

_Decorated = Callable[..., Any]


class Target(click.ParamType[tuple[str, str]]):
    """`TENANT/ROUTE`."""

    name = "tenant/route"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Turns the text into a pair, or explains what it should look like."""
        tenant, slash, route = str(value).partition("/")
        if not (tenant and slash and route) or "/" in route:
            self.fail(f"{value!r} is not TENANT/ROUTE, as in clinic-a/chat", param, ctx)
        return tenant, route


def _acting(command: _Decorated) -> _Decorated:
    """The argument and options that every action takes."""
    target = click.argument("target", type=Target(), metavar="TENANT/ROUTE")
    return target(acting_options(command))


_ticket = click.option(
    "--ticket", default="", metavar="ID", help="The number of a change ticket, as in CHG-4711."
)


@click.command()
@_ticket
@click.option(
    "--proposal", "seen", default="", metavar="ID", help="Only the one that you have read."
)
@_acting
def approve(
    target: tuple[str, str],
    user: str,
    reason: str,
    data: Path,
    url: str | None,
    **said: str,
) -> None:
    """Approve the open proposal of TENANT/ROUTE. Asks for your password, or a code of your app.

    Who signs in at the clinic's provider confirms there, in a browser, and is not asked for a password.
    """
    control, path = _control(data, user, url), rollout_path(*target)
    anew = _asked(lambda: control.get("/v1/me")).get("sign_in_again")
    id = said["seen"] or _open(target, _asked(lambda: control.get(path)))
    body = {"proposal": id, "reason": reason, "ticket": said["ticket"]}
    body |= {} if anew else {"proof": proof(user)}
    try:
        done = control.post(f"{path}/approvals", body)
    except ControlError as error:
        again = f"; confirm it in a browser: {_page(str(anew), target)}" if anew else ""
        told = f"{error}{again if error.status == UNAUTHORIZED else ''}"
        fail(told, code=1 if error.status else 2)
    if done["applied"]:
        click.echo(f"{_name(target)}: approved {id}; {_moved(done['transition'])}")
    else:
        why = str(done["why"])
        click.echo(f"{_name(target)}: approval of {id} recorded, not applied: {why}")
        raise SystemExit(0 if why.startswith("waits for") else 1)


def _page(anew: str, target: tuple[str, str]) -> str:
    """Where a browser proves anew who one is, and comes back to the proposal on the dashboard."""
    tenant, route = target
    back = f"/approvals?{urlencode({'tenant': tenant, 'route': route})}"
    return f"{anew}&{urlencode({'back': back})}"


def _open(target: tuple[str, str], view: Mapping[str, object]) -> str:
    """The id of the open proposal. Of one that was named the API says itself what became of it."""
    proposal = view.get("proposal")
    if isinstance(proposal, dict):
        return str(proposal["id"])
    waits_for = view.get("waits_for") or "nothing"
    fail(f"{_name(target)}: nothing to approve. It waits for: {waits_for}", code=1)


@click.command()
@_ticket
@_acting
def propose(
    target: tuple[str, str], user: str, reason: str, data: Path, url: str | None, ticket: str
) -> None:
    """Propose the next step of TENANT/ROUTE, whose verdict is promote; somebody else approves it."""
    control, path = _control(data, user, url), rollout_path(*target)
    body = {"reason": reason, "ticket": ticket}
    made = _asked(lambda: control.post(f"{path}/proposals", body))["proposal"]
    assert isinstance(made, dict), "the API tells what was proposed"
    click.echo(
        f"{_name(target)}: proposed {move(made['signal'])} to {made['to_share']:g} %, until {moment(made['expires_us'])}; "
        f"a lead approves it with `crossfade approve {_name(target)} --proposal {made['id']}`"
    )


@click.command()
@_acting
def hold(target: tuple[str, str], user: str, reason: str, data: Path, url: str | None) -> None:
    """Keep TENANT/ROUTE where it is. Rollback still works."""
    control, path = _control(data, user, url), rollout_path(*target)
    _asked(lambda: control.post(f"{path}/holds", {"reason": reason}))
    click.echo(f"{_name(target)}: held where it is by {user}; `crossfade resume` lets it go on")


@click.command()
@_acting
def resume(
    target: tuple[str, str], user: str, reason: str, data: Path, url: str | None
) -> None:
    """Let TENANT/ROUTE go on after a hold; begin to mirror one that is off, or again what was rolled back."""
    control, path = _control(data, user, url), rollout_path(*target)
    now = _asked(lambda: control.delete(f"{path}/holds", {"reason": reason}))["rollout"]
    assert isinstance(now, dict), "the API tells the rollout"
    click.echo(f"{_name(target)}: goes on, in {now['stage']}")


@click.command("roll-back")
@_acting
def roll_back(
    target: tuple[str, str], user: str, reason: str, data: Path, url: str | None
) -> None:
    """Send every session of TENANT/ROUTE back to the primary, at once."""
    control, path = _control(data, user, url), rollout_path(*target)
    done = _asked(lambda: control.post(f"{path}/rollbacks", {"reason": reason}))
    click.echo(f"{_name(target)}: rolled back; {_moved(done['transition'])}")


def _control(data: Path, user: str, url: str | None) -> Control:
    try:
        return Control.find(data, user, url).speaking_for(user)
    except ControlError as error:
        fail(str(error), code=1 if error.status else 2)


def _asked(ask: Callable[[], dict[str, object]]) -> dict[str, object]:
    """What the API answered. Ends with 1 where it said no, with 2 where it was not reached."""
    try:
        return ask()
    except ControlError as error:
        fail(str(error), code=1 if error.status else 2)


def _name(target: tuple[str, str]) -> str:
    return "/".join(target)


def _moved(transition: object) -> str:
    assert isinstance(transition, dict), "the API tells the move it made"
    return (
        f"{transition['from']} -> {transition['to']}, "
        f"the candidate now answers {transition['to_share']:g} % of the sessions"
    )
