"""`status`: where every rollout stands, from the controller, or from the store when it is down."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from textwrap import shorten

import click
from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cutover import history
from cutover.cli import servers, spending
from cutover.cli.control import AnotherPerson, Control, ControlError, only_user
from cutover.cli.options import data_option, fail, home_with_store, moment
from cutover.deployment import told
from cutover.evidence import course
from cutover.load import report
from mirror.journal.store import Store, StoreError

WORDS = {
    "promote": "promote: shown to be no worse",
    "hold": "hold",
    "roll_back": "roll back",
}
WATCHES = "watched"
BRIEF = 120
"""How many characters of what a dry run would have done stand in a table; `--json` has them all."""
WIDE = 100
"""Narrower terminals get no table: its cells would be a few characters wide."""
BACKLOG = {
    "shadow": "a copy",
    "reask": "the primary's second answer",
    "score": "a score",
}
PATIENCE_S = 3.0
"""How long a store that somebody else holds is waited for."""
UNJUDGED = "the verdict is known only to a running controller"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The control API's JSON.")
@click.option("--as", "user", metavar="USER", help="Whose token to ask with.")
@click.option("--url", help="The control API, instead of the one DATA names.")
@data_option
def status(as_json: bool, user: str | None, url: str | None, data: Path) -> None:
    """Show where every rollout stands and what it waits for."""
    try:
        found, fault = look(data, user, url)
    except (AnotherPerson, StoreError) as error:
        fail(str(error))
    except ControlError as error:
        fail(str(error), code=1)
    if fault:
        click.echo(f"crossfade: {fault}\nwhat follows was read from the store", err=True)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        show(Console(), found)


def look(data: Path, user: str | None, url: str | None) -> tuple[dict[str, object], str]:
    """Where everything stands, as the API tells it; or as the store does, with why the API did not.

    Ends the command where there is no store either. Raises AnotherPerson, ControlError where the API
    said no, and StoreError.
    """
    try:
        control = Control.find(data, user or only_user(data), url)
        if user:
            control.speaking_for(user)
        found = {
            **control.whole("/v1/rollouts", "rollouts"),
            "switches": control.get("/v1/switches"),
        }
        found["load"] = control.get("/v1/load")
        found["servers"] = control.get("/v1/servers")
        found["spending"] = control.get("/v1/spending")
    except AnotherPerson:
        raise
    except ControlError as error:
        if error.status and error.status not in (401, 503):
            raise
        return _from_store(data), str(error)
    return found, ""


def show(console: Console, found: Mapping[str, object]) -> None:
    """Prints where everything stands."""
    rollouts = found["rollouts"]
    assert isinstance(rollouts, list), "the API lists them"
    if found["production"] is False:
        console.print("not for production: margins and alphas of a rehearsal", style="yellow")
    _show_switches(console, found.get("switches"))
    if not rollouts:
        console.print("no rollout yet")
        return
    if found.get("controller") == "down":
        console.print(_last_known(rollouts))
        console.print(UNJUDGED)
    else:
        console.print(_table(rollouts) if console.width >= WIDE else _blocks(rollouts))
        _show_late(console, rollouts)
        _show_unpaired(console, rollouts)
    _show_load(console, found.get("load"))
    servers.show(console, found.get("servers"))
    spending.show(console, found.get("spending"))


def _show_switches(console: Console, switches: object) -> None:
    """What people have switched for the whole deployment, before anything that it overrides."""
    if not isinstance(switches, Mapping):
        return
    for one in switches["emergencies"]:
        words = f"emergency {one['name']}: everything goes to the primary"
        console.print(f"{words} ({one['by']}: {one['reason']})", style="red", markup=False)
    for one in switches["drains"]:
        until = moment(one["until_us"]) if one["until_us"] else "it is returned"
        words = f"{one['upstream']} is drained until {until}"
        console.print(f"{words} ({one['by']}: {one['reason']})", style="yellow", markup=False)


def _show_load(console: Console, load: object) -> None:
    """What is in flight at upstreams that have a cap or copies under way, and what waits."""
    if not isinstance(load, Mapping):
        return
    for one in load["upstreams"]:
        flying, waits = sum(one["in_flight"].values()), sum(one["waiting"].values())
        if one["cap"] or flying or waits:
            most = f" of {one['cap']}" if one["cap"] else ""
            ranks = ", ".join(f"{count} {rank}" for rank, count in one["in_flight"].items())
            console.print(
                f"{one['upstream']}: {flying}{most} in flight ({ranks}), {waits} wait"
            )
    for one in load.get("breakers", ()):
        what = (
            f"{one['tenant']} {one['route']}: the circuit breaker to {one['upstream']} is open"
        )
        words = f"for {one['open_s']:,.0f} s, and the primary answers in its place"
        console.print(f"{what} {words}", style="yellow", markup=False)
    for one in load["backlog"]:
        waits = f"{one['count']:,} {'waits' if one['count'] == 1 else 'wait'}"
        what = f"{one['tenant']} {one['route']}: {waits} for {BACKLOG[one['kind']]}"
        console.print(f"{what}, the oldest for {one['oldest_s']:,.0f} s", markup=False)
    for one in load["shed"]:
        what = f"{one['tenant']} {one['route']}: {_counted(one['exchanges'], 'copy', 'copies')} shed"
        console.print(f"{what} so far: {one.get('why') or one['reason']}", markup=False)


def _show_late(console: Console, rollouts: Sequence[Mapping[str, object]]) -> None:
    """Copies that were sent too late to say how fast the candidate is."""
    for one in rollouts:
        if one.get("late"):
            what = f"{one['tenant']} {one['route']}: {_counted(one['late'], 'copy', 'copies')}"
            words = "sent over a minute late, left out of its latency"
            console.print(f"{what} {words}", markup=False)


def _show_unpaired(console: Console, rollouts: Sequence[Mapping[str, object]]) -> None:
    """Sessions in which nothing of the primary's stood beside what the candidate answered."""
    for one in rollouts:
        if one.get("unpaired"):
            what = f"{one['tenant']} {one['route']}: {_counted(one['unpaired'], 'session', 'sessions')} unpaired"
            words = "(the candidate's answer alone: errors, speed and what it shows by itself)"
            console.print(f"{what} {words}", markup=False)


def _counted(number: object, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _table(rollouts: Sequence[Mapping[str, object]]) -> Table:
    table = _headed("verdict", "waits for")
    for one in rollouts:
        table.add_row(*_cells(*_standing(one), _verdict(one), str(one["waits_for"]) or "-"))
    return table


def _blocks(rollouts: Sequence[Mapping[str, object]]) -> Table:
    """The same for a narrow terminal: of each rollout a line, and what is to be said of it below."""
    table = Table.grid(padding=(0, 0, 0, 2))
    for one in rollouts:
        tenant, route, stage, share, sessions = _standing(one)
        table.add_row(
            Text(
                f"{tenant}/{route}  {stage} {share}, {sessions} session{'s' * (sessions != '1')}",
                "bold",
            )
        )
        table.add_row(Padding(Text(_verdict(one)), (0, 0, 0, 2)))
        waits = str(one["waits_for"])
        table.add_row(Padding(Text(f"waits for: {waits}" if waits else ""), (0, 0, 1, 2)))
    return table


def _verdict(one: Mapping[str, object]) -> str:
    """A verdict in words, with what goes with it: the pool, what a dry run would have done, why it was rolled back."""
    told = str(one["verdict"])
    watched = (told, one["stage"]) == ("hold", "live")
    verdict = WATCHES if watched else WORDS.get(told, told)
    verdict += ", pooled" if one.get("pooled") else ""
    lines = [verdict]
    if dry := one.get("dry_run"):
        assert isinstance(dry, Sequence), "the API lists what would have been done"
        lines.append(shorten(str(dry[0]), BRIEF, placeholder=" ..."))
    reasons = one["reasons"]
    assert isinstance(reasons, Sequence), "the API lists why"
    if watched or one["stage"] == "rolled_back":
        lines += reasons[:1]
    return "\n".join(lines)


def _last_known(rollouts: Sequence[Mapping[str, object]]) -> Table:
    """Where each rollout stood when a controller last wrote, and why it had moved there."""
    table = _headed("held", "last move, because")
    for one in rollouts:
        held = f"by {one['held_by']}: {one['hold_reason']}" if one["held_by"] else "-"
        table.add_row(*_cells(*_standing(one), held, str(one["last_reason"]) or "-"))
    return table


def _headed(*titles: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("tenant", "route", "stage", "share", "sessions", *titles):
        right = title in ("share", "sessions")
        table.add_column(title, justify="right" if right else "left", overflow="fold")
    return table


def _cells(*told: str) -> tuple[Text, ...]:
    """Texts that are shown as they are: what people write may look like markup."""
    return tuple([Text(one) for one in told])


def _standing(one: Mapping[str, object]) -> tuple[str, ...]:
    return (
        str(one["tenant"]),
        str(one["route"]),
        str(one["stage"]).replace("_", " "),
        f"{one['share']:g} %",
        f"{one['sessions']:,}",
    )


def _from_store(data: Path) -> dict[str, object]:
    """What the store alone can tell: stages, shares and holds, and how many sessions count."""
    home = home_with_store(data)
    store = Store.open_to_ask(home.store_url, PATIENCE_S)
    with closing(store), store.read() as conn:
        rollouts = [
            _row(
                saved,
                history.moves(conn, key, limit=1),
                course.sessions(conn, key, saved.rollout.epoch),
            )
            for key, saved in sorted(history.rollouts(conn).items())
        ]
        load = report(conn, data / "load", {}, time.time_ns() // 1000).body()
    return {**told(data), "controller": "down", "rollouts": rollouts, "load": load}


def _row(
    saved: history.Saved, last: Sequence[history.Moved], sessions: int
) -> dict[str, object]:
    rollout = saved.rollout
    return {
        "tenant": rollout.tenant,
        "route": rollout.route,
        "stage": rollout.stage.value,
        "share": last[0].transition.to_share if last else 0.0,
        "attempt": rollout.attempt,
        "epoch": rollout.epoch,
        "since_us": rollout.since_us,
        "held_by": rollout.held_by,
        "hold_reason": rollout.hold_reason,
        "verdict": None,
        "waits_for": None,
        "last_reason": last[0].transition.reason if last else "",
        "sessions": sessions,
    }
