"""`drill roll-back`: a rehearsed rollback of one rollout on live traffic, with its measured times."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import click

from cutover.cli.act import Target
from cutover.cli.control import answered, rollout_path
from cutover.cli.options import acting_options, fail
from cutover.cli.switch import Span

LOOK_S = 0.5
PATIENCE_S = 180
"""So long after its time the end of a drill is waited for; it ends all the same."""


@click.group()
def drill() -> None:
    """Rehearse what must work when it is needed."""


@drill.command("roll-back")
@click.argument("target", type=Target(), metavar="TENANT/ROUTE")
@click.option(
    "--for", "for_s", type=Span(), default=30, help="How long, as in 1m; 30s unless told."
)
@acting_options
def roll_back(
    target: tuple[str, str], for_s: int, user: str, reason: str, data: Path, url: str | None
) -> None:
    """Send every session of TENANT/ROUTE to the primary, measure it, and go back to the same step.

    Exit 1 where it did not pass.
    """
    path, name = f"{rollout_path(*target)}/drills", "/".join(target)
    said = {"for_s": str(for_s), "reason": reason}
    begun = answered(data, user, url, lambda control: control.post(path, said))["drill"]
    assert isinstance(begun, Mapping), "the API tells the drill"
    click.echo(f"{name}: everything goes to the primary for {for_s} s")
    deadline_s = time.monotonic() + for_s + PATIENCE_S
    while time.monotonic() < deadline_s:
        listed = answered(data, user, url, lambda control: control.get(path))["drills"]
        assert isinstance(listed, list), "the API lists them"
        found = next(one for one in listed if one["id"] == begun["id"])
        if found["ended_us"]:
            _tell(name, found)
            raise SystemExit(0 if found["passed"] else 1)
        time.sleep(LOOK_S)
    fail(f"{name}: the drill has not ended; its events tell how it does", code=1)


def _proxies(number: object) -> str:
    return "1 proxy" if number == 1 else f"{number} proxies"


def _tell(name: str, found: Mapping[str, object]) -> None:
    times = found["times"]
    assert isinstance(times, Mapping), "the API tells the times"
    for label, key in (
        ("table published after", "published_ms"),
        (f"{_proxies(times['proxies'])} followed after", "followed_ms"),
        ("candidate last chosen after", "last_chosen_ms"),
        ("candidate's last answer ended after", "last_answer_ms"),
        ("given back after", "away_ms"),
        ("proxies went back after", "back_followed_ms"),
    ):
        ms = times[key]
        click.echo(f"  {label:<38}{'never' if ms is None else f'{ms:,} ms'}")
    click.echo(f"  {'answered by the primary meanwhile':<38}{times['answered_by_primary']:,}")
    if times["still_open"]:
        click.echo(f"  {'answers of the candidate still open':<38}{times['still_open']:,}")
    click.echo(f"{name}: " + (f"not passed: {found['why']}" if found["why"] else "passed"))
