"""`keys list|rotate|pepper`: the keys that tenants' payloads are sealed with. Works on the store, so on this box only."""

from __future__ import annotations

from pathlib import Path

import click

from cutover import clocks
from cutover.cli.options import data_option, fail, home_with_store, operator
from mirror.journal.home import Home, HomeError, read_key
from mirror.journal.keys import peppers, rotation
from mirror.journal.keys.files import FOLDER, PEPPER_FILE, FileKeys
from mirror.journal.keys.port import TENANT
from mirror.journal.store import Store, StoreError


@click.group()
def keys() -> None:
    """Keys of the tenants' payloads. No key is ever shown."""


@keys.command("list")
@data_option
def list_(data: Path) -> None:
    """Show each tenant's keys, and what they are needed for. Exit code 1: one that is needed is gone, or is another one."""
    home = home_with_store(data)
    try:
        store = Store.open(home.store_url)
        with store.read() as conn:
            found = rotation.held(conn, FileKeys(home.keys / FOLDER))
            marks = peppers.known(conn)
    except StoreError as error:
        fail(str(error))
    lost = [one for one, mark in marks.items() if not _is_there(home, one, mark)]
    for one in found:
        months = f"{one.data_keys} months, {one.first_month} to {one.last_month}"
        what = months if one.data_keys else "wraps nothing"
        gone = "" if one.there else "  GONE, or another one: put it back from its backup"
        click.echo(f"{one.tenant}  {one.key}  {what}{gone}")
    for tenant in marks:
        gone = "  GONE, or another one: put it back from its backup" if tenant in lost else ""
        click.echo(f"{tenant}  pepper  its patients' pseudonyms{gone}")
    if not found:
        click.echo("no payload was sealed yet")
    raise SystemExit(int(bool(lost) or any(one.data_keys and not one.there for one in found)))


def _is_there(home: Home, tenant: str, mark: str) -> bool:
    """Whether the pepper of this fingerprint is there; one that is gone is not drawn anew by looking."""
    file = home.keys / FOLDER / tenant / PEPPER_FILE
    try:
        return peppers.fingerprint(read_key(file)) == mark
    except (OSError, HomeError):
        return False


@keys.command()
@click.option("--tenant", required=True, metavar="TENANT", help="Whose pepper.")
@click.option("--reason", required=True, help="Why; it stands in the event log.")
@click.option(
    "--accept",
    "accepted",
    is_flag=True,
    help="Go on with the one that is there: patients of before are found no more by their name.",
)
@data_option
def pepper(tenant: str, reason: str, data: Path, *, accepted: bool) -> None:
    """Take the pepper that a tenant has now for the right one, where the old one has no backup."""
    if not TENANT.fullmatch(tenant):
        fail(f"{tenant!r} is no tenant's name")
    if not accepted:
        fail(
            "nothing was changed; look at `crossfade keys list`, and say --accept where the old one has no backup"
        )
    home = home_with_store(data)
    files, by = FileKeys(home.keys / FOLDER), operator().body()
    try:
        if not (home.keys / FOLDER / tenant / PEPPER_FILE).exists():
            files.forget_pepper(tenant)
        with Store.open(home.store_url).write() as conn:
            before, now = peppers.accept(conn, files, tenant, by, reason, clocks.now_us())
    except StoreError as error:
        fail(str(error))
    was = f"; the one of before was {before}" if before not in {"", now} else ""
    click.echo(f"{tenant}: pseudonyms are made with pepper {now}{was}; restart the proxies")


@keys.command()
@click.option("--tenant", required=True, metavar="TENANT", help="Whose key.")
@click.option("--reason", required=True, help="Why; it stands in the event log.")
@click.option(
    "--destroy-old",
    is_flag=True,
    help="Destroy those that wrap nothing any more; backups of the store from before cannot be read then.",
)
@data_option
def rotate(tenant: str, reason: str, destroy_old: bool, data: Path) -> None:
    """Give a tenant a new key. Its month keys are wrapped anew; no payload is written again."""
    if not TENANT.fullmatch(tenant):
        fail(f"{tenant!r} is no tenant's name")
    home, by = home_with_store(data), operator().body()
    files, now_us = FileKeys(home.keys / FOLDER), clocks.now_us()
    try:
        store = Store.open(home.store_url)
        with store.write() as conn:
            done = rotation.rotate(conn, files, tenant, by, reason, now_us)
        click.echo(f"{tenant}: key {done.key} wraps {done.wrapped} months' keys")
        if done.unread:
            click.echo(
                f"{len(done.unread)} months' keys could not be read: their key is gone. "
                "Put it back from its backup and rotate again"
            )
        if destroy_old:
            _destroy(store, files, tenant, by, reason)
    except StoreError as error:
        fail(str(error))


def _destroy(
    store: Store, files: FileKeys, tenant: str, by: dict[str, str], reason: str
) -> None:
    with store.write() as conn:
        old = rotation.unused(conn, files, tenant)
        for key in old:
            rotation.report_destroyed(conn, tenant, key, by, reason, clocks.now_us())
    for key in old:
        files.destroy(tenant, key)
        click.echo(f"{tenant}: key {key} is destroyed")
