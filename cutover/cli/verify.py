"""`crossfade verify`: what is wrong with a bundle, a proof or a pack; the same code as the verify.py in every bundle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from cutover.cli.options import fail

USAGE = 3


class _Verify(click.Command):
    """A command whose wrong use ends with 3, for 2 says that something is missing."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """As click has it, but for the code."""
        try:
            return super().main(*args, **{**extra, "standalone_mode": False})
        except click.UsageError as error:
            error.show()
            raise SystemExit(USAGE) from None
        except click.Abort:
            raise SystemExit(130) from None

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """As click has it, but for the code."""
        try:
            return super().make_context(*args, **extra)
        except click.UsageError as error:
            error.show()
            raise SystemExit(USAGE) from None


@click.command(cls=_Verify)
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--old-checkpoint", "notes", multiple=True, metavar="NOTE",
              help="A checkpoint that you kept from before: shows that the log was not written anew.")  # fmt: skip
@click.option(
    "--keys",
    default="",
    metavar="KEYS.json",
    help="The public keys that you were given on another way.",
)
@click.option("--json", "as_json", is_flag=True, help="Everything as one JSON object.")
def verify(bundle: Path, notes: tuple[str, ...], keys: str, as_json: bool) -> None:
    """Check an export, a proof of `crossfade prove` or the folder of `crossfade report pack`, offline: no data folder and
    no network is needed.

    Exit code 0: valid. 1: tampered; what is wrong is named with its file, line and event. 2: something is missing, or there is
    nothing. 3: it could not be tried.
    """  # fmt: skip
    from cutover.exports import rechecking, reprinting
    from cutover.exports.edition import edition
    from cutover.verifying import telling
    from cutover.verifying.packs import PACK_BUNDLE

    try:
        report = telling.verified(str(bundle), notes, keys, telling.terminal_bar())
        archive = bundle / PACK_BUNDLE if bundle.is_dir() else bundle
        rechecking.check_parquet(archive, report)
        reprinting.check_papers(archive, report, edition())
    except telling.Unusable as error:
        fail(str(error), USAGE)
    if as_json:
        click.echo(json.dumps({"file": str(bundle), **report.body()}))
    else:
        for line in telling.report_lines(report, str(bundle)):
            click.echo(line)
    raise SystemExit(report.code)
