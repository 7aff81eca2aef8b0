"""`user add|grant|revoke|remove|list`: who may read, act and approve. Works on the store, so on this box only."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import click
from sqlalchemy import Connection

from cutover import history, people
from cutover.cli.options import data_option, fail, home_with_store, open_home, operator
from cutover.people import Actor, Person, PersonError, Role
from mirror.journal.home import Home
from mirror.journal.store import Store, StoreError

LONGEST = 500
"""Letters of a reason."""


class Said(TypedDict):
    """Who did something to a user, when (microseconds of UTC), and why."""

    by: Actor
    at_us: int
    why: str


_tenants = click.option(
    "--tenant",
    "tenants",
    multiple=True,
    metavar="TENANT",
    help="For this one alone, more than once for several; without it for every tenant.",
)
_roles = click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in Role]),
    help="viewer reads; engineer also proposes, holds, resumes, rolls back; lead also approves; clinical-reviewer reads and labels pairs of answers.",
)

why_option = click.option("--reason", default="", help="Why; it stands in the event log.")


@click.group()
def user() -> None:
    """People, their tokens and passwords."""


@user.command("add")
@click.argument("name")
@_roles
@_tenants
@why_option
@data_option
def add(
    name: str, roles: tuple[str, ...], tenants: tuple[str, ...], reason: str, data: Path
) -> None:
    """Add NAME and show the token once; a copy only this account can read goes to DATA/tokens."""
    home = open_home(data)
    given = [Role(role) for role in roles]
    try:
        store = Store.open(home.store_url)
        with store.write() as conn:
            token = people.add(conn, name, given, tenants=tenants, **_deed(reason))
            strange = _strange(conn, tenants)
            # Inside the transaction: where the file cannot be written there is no user either.
            file = _keep(home, name, token)
    except (PersonError, StoreError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"cannot keep the token in {home.tokens}: {error.strerror}")
    click.echo(f"{name} added as {', '.join(given)} for {_of(tenants)}")
    _warn(strange)
    click.echo(f"token (shown once): {token}")
    click.echo(f"kept for commands on this box in {file}")


@user.command("grant")
@click.argument("name")
@_roles
@_tenants
@why_option
@data_option
def grant(
    name: str, roles: tuple[str, ...], tenants: tuple[str, ...], reason: str, data: Path
) -> None:
    """Give NAME a further role; the token stays."""
    given = [Role(role) for role in roles]

    def act(conn: Connection) -> list[str]:
        people.grant(conn, name, given, tenants=tenants, **_deed(reason))
        return _strange(conn, tenants)

    strange = _written(data, act)
    click.echo(f"{name} is {', '.join(given)} for {_of(tenants)}")
    _warn(strange)


@user.command("revoke")
@click.argument("name")
@_tenants
@why_option
@data_option
def revoke(name: str, tenants: tuple[str, ...], reason: str, data: Path) -> None:
    """Take the roles of NAME for a tenant, or those for every tenant where none is named."""
    _written(
        data,
        lambda conn: people.revoke(conn, name, tenants=tenants, **_deed(reason)),
    )
    click.echo(f"{name} has no role for {_of(tenants)} any more")


@user.command("remove")
@click.argument("name")
@why_option
@data_option
def remove(name: str, reason: str, data: Path) -> None:
    """Remove NAME; the token is worth nothing at once."""
    _written(data, lambda conn: people.remove(conn, name, **_deed(reason)))
    (home_with_store(data).tokens / name).unlink(missing_ok=True)
    click.echo(f"{name} removed")


@user.command("list")
@data_option
def listed(data: Path) -> None:
    """List everybody and their roles."""
    home = home_with_store(data)
    try:
        with Store.open(home.store_url).read() as conn:
            everybody = people.everybody(conn)
    except StoreError as error:
        fail(str(error))
    for person in everybody:
        click.echo(f"{person.name:<24} {_told(person)}")
    if not everybody:
        click.echo("nobody yet; `crossfade user add NAME --role lead` adds somebody")


def _told(person: Person) -> str:
    """Whose roles are for what: `viewer; lead for clinic-a`."""
    parts = [", ".join(sorted(person.roles))] if person.roles else []
    for tenant in sorted({tenant for tenant, _ in person.within}):
        roles = sorted(role for where, role in person.within if where == tenant)
        parts.append(f"{', '.join(roles)} for {tenant}")
    return "; ".join(parts) or "no role"


def _of(tenants: tuple[str, ...]) -> str:
    return ", ".join(tenants) or "every tenant"


def _strange(conn: Connection, tenants: tuple[str, ...]) -> list[str]:
    """The tenants among these of which the store knows no rollout yet."""
    known = {tenant for tenant, _ in history.rollouts(conn)}
    return [one for one in tenants if one not in known]


def _warn(strange: list[str]) -> None:
    if strange:
        said = f"note: no rollout of {', '.join(strange)} is known here yet; see that the name is right"
        click.echo(said, err=True)


def _written[T](data: Path, act: Callable[[Connection], T]) -> T:
    """One change of the users; ends the command where it cannot be made."""
    home = home_with_store(data)
    try:
        with Store.open(home.store_url).write() as conn:
            return act(conn)
    except (PersonError, StoreError) as error:
        fail(str(error))


def _keep(home: Home, name: str, token: str) -> Path:
    file = home.tokens / name
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(token + "\n")
    return file


def _deed(reason: str) -> Said:
    return {"by": operator(), "at_us": time.time_ns() // 1000, "why": reason[:LONGEST]}
