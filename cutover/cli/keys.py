"""`keys list|rotate`: the keys that tenants' payloads are sealed with. Works on the store, so on this box only."""

from __future__ import annotations

from pathlib import Path

import click

from cutover import clocks
from cutover.cli.options import data_option, fail, home_with_store, operator
from mirror.journal.keys import rotation
from mirror.journal.keys.files import FOLDER, FileKeys
from mirror.journal.keys.port import TENANT
from mirror.journal.store import Store, StoreError


@click.group()
def keys() -> None:
    """Keys of the tenants' payloads. No key is ever shown."""


@keys.command("list")
@data_option
def list_(data: Path) -> None:
    """Show each tenant's keys, and what they are needed for. Exit code 1: one that is needed is gone."""
    home = home_with_store(data)
    try:
        store = Store.open(home.store_url)
        with store.read() as conn:
            found = rotation.held(conn, FileKeys(home.keys / FOLDER))
    except StoreError as error:
        fail(str(error))
    for one in found:
        months = f"{one.data_keys} months, {one.first_month} to {one.last_month}"
        what = months if one.data_keys else "wraps nothing"
        gone = "" if one.there else "  GONE: put it back from its backup"
        click.echo(f"{one.tenant}  {one.key}  {what}{gone}")
    if not found:
        click.echo("no payload was sealed yet")
    raise SystemExit(int(any(one.data_keys and not one.there for one in found)))


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
