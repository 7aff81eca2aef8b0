"""`user password` and `user totp`: what a local user signs in and confirms with. Works on the store, so on this box only."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import click
from sqlalchemy import Connection

from cutover import people
from cutover.cli import proof
from cutover.cli.options import data_option, fail, home_with_store, operator
from cutover.cli.users import LONGEST, user, why_option
from cutover.deployment import told
from cutover.identity import codes, credentials, passwords
from cutover.people import Deed
from mirror.journal.home import Home
from mirror.journal.seal import Sealer
from mirror.journal.store import Store, StoreError


@user.command("password")
@click.argument("name")
@why_option
@data_option
def password(name: str, reason: str, data: Path) -> None:
    """Give NAME a password, typed twice or read from the standard input; they are signed out everywhere."""
    home = home_with_store(data)
    said = proof.new_password(name)
    if why := passwords.weak(said, name):
        fail(f"{why}; nothing was changed")
    hashed = passwords.hashed(said)

    def act(conn: Connection) -> None:
        _must_exist(conn, name)
        credentials.set_password(conn, name, hashed, _deed(reason))

    _written(home, act)
    click.echo(f"{name} has a new password, and signs in with it on the dashboard")


@user.command("totp")
@click.argument("name")
@click.option("--remove", is_flag=True, help="Ask for no code any more.")
@why_option
@data_option
def totp(name: str, reason: str, data: Path, *, remove: bool) -> None:
    """Have NAME sign in with a code of an authenticator app besides the password."""
    home = home_with_store(data)
    sealer, secret = Sealer.open(home), "" if remove else codes.new_secret()
    if secret:
        click.echo("Add this to the app, as an address or by typing the secret:")
        click.echo(
            f"  {codes.address(secret, name, str(told(home.path)['deployment'] or ''))}\n  {secret}"
        )
        _shows_it(secret)

    def act(conn: Connection) -> bool:
        _must_exist(conn, name)
        return credentials.set_totp(conn, name, secret, sealer, _deed(reason))

    if not _written(home, act):
        fail(f"{name} has no password yet; `crossfade user password {name}` gives one")
    click.echo(f"{name} signs in {'with a password alone' if remove else 'with a code too'}")


def _shows_it(secret: str) -> None:
    """Ends the command where the app does not show the right code: nobody shuts themselves out."""
    said: str = click.prompt("The code that it shows now", err=True)
    if codes.step_of(secret, said.strip(), _now_us(), 0) is None:
        fail("that is not the code; nothing was changed. See that the phone's clock is right")


def _must_exist(conn: Connection, name: str) -> None:
    if people.find(conn, name) is None:
        fail(f"no user {name!r}; `crossfade user list` shows who there is")


def _written[T](home: Home, act: Callable[[Connection], T]) -> T:
    try:
        with Store.open(home.store_url).write() as conn:
            return act(conn)
    except StoreError as error:
        fail(str(error))


def _deed(reason: str) -> Deed:
    return Deed(operator(), _now_us(), reason[:LONGEST])


def _now_us() -> int:
    return time.time_ns() // 1000
