"""`crossfade prove` and `crossfade checkpoint`: what an auditor takes along, and what holds a log to it later."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cutover.cli.options import data_option, fail, home_with_store
from mirror.journal.store import Store, StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

CHANGED, GAP, USAGE = 1, 2, 3
_OUT = click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write it there, not on the terminal.",
)


@click.command()
@click.argument("event", required=False, metavar="[TENANT/NUMBER]")
@click.option(
    "--consistency",
    "old",
    type=click.Path(path_type=Path),
    metavar="OLD.note",
    help="Prove that the log extends this checkpoint, which somebody kept.",
)
@_OUT
@data_option
def prove(event: str | None, old: Path | None, out: Path | None, data: Path) -> None:
    """Write the proof that an event is in its log, or that a log extends an old checkpoint, as JSON.

    An event is named by its tenant and number, as in clinic-a/1204; /7 is one of the deployment's own log. The proof is against
    the newest checkpoint and needs nothing else to be checked. Exit code 1: the log is not what was signed. 2: there is no such
    event, or it is not signed yet. 3: it could not be tried.
    """  # fmt: skip
    from mirror.journal.signed import proofs

    if (event is None) == (old is None):
        fail(
            "name one event, as in clinic-a/1204, or an old checkpoint with --consistency",
            USAGE,
        )
    if old is not None:
        kept = _content(old)
        _write(_asked(data, lambda conn: json.dumps(proofs.consistency(conn, kept))), out)
    elif event is not None:
        tenant, slash, number = event.rpartition("/")
        if not slash or not number.isascii() or not number.isdigit() or len(number) > 15:
            fail(f"{event!r} is no event; write TENANT/NUMBER, as in clinic-a/1204", USAGE)
        told = _asked(
            data, lambda conn: json.dumps(proofs.inclusion(conn, tenant, int(number)))
        )
        _write(told, out)


@click.command()
@click.option("--tenant", default="", help="Whose log; the deployment's own unless told.")
@_OUT
@data_option
def checkpoint(tenant: str, out: Path | None, data: Path) -> None:
    """Print the newest signed checkpoint of a log, for an auditor to keep outside.

    Exit code 2: nothing of it is signed. 3: it could not be tried.
    """
    from mirror.journal.signed import heads

    found = _asked(data, lambda conn: heads.newest(conn, tenant))
    if found is None:
        whose = f"the log of {tenant}" if tenant else "the deployment's own log"
        fail(f"nothing of {whose} is signed; does the signer run?", GAP)
    _write(found.note.rstrip("\n"), out)


def _asked[Found](data: Path, ask: Callable[[Connection], Found]) -> Found:
    """What the store says, or the end of the command."""
    from mirror.journal.signed.proofs import NothingToProve, ProofBroken

    home = home_with_store(data, USAGE)
    try:
        store = Store.open(home.store_url)
        try:
            with store.read() as conn:
                return ask(conn)
        finally:
            store.close()
    except StoreError as error:
        fail(str(error), USAGE)
    except NothingToProve as error:
        fail(str(error), GAP)
    except ProofBroken as error:
        fail(str(error), CHANGED)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}", USAGE)


def _write(text: str, out: Path | None) -> None:
    if out is None:
        click.echo(text)
        return
    try:
        out.write_text(f"{text}\n")
    except OSError as error:
        fail(f"{out}: {error.strerror}", USAGE)
