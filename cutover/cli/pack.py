"""`crossfade report pack`: what an auditor of a health ministry asks for of one tenant and quarter, in one folder."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import click

from cutover.cli.moments import QuarterType
from cutover.cli.options import data_option, fail

_REPORTS = ("egress", "access", "promotion")
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
    commands = _commands(ctx)
    span = {"tenant": tenant, "from_us": quarter[0], "to_us": quarter[1], "data": data}
    try:
        out.mkdir(parents=True, exist_ok=True)
        worst = 0
        for name in _REPORTS:
            for form in _FORMS:
                path = out / f"{name}.{form}"
                worst = max(worst, _written(ctx, commands[name], path, {**span, "form": form}))
    except OSError as error:
        fail(f"{error.filename or out}: {error.strerror}")
    bundle = {"profile": "redacted", "out": out / "bundle.tar", "purpose": purpose}
    rest = {"approved_by": "", "user": "", "order": "", "kept": (), "wait_s": 150.0}
    ctx.invoke(commands["export"], **span, **bundle, **rest)
    raise SystemExit(worst)


def _commands(ctx: click.Context) -> dict[str, click.Command]:
    """The commands that it is made of."""
    from cutover.cli import cli
    from cutover.cli.report import report

    found = {name: report.get_command(ctx, name) for name in _REPORTS}
    found["export"] = cli.get_command(ctx, "export")
    missing = [name for name, command in found.items() if command is None]
    if missing:
        fail(f"this version has no command {', '.join(missing)}")
    return {name: command for name, command in found.items() if command is not None}


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
