"""`crossfade fsck`: whether the event log of a deployment is whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cutover.cli.options import data_option, fail, home_with_store
from mirror.journal.store import Store, StoreError

if TYPE_CHECKING:
    from mirror.journal.chain import Broken

CHANGED, GAP, USAGE = 1, 2, 3


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Everything as one JSON object.")
@data_option
def fsck(as_json: bool, data: Path) -> None:
    """Check the event log: that every event is as it was written, follows the one before it, and none is missing.

    Exit code 0: it is whole. 1: an event was changed, and is named. 2: events are missing, or there are none.
    3: it could not be tried. Nothing is written, no controller is needed. Events that were cut off at the
    end cannot show here: compare the counts with those that you noted before.
    """
    counts, broken = _checked(data)
    if as_json:
        click.echo(json.dumps(_body(counts, broken)))
    else:
        for line in _lines(counts, broken):
            click.echo(line)
    raise SystemExit(_code(counts, broken))


def _checked(data: Path) -> tuple[dict[str, int], list[Broken]]:
    """How many events of each tenant are whole, and where logs are not."""
    from rich.console import Console
    from rich.progress import track

    from mirror.journal import chain

    home = home_with_store(data, USAGE)
    counts: dict[str, int] = {}
    broken: list[Broken] = []
    try:
        store = Store.open(home.store_url)
    except StoreError as error:
        fail(str(error), USAGE)
    try:
        with store.read() as conn:
            whose = chain.tenants(conn)
            bar = Console(stderr=True)
            for tenant in track(whose, "event logs", console=bar, transient=True):
                counts[tenant] = 0
                for found in chain.checked(conn, tenant):
                    if isinstance(found, int):
                        counts[tenant] = found
                    else:
                        counts[tenant] = found.seq - 1
                        broken.append(found)
    except StoreError as error:
        fail(str(error), USAGE)
    finally:
        store.close()
    return counts, broken


def _lines(counts: dict[str, int], broken: list[Broken]) -> list[str]:
    if not counts:
        return ["no event was ever written here"]
    bad = {one.tenant for one in broken}
    lines = [
        f"{tenant or 'the deployment itself'}: {number:,} event{'s' * (number != 1)}, whole"
        for tenant, number in counts.items()
        if tenant not in bad
    ]
    told = [f"{one}" for one in broken]
    if told:
        told.append(
            "Keep this data folder as it is, and ask who had access to the store since; "
            "a copy from before tells what stood there."
        )
    return lines + told


def _body(counts: dict[str, int], broken: list[Broken]) -> dict[str, object]:
    where = [
        {"tenant": one.tenant, "event": one.seq, "what": one.what, "gap": one.gap}
        for one in broken
    ]
    return {"outcome": _OUTCOMES[_code(counts, broken)], "whole": counts, "broken": where}


_OUTCOMES = {0: "whole", CHANGED: "changed", GAP: "gap"}


def _code(counts: dict[str, int], broken: list[Broken]) -> int:
    if any(not one.gap for one in broken):
        return CHANGED
    return GAP if broken or not counts else 0
