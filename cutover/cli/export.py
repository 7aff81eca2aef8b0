"""`crossfade export`: the events of a log between two moments, as a bundle that anybody can verify."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cutover.cli.agreed import Agreed, is_kept, of_order, of_people
from cutover.cli.moments import MomentType
from cutover.cli.options import data_option, fail, home_with_store, operator
from cutover.cli.proof import VARIABLE
from cutover.counting import counted
from cutover.people import CONTROLLER
from mirror.journal.home import HomeError
from mirror.supervise import end_with_parent

if TYPE_CHECKING:
    from cutover.exports.bundle import Made
    from cutover.exports.exporting import Exporting
    from mirror.journal.home import Home

NICE = 10
"""How far an export of the controller stands back behind all that answers people."""


def _span(command: Callable[..., Any]) -> Callable[..., Any]:
    """What is exported, and what for: of an order all this is known already."""
    for option in (
        click.option("--old-checkpoint", "kept", multiple=True, type=click.Path(path_type=Path), metavar="NOTE",
                     help="A checkpoint that the reader kept: the bundle then proves that it extends it."),
        click.option("--purpose", help="What for; it stands in the event log and the bundle."),
        click.option("--profile", type=click.Choice(["redacted", "full"]), default="redacted", show_default=True,
                     help="`full` has the payloads too."),
        click.option("--to", "to_us", type=MomentType(), metavar="MOMENT",
                     help="The first moment that is no part of it any more."),
        click.option("--from", "from_us", type=MomentType(), metavar="MOMENT",
                     help="The first moment, as in 2026-10-01; UTC unless it says otherwise."),
        click.option("--tenant", help="Whose log; '' for the deployment's own."),
    ):  # fmt: skip
        command = option(command)
    return command


@click.command()
@_span
@click.option("--as", "user", default="", metavar="USER", help="Who asks; `full` needs it.")
@click.option("--approved-by", default="", metavar="NAME",
              help=f"Who agrees, with their password or a code of their app ({VARIABLE}); `full` needs it.")  # fmt: skip
@click.option("--order", default="", metavar="ID",
              help="Make what was asked for and approved under this id, instead of all these.")  # fmt: skip
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="BUNDLE.tar",
              help="The bundle; what is made on the way stands beside it.")  # fmt: skip
@click.option("--wait", "wait_s", type=click.FloatRange(0, 3600), default=150.0, show_default=True,
              help="Seconds to wait for the signer.")  # fmt: skip
@data_option
def export(out: Path, wait_s: float, data: Path, **told: Any) -> None:
    """Export what a log says between two moments, with all that proves it, as one plain archive.

    Whoever has Python verifies it offline (`crossfade verify`, or the verify.py in it). A run that was ended goes
    on where it stopped, and the same question gives the same bytes. Exit code 2: it could not be made, and why.
    """
    from cutover.exports.planned import ExportRefused
    from mirror.journal.signed.signing import SignerError
    from mirror.journal.store import StoreError

    home = home_with_store(data)
    try:
        agreed = _agreed(home, data, out, told)
        with _at_it(home, told["order"], out), _exporting(home, wait_s, agreed) as exporting:
            made = _made(exporting, agreed, out)
    except UnicodeDecodeError:
        fail("--old-checkpoint: not a text; it is the note that `crossfade checkpoint` prints")
    except (ExportRefused, StoreError, SignerError, HomeError) as error:
        fail(str(error))
    except OSError as error:
        fail(_why(error, out, kept=is_kept(home, told["order"], out)))
    click.echo(
        f"{out}: {counted(made.events, 'event')}, export {made.export_id}, manifest SHA-256 {made.sha256}"
        if made
        else f"{out}: it was whole already"
    )


def _agreed(home: Home, data: Path, out: Path, told: dict[str, Any]) -> Agreed:
    """What is to be made, once it is known who agreed to it. Ends the command where nobody did, or it is not said."""
    from cutover.clocks import now_us
    from cutover.exports.planned import Asked
    from cutover.people import Deed

    missing = [name for name, word in _NEEDED.items() if told[word] is None]
    if told["order"]:
        if len(missing) < len(_NEEDED):
            fail(
                "--order says all of that itself; give nothing beside it but --out, --wait and --data"
            )
        return of_order(home, told["order"], out)
    if missing:
        fail(f"{', '.join(missing)}: missing; or name what was asked for with --order")
    kept = tuple([note.read_text(encoding="utf-8") for note in told["kept"]])
    said = {name: told[name] for name in ("tenant", "from_us", "to_us", "profile", "purpose")}
    by = {"requested_by": told["user"] or operator().name, "approved_by": told["approved_by"]}
    asked = Asked(**said, **by, kept=kept)
    if asked.profile == "full" or told["user"] or asked.approved_by:
        return of_people(home, data, told["user"], asked)
    return Agreed(asked, Deed(operator(), now_us(), asked.purpose), {})


_NEEDED = {"--tenant": "tenant", "--from": "from_us", "--to": "to_us", "--purpose": "purpose"}


def _made(exporting: Exporting, agreed: Agreed, out: Path) -> Made | None:
    """The bundle; None where an order's was whole already."""
    from cutover.exports.planned import ExportRefused

    begun = out.with_name(f"{out.name}.work").exists()
    if out.exists() and not begun:
        if agreed.deed.actor == CONTROLLER:
            return None
        raise ExportRefused(
            f"{out}: there is a file of this name; choose another or move it away"
        )
    return exporting.export(agreed.asked, agreed.deed, out)


@contextmanager
def _at_it(home: Home, id: str, out: Path) -> Iterator[None]:
    """As the controller's child: gives way to others, and is alone at this export. It ends with whoever began it."""
    end_with_parent()
    if not (id and is_kept(home, id, out)):
        yield
        return
    from cutover.exports import place
    from cutover.exports.making import CUT_OFF
    from mirror.journal import lock

    os.umask(0o077)
    os.nice(NICE)
    with lock.held(place.lock(out.parent, id)) as alone:
        if not alone:
            fail("another process is at this export already", code=CUT_OFF)
        yield


@contextmanager
def _exporting(home: Home, wait_s: float, agreed: Agreed) -> Iterator[Exporting]:
    import time

    from cutover.clocks import now_us
    from cutover.exports.edition import edition
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
            full = agreed.asked.profile == "full"
            shown = revealing(store, Sealer.open(home)) if full else None
            folder = Folder.open(home.path)
            yield Exporting(
                store, folder, patience, progress, edition(), now_us, shown, agreed.said
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


def _why(error: OSError, out: Path, *, kept: bool = False) -> str:
    where = error.filename or out
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        if kept:
            return "no space was left on the disk of the controller; free some there, and ask for the export again"
        return (
            f"{where}: no space left on the disk. Nothing stands under {out.name}; free some space and run the same "
            f"command again (it goes on where it stopped), or delete {out.name}.work"
        )
    return f"{where}: {error.strerror or error}"
