"""`crossfade report pack`: what an auditor of a health ministry asks for of one tenant and quarter, in one folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import click

from cutover.cli.moments import QuarterType
from cutover.cli.options import data_option, fail

_BEFORE, _BESIDE = ("access",), ("promotion", "egress")
"""Reports made before the export, which is an access itself, and those made beside it."""
_FORMS = ("csv", "json")


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

    Exit code 1 where some evidence does not come out again; the pack is whole then too. It helps produce evidence for
    an audit.
    """
    span = {"tenant": tenant, "from_us": quarter[0], "to_us": quarter[1], "data": data}
    try:
        out.mkdir(parents=True, exist_ok=True)
        worst = _reported(ctx, _BEFORE, out, span)
        with _exporting(out, span, purpose) as export:
            worst = max(worst, _reported(ctx, _BESIDE, out, span))
            code = export.wait()
    except OSError as error:
        fail(f"{error.filename or out}: {error.strerror}")
    if code < 0:
        fail(f"the export was ended by signal {-code}; run the same command again, it goes on")
    raise SystemExit(code or worst)


@contextmanager
def _exporting(
    out: Path, span: Mapping[str, Any], purpose: str
) -> Iterator[subprocess.Popen[bytes]]:
    """The export in a process of its own, for it takes as long as all the reports; it ends where one of them fails."""
    export = begun(_words(out, span, purpose))
    try:
        yield export
    except BaseException:
        export.terminate()
        export.wait()
        raise


def begun(words: list[str]) -> subprocess.Popen[bytes]:
    """A command of ours that was begun. Raises OSError."""
    return subprocess.Popen([sys.executable, "-m", "cutover.cli", *words])  # noqa: S603 our own


def _words(out: Path, span: Mapping[str, Any], purpose: str) -> list[str]:
    from cutover.verifying.cells import utc

    return [
        "export",
        f"--tenant={span['tenant']}",
        f"--from={utc(span['from_us'])}",
        f"--to={utc(span['to_us'])}",
        f"--purpose={purpose}",
        f"--out={out / 'bundle.tar'}",
        f"--data={span['data']}",
    ]


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
    if code > 1:
        draft.unlink()
        raise SystemExit(code)
    draft.replace(path)
    return code
