"""`user add|remove|list`: who may read, act and approve. Works on the store, so on this box only."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from cutover import people
from cutover.cli.options import data_option, fail, open_home, operator
from cutover.people import PersonError, Role
from mirror.journal.home import Home
from mirror.journal.store import Store, StoreError


@click.group()
def user() -> None:
    """People and their tokens."""


@user.command("add")
@click.argument("name")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in Role]),
    help="viewer reads; engineer also proposes, holds, resumes, rolls back; lead also approves.",
)
@data_option
def add(name: str, roles: tuple[str, ...], data: Path) -> None:
    """Add NAME and show the token once; a copy only this account can read goes to DATA/tokens."""
    home = open_home(data)
    given = [Role(role) for role in roles]
    try:
        store = Store.open(home.store_url)
        with store.write() as conn:
            token = people.add(conn, name, given, by=operator(), at_us=_now_us())
            # Inside the transaction: where the file cannot be written there is no user either.
            file = _keep(home, name, token)
    except (PersonError, StoreError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"cannot keep the token in {home.tokens}: {error.strerror}")
    click.echo(f"{name} added as {', '.join(given)}")
    click.echo(f"token (shown once): {token}")
    click.echo(f"kept for commands on this box in {file}")


@user.command("remove")
@click.argument("name")
@data_option
def remove(name: str, data: Path) -> None:
    """Remove NAME; the token is worth nothing at once."""
    home = open_home(data)
    try:
        with Store.open(home.store_url).write() as conn:
            people.remove(conn, name, by=operator(), at_us=_now_us())
    except (PersonError, StoreError) as error:
        fail(str(error))
    (home.tokens / name).unlink(missing_ok=True)
    click.echo(f"{name} removed")


@user.command("list")
@data_option
def listed(data: Path) -> None:
    """List everybody and their roles."""
    home = open_home(data)
    try:
        with Store.open(home.store_url).read() as conn:
            everybody = people.everybody(conn)
    except StoreError as error:
        fail(str(error))
    for person in everybody:
        click.echo(f"{person.name:<24} {', '.join(sorted(person.roles))}")
    if not everybody:
        click.echo("nobody yet; `crossfade user add NAME --role lead` adds somebody")


def _keep(home: Home, name: str, token: str) -> Path:
    file = home.tokens / name
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(token + "\n")
    return file


def _now_us() -> int:
    return time.time_ns() // 1000
