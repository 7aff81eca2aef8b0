"""`crossfade replay`: whether what was recorded of a rollout is what its ledger says."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cutover.cli.act import Target
from cutover.cli.options import data_option, fail, home_with_store
from mirror.journal.home import Home
from mirror.journal.store import Store, StoreError
from policies.load import PolicyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cutover.evidence.again import Again, RulesOf
    from cutover.evidence.replay import StandingAgain
    from cutover.history import Moved

USAGE = 3
_CODES = {"equal": 0, "nothing": 0, "differs": 1, "gap": 2}
_WORDS = {"equal": "equal", "differs": "DIFFERS", "gap": "GAP", "nothing": "-"}


@click.command()
@click.argument("target", type=Target(), metavar="TENANT/ROUTE")
@click.option(
    "-p", "--policy", "files", multiple=True, metavar="FILE",
    type=click.Path(path_type=Path), help="A policy that was in force, where DATA keeps it no more.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Everything as one JSON object.")
@data_option
def replay(target: tuple[str, str], files: tuple[Path, ...], as_json: bool, data: Path) -> None:
    """Compute the evidence of TENANT/ROUTE again, from the ledger, and compare it with what was recorded.

    Exit code 0: all of it comes out again. 1: something differs, and is named. 2: something that it
    was computed from is gone. 3: it could not be tried. Nothing is written, no controller is needed.
    """
    from cutover.evidence.replay import outcome

    found = _found(target, files, data)
    worst = outcome(found).value
    if as_json:
        click.echo(json.dumps({"outcome": worst, "standings": [_body(one) for one in found]}))
    else:
        _show(found, worst)
    raise SystemExit(_CODES[worst])


def _found(
    target: tuple[str, str], files: Sequence[Path], data: Path
) -> Sequence[StandingAgain]:
    from rich.console import Console
    from rich.progress import track

    from cutover import history
    from cutover.collecting import seldom_collected
    from cutover.evidence.replay import replay as again

    home = home_with_store(data, USAGE)
    try:
        rules_of = _rules_of(target, files, home)
        store = Store.open(home.store_url)
    except (StoreError, PolicyError) as error:
        fail(str(error), USAGE)
    try:
        with store.read() as conn, seldom_collected():
            if target not in history.rollouts(conn):
                fail(f"{'/'.join(target)} was never a rollout here", USAGE)
            standings = again(conn, target, rules_of)
            bar = Console(stderr=True)
            return list(track(standings, "standings", console=bar, transient=True))
    except StoreError as error:
        fail(str(error), USAGE)
    finally:
        store.close()


def _rules_of(target: tuple[str, str], files: Sequence[Path], home: Home) -> RulesOf:
    """Rules by the SHA-256 of the policy they are of: those given, and those that were in force."""
    from cutover.bygone import Bygone
    from policies.load import load

    return partial(Bygone(home.policies, [load(file) for file in files]).rules, target)


def _show(found: Sequence[StandingAgain], worst: str) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not found:
        console.print("nothing was compared yet")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("attempt", "stage", "sessions", "from the ledger", "then", "its verdict"):
        table.add_column(title, overflow="fold")
    for one in found:
        table.add_row(
            str(one.attempt),
            _standing(one),
            f"{one.sessions:,}",
            _WORDS[one.evidence.outcome.value],
            _move(one.moved),
            _WORDS[one.verdict.outcome.value],
        )
    console.print(table)
    for one in found:
        for each, again in one.would:
            said = f"dry run, {each.kind.replace('_', ' ')}: {_WORDS[again.outcome.value]}"
            console.print(f"attempt {one.attempt}, {_standing(one)}, {said}", markup=False)
        parts = [("sessions", one.evidence), ("verdict", one.verdict)]
        for what, again in (*parts, *[(each.kind, again) for each, again in one.would]):
            if again.why:
                where = f"attempt {one.attempt}, {_standing(one)}, {what}"
                console.print(f"{where}: {again.why}", markup=False)
    console.print(
        {
            "equal": "everything recorded comes out again, to the last digit",
            "differs": "what was recorded is NOT what the ledger says",
            "gap": "some of it cannot be computed again: what it was computed from is gone",
            "nothing": "no session was recorded yet",
        }[worst]
    )


def _standing(one: StandingAgain) -> str:
    stage = one.standing.stage.value
    return f"{stage} {one.standing.step + 1}" if stage == "canary" else stage


def _move(moved: Moved | None) -> str:
    return (
        "still there"
        if moved is None
        else f"{moved.transition.signal} by {moved.transition.actor}"
    )


def _body(one: StandingAgain) -> dict[str, object]:
    def told(again: Again) -> dict[str, str]:
        return {"outcome": again.outcome.value, "why": again.why}

    return {
        "attempt": one.attempt,
        "epoch": one.standing.epoch,
        "stage": one.standing.stage.value,
        "step": one.standing.step,
        "sessions": one.sessions,
        "evidence": told(one.evidence),
        "then": one.moved.transition.signal.value if one.moved else None,
        "verdict": told(one.verdict),
        "would": [{"kind": each.kind, **told(again)} for each, again in one.would],
    }
