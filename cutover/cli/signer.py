"""`crossfade signer`: the keys that sign the event log, and what a person decides about a log that is refused."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cutover import clocks
from cutover.cli.options import data_option, fail, home_with_store, moment, operator
from mirror.journal.lock import held
from mirror.journal.store import Store

if TYPE_CHECKING:
    from mirror.journal.home import Home
    from mirror.journal.signed.folder import Folder
    from mirror.journal.signed.keyring import Order

WAIT_S = 60.0
_WHY = click.option("--reason", required=True, help="Why; it stands in the event log.")


@click.group()
def signer() -> None:
    """The keys that sign the event log, and logs that are refused. Run it on the signer's machine."""


@signer.command()
@data_option
def keys(data: Path) -> None:
    """List the keys there ever were, and the logs that are refused."""
    from mirror.journal.signed import heads

    store = Store.open(home_with_store(data).store_url)
    try:
        with store.read() as conn:
            known, refused = heads.keys(conn), heads.refusals(conn)
    finally:
        store.close()
    for key in known:
        until = f"until {moment(key.until_us)}" if key.until_us else "signs now"
        revoked = f", revoked {moment(key.revoked_us)}" if key.revoked_us else ""
        click.echo(
            f"{key.key_id}  {key.public}  since {moment(key.since_us)}, {until}{revoked}"
        )
    if not known:
        click.echo("no key yet; the signer draws one when it starts")
    for one in refused:
        whose = f"the log of {one.tenant}" if one.tenant else "the deployment's own log"
        click.echo(f"refused since {moment(one.since_us)}: {whose}: {one.why}")


@signer.command()
@click.option(
    "--lost", is_flag=True, help="The key that signs is gone: the new one names itself alone."
)
@_WHY
@data_option
def rotate(lost: bool, reason: str, data: Path) -> None:
    """Exchange the key. Old and new sign a statement that names both; the old one's seed is destroyed."""
    if lost:
        _replace(data, _order(reason))
    else:
        _give(data, "rotate", _order(reason))


@signer.command()
@click.argument("key_id")
@_WHY
@data_option
def revoke(key_id: str, reason: str, data: Path) -> None:
    """Say of a key that signs no more that it is not to be believed."""
    _give(data, "revoke", _order(reason), key_id=key_id)


@signer.command()
@click.option("--tenant", required=True, help='Whose log; "" for the deployment\'s own.')
@click.option(
    "--begin-anew",
    is_flag=True,
    help="Its events are gone for good: sign it as it is, once it has more than were ever signed.",
)
@_WHY
@data_option
def resume(tenant: str, begin_anew: bool, reason: str, data: Path) -> None:
    """Let the signer look at a log again that it refused."""  # fmt: skip
    _give(data, "resume", _order(reason), tenant=tenant, anew=begin_anew)


def _order(reason: str) -> Order:
    from mirror.journal.signed.keyring import Order

    if not reason.strip():
        fail("--reason: say why")
    return Order(operator().body(), reason, clocks.now_us())


def _give(data: Path, kind: str, order: Order, **more: Any) -> None:
    """Gives the running signer an order, or obeys it here where none runs; and says what came of it."""
    from mirror.journal.signed.folder import Folder
    from mirror.journal.signed.orders import give

    home = home_with_store(data)
    folder = Folder.open(home.path)
    name = give(folder, kind, order, **more)
    until_s = time.monotonic() + WAIT_S
    while not (answer := _answer(folder, name)):
        with held(folder.lock) as ours:
            if ours:
                _obeyed(home, folder)
                continue
        if time.monotonic() > until_s:
            fail("the signer has not obeyed yet; it will when it comes round, see its log", 1)
        time.sleep(0.2)
    done, words = answer
    if not done:
        fail(words, 1)
    click.echo(words)


def _obeyed(home: Home, folder: Folder) -> None:
    from mirror.journal.signed.signer import Signer

    store = Store.open(home.store_url)
    try:
        Signer.open(store, folder, clocks.now_us, time.monotonic).obey()
    finally:
        store.close()


def _answer(folder: Folder, name: str) -> tuple[bool, str] | None:
    for ending in ("done", "refused"):
        file = folder.path / "signed" / f"{name}.{ending}"
        if file.exists():
            words = file.read_text().strip()
            file.unlink()
            return ending == "done", words
    return None


def _replace(data: Path, order: Order) -> None:
    """Draws a key in place of a lost one."""
    from mirror.journal.signed import heads, keyring
    from mirror.journal.signed.folder import Folder

    home = home_with_store(data)
    folder = Folder.open(home.path)
    with held(folder.lock) as ours:
        if not ours:
            fail(
                "a signer works in this folder, so its key is not lost; rotate without --lost",
                1,
            )
        store = Store.open(home.store_url)
        try:
            with store.write() as conn:
                deployment = heads.identify(conn, folder.state().deployment)
            key = keyring.rotated(folder, store, None, deployment, order)
        finally:
            store.close()
    click.echo(f"key {key.id.hex()} signs from now on")
