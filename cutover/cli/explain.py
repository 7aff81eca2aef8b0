"""`crossfade explain`: one comparison, with the reasons, for the person who has to judge it."""

from __future__ import annotations

import json
import re
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cutover.cli.options import data_option, fail, home_with_store, operator
from mirror.journal.home import Home, HomeError
from mirror.journal.store import Store, StoreError

if TYPE_CHECKING:
    from cutover.explanation import Explanation
    from mirror.journal.seal import Sealer

CLOSED = "not asked for: run without --no-texts to read them, which is recorded"
_WHERE = re.compile(r"(?P<file>.+?)(?::(?P<line>[1-9]\d{0,8}))?")


@click.command()
@click.argument("exchange", metavar="ID", required=False)
@click.option(
    "--pair", metavar="FILE[:LINE]",
    help="A line of `crossfade score --pairs` instead, scored now; the first where none is named.",
)  # fmt: skip
@click.option(
    "--no-texts", is_flag=True, help="Open no prompt and no answer; nothing is recorded."
)
@click.option("--reason", default="", help="Why you read it; it stands in the event log.")
@click.option(
    "--plain", is_flag=True, help="No colours and no columns; so it is where a pipe reads."
)
@click.option("--json", "as_json", is_flag=True, help="Everything as one JSON object.")
@data_option
def explain(  # noqa: PLR0913, PLR0917 - each is an option
    exchange: str | None,
    pair: str | None,
    no_texts: bool,
    reason: str,
    plain: bool,
    as_json: bool,
    data: Path,
) -> None:
    """Show one comparison: what was found, what it means, and both answers side by side.

    ID is an exchange's, or its beginning. Reading the texts is an event, under your account's name.
    """
    from cutover.cli.explaining import show

    if (exchange is None) is (pair is None):
        fail("name an exchange, or a line of pairs with --pair FILE:LINE; one of the two")
    told = _of_pair(pair) if pair else _of_exchange(str(exchange), no_texts, reason, data)
    if as_json:
        click.echo(json.dumps(asdict(told), indent=2))  # only ASCII: safe on any terminal
    else:
        show(told, plain=plain or not sys.stdout.isatty())


def _of_exchange(exchange: str, no_texts: bool, reason: str, data: Path) -> Explanation:
    from cutover import explanation
    from cutover.people import Deed

    home = home_with_store(data)
    try:
        store = Store.open(home.store_url)
    except StoreError as error:
        fail(str(error))
    try:
        found = explanation.find(store, exchange)
        sealer, why = (None, CLOSED) if no_texts else _sealer(home)
        deed = Deed(operator(), time.time_ns() // 1000, reason[:500])
        return explanation.explain(store, found, sealer, deed, why)
    except explanation.NotFound as error:
        fail(str(error))
    except StoreError as error:
        fail(str(error), code=1)
    finally:
        store.close()


def _sealer(home: Home) -> tuple[Sealer | None, str]:
    from mirror.journal.seal import KEY_FILE, Sealer

    if not (home.keys / KEY_FILE).exists():  # opening would make a new one, that opens nothing
        return None, f"the key that opens them is not in {home.keys}"
    try:
        return Sealer.open(home), ""
    except HomeError as error:
        return None, str(error)


def _of_pair(where: str) -> Explanation:
    from compare import encoders
    from compare.recorded import BrokenLine, parse
    from compare.score import Scorer
    from cutover.explanation import of_pair

    file, number = _place(where)
    try:
        case = parse(_line(file, number))
    except BrokenLine as fault:
        fail(f"{file}:{number}: {fault}")
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    (comparison,) = Scorer(encoders.load()).score([case])
    return of_pair(case, comparison)


def _place(where: str) -> tuple[Path, int]:
    """File and line; a file may have a colon in its name."""
    if Path(where).exists():
        return Path(where), 1
    found = _WHERE.fullmatch(where)
    assert found is not None, "anything is a file's name"
    return Path(found["file"]), int(found["line"] or 1)


def _line(file: Path, wanted: int) -> bytes:
    with file.open("rb") as opened:
        for number, line in enumerate(opened, start=1):
            if number == wanted:
                return line
    fail(f"{file} has no line {wanted}")
