"""`crossfade export`: the events of a log between two moments, as a bundle that anybody can verify."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cutover.cli.moments import MomentType
from cutover.cli.options import data_option, fail, home_with_store, operator

if TYPE_CHECKING:
    from cutover.exports.bundle import Made
    from cutover.exports.exporting import Exporting
    from cutover.exports.planned import Asked
    from mirror.journal.home import Home
    from mirror.journal.store import Store


@click.command()
@click.option("--tenant", required=True, help="Whose log; '' for the deployment's own.")
@click.option("--from", "from_us", required=True, type=MomentType(), metavar="MOMENT",
              help="The first moment, as in 2026-10-01; UTC unless it says otherwise.")  # fmt: skip
@click.option("--to", "to_us", required=True, type=MomentType(), metavar="MOMENT",
              help="The first moment that is no part of it any more.")  # fmt: skip
@click.option("--profile", type=click.Choice(["redacted", "full"]), default="redacted", show_default=True,
              help="`full` has the payloads too.")  # fmt: skip
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="BUNDLE.tar",
              help="The bundle; what is made on the way stands beside it.")  # fmt: skip
@click.option(
    "--purpose", required=True, help="What for; it stands in the event log and the bundle."
)
@click.option(
    "--approved-by",
    default="",
    metavar="NAME",
    help="Who agreed to it; `full` needs somebody else.",
)
@click.option("--old-checkpoint", "kept", multiple=True, type=click.Path(path_type=Path), metavar="NOTE",
              help="A checkpoint that the reader kept: the bundle then proves that it extends it.")  # fmt: skip
@click.option("--wait", "wait_s", type=click.FloatRange(0, 3600), default=150.0, show_default=True,
              help="Seconds to wait for the signer.")  # fmt: skip
@data_option
def export(kept: tuple[Path, ...], out: Path, wait_s: float, data: Path, **told: Any) -> None:
    """Export what a log says between two moments, with all that proves it, as one plain archive.

    Whoever has Python verifies it offline (`crossfade verify`, or the verify.py in it). A run that was ended goes
    on where it stopped, and the same question gives the same bytes. Exit code 2: it could not be made, and why.
    """
    from cutover.exports.planned import Asked, ExportRefused
    from mirror.journal.signed.signing import SignerError
    from mirror.journal.store import StoreError

    who = operator().name
    if told["profile"] == "full" and told["approved_by"] in ("", who):
        fail("payloads leave only where somebody else agreed: name them with --approved-by")
    home = home_with_store(data)
    try:
        notes = tuple([note.read_text(encoding="utf-8") for note in kept])
        asked = Asked(**told, requested_by=who, kept=notes)
        with _exporting(home, wait_s, asked) as (exporting, store):
            made = _made(exporting, store, asked, out)
    except UnicodeDecodeError:
        fail("--old-checkpoint: not a text; it is the note that `crossfade checkpoint` prints")
    except (ExportRefused, StoreError, SignerError) as error:
        fail(str(error))
    except OSError as error:
        fail(_why(error, out))
    click.echo(
        f"{out}: {made.events:,} events, export {made.export_id}, manifest SHA-256 {made.sha256}"
    )


def _made(exporting: Exporting, store: Store, asked: Asked, out: Path) -> Made:
    from cutover.clocks import now_us
    from cutover.exports.planned import ExportRefused
    from cutover.people import Deed

    begun = out.with_name(f"{out.name}.work").exists()
    if out.exists() and not begun:
        raise ExportRefused(
            f"{out}: there is a file of this name; choose another or move it away"
        )
    return exporting.export(asked, Deed(operator(), now_us(), asked.purpose), out)


@contextmanager
def _exporting(home: Home, wait_s: float, asked: Asked) -> Iterator[tuple[Exporting, Store]]:
    import time
    from importlib.metadata import version

    from cutover.exports.exporting import Exporting
    from cutover.exports.revealing import revealing
    from cutover.exports.sealing import Patience
    from mirror.journal.seal import Sealer
    from mirror.journal.signed.folder import Folder
    from mirror.journal.store import Store

    store = Store.open(home.store_url)
    try:
        with _bar() as (progress, tell):
            patience = Patience(wait_s, time.sleep, time.monotonic, tell)
            shown = revealing(store, Sealer.open(home)) if asked.profile == "full" else None
            folder = Folder.open(home.path)
            yield (
                Exporting(store, folder, patience, progress, version("crossfade"), shown),
                store,
            )
    finally:
        store.close()


@contextmanager
def _bar() -> Iterator[tuple[Callable[[str, int, int], None], Callable[[str], None]]]:
    """A progress bar on a terminal, and lines for what is waited for."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def progress(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=of)
            bar.update(tasks[what], completed=done, total=of)

        yield progress, console.print


def _why(error: OSError, out: Path) -> str:
    where = error.filename or out
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"{where}: no space left on the disk. Nothing stands under {out.name}; free some space and run the same "
            f"command again (it goes on where it stopped), or delete {out.name}.work"
        )
    return f"{where}: {error.strerror or error}"
