"""`crossfade report pack`: what an auditor of a health ministry asks for of one tenant and quarter, in one folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cutover.cli.moments import QuarterType
from cutover.cli.options import data_option, fail, home_with_store, operator
from mirror.supervise import OURS, PARENT_PIPE

if TYPE_CHECKING:
    from cutover.exports.packed import Pack

_BEFORE, _BESIDE = ("access",), ("promotion", "egress")
"""Reports made before the export, which is an access itself, and those made beside it."""
_FORMS = ("csv", "json")
_WAIT_S = 150.0  # for the signer, as an export does


@click.command()
@click.option("--tenant", required=True, help="Whose.")
@click.option("--quarter", required=True, type=QuarterType(), metavar="2026Q4",
              help="Which quarter, by Malaysia's clock.")  # fmt: skip
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR",
              help="The folder that it is put in.")  # fmt: skip
@click.option(
    "--purpose",
    default="MOH audit pack",
    show_default=True,
    help="What for; it stands in the event log.",
)
@data_option
@click.pass_context
def pack(
    ctx: click.Context,
    tenant: str,
    quarter: tuple[int, int],
    out: Path,
    purpose: str,
    data: Path,
) -> None:
    """One bundle that anybody can verify, and beside it the reports of the same quarter as CSV and JSON.

    Last comes the proof that the tenant's log lists all of them as they are: `crossfade verify DIR` checks it. A run that
    was ended goes on. Exit code 1 where some evidence does not come out again; the pack is whole then too. It helps
    produce evidence for an audit.
    """
    from cutover.exports.packed import Pack
    from cutover.exports.planned import ExportRefused

    made = Pack(out, tenant, *quarter, purpose)
    try:
        worst, code = _made(ctx, made, data)
        if code == 0:
            _vouch(made, data)
    except ExportRefused as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or out}: {error.strerror}")
    if code < 0:
        fail(f"the export was ended by signal {-code}; run the same command again, it goes on")
    raise SystemExit(code or worst)


def _made(ctx: click.Context, made: Pack, data: Path) -> tuple[int, int]:
    """The reports, and beside them the bundle where it is not whole already: the worst exit code, and the export's.

    Raises OSError and ExportRefused.
    """
    whole = made.begin()
    asked = {
        "tenant": made.tenant,
        "from_us": made.from_us,
        "to_us": made.to_us,
        "data": data,
    }
    worst = _reported(ctx, _BEFORE, made.folder, asked)
    with nullcontext() if whole else _exporting(made, data) as export:
        worst = max(worst, _reported(ctx, _BESIDE, made.folder, asked))
        return worst, export.wait() if export else 0


@contextmanager
def _exporting(made: Pack, data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The export in a process of its own, for it takes as long as all the reports; it ends where one of them fails.

    It ends with this process too, however this one dies: who gives the same command again is alone at it.
    """
    read, write = os.pipe()
    try:
        export = begun(_words(made, data), read)
        try:
            yield export
        except BaseException:
            export.terminate()
            export.wait()
            raise
    finally:
        os.close(read)
        os.close(write)


def begun(words: list[str], pipe: int) -> subprocess.Popen[bytes]:
    """A command of ours that was begun, and ends once nobody can write to a pipe any more. Raises OSError."""
    return subprocess.Popen(  # noqa: S603 our own interpreter, our own arguments
        [sys.executable, *OURS, *words],
        env={**os.environ, PARENT_PIPE: str(pipe)},
        pass_fds=(pipe,),
    )


def _words(made: Pack, data: Path) -> list[str]:
    from cutover.verifying.cells import utc

    return [
        "export",
        f"--tenant={made.tenant}",
        f"--from={utc(made.from_us)}",
        f"--to={utc(made.to_us)}",
        f"--purpose={made.purpose}",
        f"--out={made.bundle}",
        f"--data={data}",
    ]


def _vouch(made: Pack, data: Path) -> None:
    """Has the log list what was made, and leaves the proof of that. Raises OSError and ExportRefused."""
    import time

    from cutover.clocks import now_us
    from cutover.exports.packed import Vouching
    from cutover.exports.sealing import Patience
    from mirror.journal.signed.folder import Folder
    from mirror.journal.signed.proofs import NothingToProve, ProofBroken
    from mirror.journal.signed.signing import SignerError
    from mirror.journal.store import Store, StoreError

    def tell(said: str) -> None:
        click.echo(f"crossfade: {said}", err=True)

    home = home_with_store(data)
    try:
        patience = Patience(_WAIT_S, time.sleep, time.monotonic, tell)
        store = Store.open(home.store_url)
        with closing(store):
            vouching = Vouching(store, Folder.open(home.path), patience, now_us)
            seq = vouching.vouch(made, operator())
    except (StoreError, SignerError, NothingToProve, ProofBroken) as error:
        fail(str(error))
    click.echo(
        f"{made.folder}: whole; event {seq:,} lists its files, {made.proof.name} proves it"
    )


def _reported(
    ctx: click.Context, names: tuple[str, ...], out: Path, span: Mapping[str, Any]
) -> int:
    """Some reports in every form; the worst exit code. Raises OSError."""
    from cutover.cli.report import report

    worst = 0
    for name in names:
        command = report.get_command(ctx, name)
        assert command is not None, "they are commands of the same group"
        for form in _FORMS:
            asked = {**span, "form": form}
            worst = max(worst, _written(ctx, command, out / f"{name}.{form}", asked))
    return worst


def _written(
    ctx: click.Context, command: click.Command, path: Path, asked: Mapping[str, Any]
) -> int:
    """One report into a file, which is there once it is whole; the exit code. Raises OSError."""
    from cutover.exports.archive import private

    draft = path.with_name(f".{path.name}.part")
    code = 0
    with (
        open(draft, "w", encoding="utf-8", newline="", opener=private) as file,
        redirect_stdout(file),
    ):
        try:
            ctx.invoke(command, **asked)
        except SystemExit as ended:
            code = int(ended.code or 0)
        file.flush()
        os.fsync(file.fileno())
    if code > 1:
        draft.unlink()
        raise SystemExit(code)
    draft.replace(path)
    return code
