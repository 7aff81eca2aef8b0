"""`watch`: `status` again and again, in place; where nobody looks at a terminal, a line for each change."""

from __future__ import annotations

import json
import signal
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from cutover import clocks
from cutover.cli.changes import Change, Wanted, changes, printable, tally
from cutover.cli.control import AnotherPerson, ControlError
from cutover.cli.options import data_option, fail
from cutover.cli.status import look, show
from mirror.journal.store import StoreError

SHOWN = 6
"""The latest changes that stand below the board."""
KEPT = 50
"""Those that are left on the terminal when the watch ends."""
REST = 3
"""It rests for so many times as long as the last look took."""
RESIZED_S = 0.2
"""How often the size of the terminal is looked at."""

type Look = Callable[[], tuple[Mapping[str, Any], str]]
type Pause = Callable[[float], None]


@click.command()
@click.argument("words", nargs=-1)
@click.option("--tenant", "tenants", multiple=True, help="Of this tenant; may be repeated.")
@click.option("--route", "routes", multiple=True, help="Of this route; may be repeated.")
@click.option(
    "--every", "every_s", type=click.FloatRange(0.5, 3600), default=2.0, show_default=True,
    metavar="SECONDS", help="How long between two looks.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each change.")
@click.option("--as", "user", metavar="USER", help="Whose token to ask with.")
@click.option("--url", help="The control API, instead of the one DATA names.")
@data_option
def watch(  # noqa: PLR0913 - the options of the command
    *,
    words: tuple[str, ...],
    tenants: tuple[str, ...],
    routes: tuple[str, ...],
    every_s: float,
    as_json: bool,
    user: str | None,
    url: str | None,
    data: Path,
) -> None:
    """Watch where every rollout stands, until ctrl-C; WORDS choose those in which each of them stands.

    On a terminal the board is kept up to date in place. Elsewhere each change is one line; with
    --json one object, and everything that is there at the first look is a change from null.
    """
    watched = Watched(Wanted(frozenset(tenants), frozenset(routes), words))
    console = Console()

    def again() -> tuple[Mapping[str, Any], str]:
        return look(data, user, url)

    with _ended_by_signals(), suppress(KeyboardInterrupt):
        try:
            first = watched.ask(again)
        except (AnotherPerson, StoreError) as error:
            fail(str(error))
        except ControlError as error:
            fail(str(error), code=1)
        if as_json:
            _write(first, watched.at_us, as_json)
        elif console.is_terminal:
            _board(watched, again, every_s, console)
        else:
            click.echo(f"{watched.head}; a line for each change follows")
        if watched.fault:
            click.echo(f"crossfade: {printable(watched.fault)}\nread from the store", err=True)
        _lines(watched, again, every_s, as_json)


@dataclass(slots=True)
class Watched:
    """What was seen so far: the last look, why it is no better one, how long it took, and the latest changes."""

    wanted: Wanted
    found: Mapping[str, Any] = field(default_factory=dict)
    fault: str = ""
    at_us: int = 0
    took_s: float = 0.0
    latest: deque[tuple[int, Change]] = field(default_factory=lambda: deque(maxlen=KEPT))

    def ask(self, again: Look) -> list[Change]:
        """Looks once more; what has changed since. Raises what the look does."""
        began_s = time.monotonic()
        try:
            return self.see(*again(), clocks.now_us())
        finally:
            self.took_s = time.monotonic() - began_s

    def see(self, found: Mapping[str, Any], fault: str, at_us: int) -> list[Change]:
        """Takes another look in; what has changed since the one before. The first is compared to nothing."""
        now = self.wanted.named(found)
        before = self.found or {**now, "rollouts": []}
        told = self.wanted.among(changes(before, now), before, now)
        if self.found:
            self.latest += [(at_us, one) for one in told]
        self.found, self.fault, self.at_us = now, fault, at_us
        return told

    def rest_s(self, every_s: float) -> float:
        """How long until the next look: thousands of rollouts take long to tell, and are asked for less often."""
        return max(every_s, REST * self.took_s)

    @property
    def head(self) -> str:
        """When it was looked at, and what is watched."""
        rollouts = self.wanted.worded(self.found)["rollouts"]
        return f"{_stamp(self.at_us)}  {tally(rollouts)}"

    def screen(self, width: int, height: int, every_s: float) -> Text:
        """The board as it fills a terminal of so many columns and lines."""
        shown = self.wanted.worded(self.found)
        above = [Text(f"{self.head}  (every {every_s:g} s, ctrl-C ends)", style="bold")]
        if self.fault:
            why = f"{printable(self.fault)}; what follows is the last that is known"
            above.append(Text(why, style="red"))
        below = [
            Text(f"{_stamp(at_us)}  {printable(one.line)}")
            for at_us, one in list(self.latest)[-SHOWN:]
        ]
        if below:
            below.insert(0, Text(""))
        for line in (*above, *below):
            line.truncate(width, overflow="ellipsis")
        room = max(2, height - len(above) - len(below))
        lines = [*above, *_fitting(shown, width, room), *below]
        return Text("\n").join(lines[:height])


def _fitting(found: Mapping[str, Any], width: int, room: int) -> list[Text]:
    """What `status` shows of a look, in so many lines; what has no room is counted."""
    rollouts = found["rollouts"]
    if len(rollouts) < room and len(whole := _printed(found, width)) <= room:
        return whole
    load = found.get("load")
    breakers = load["breakers"] if load else []
    bare = {
        **{
            name: found[name]
            for name in ("production", "controller", "switches")
            if name in found
        },
        "load": {"upstreams": [], "backlog": [], "shed": [], "breakers": breakers},
    }

    def laid_out(count: int) -> list[Text]:
        return _printed({**bare, "rollouts": rollouts[:count]}, width)

    most = range(1, min(room, len(rollouts)) + 1)
    count = bisect_left(most, True, key=lambda some: len(laid_out(some)) >= room)
    lines = laid_out(max(count, 1))
    more = f"{len(rollouts) - count:,} more rollouts" if count < len(rollouts) else "the load"
    rest = f"{more}: --tenant, --route or words show fewer; `crossfade status` shows all"
    return [*lines[: room - 1], Text(rest[:width], style="yellow")]


def _printed(found: Mapping[str, Any], width: int) -> list[Text]:
    paper = Console(width=width, force_terminal=True, color_system="standard")
    with paper.capture() as taken:
        show(paper, printable(found))
    return list(Text.from_ansi(taken.get().rstrip()).split("\n", allow_blank=True))


def _board(
    watched: Watched, again: Look, every_s: float, console: Console, pause: Pause = time.sleep
) -> NoReturn:
    """Keeps the board in place, until a KeyboardInterrupt; the changes seen stay on the terminal then."""
    try:
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while True:
                _rest(watched, every_s, live, pause)
                with _faults_told(watched):
                    watched.ask(again)
    finally:
        for at_us, one in watched.latest:
            console.print(
                f"{_stamp(at_us)}  {printable(one.line)}", markup=False, highlight=False
            )


def _rest(watched: Watched, every_s: float, live: Live, pause: Pause) -> None:
    """Shows the last look until it is time for the next, anew where the terminal gets another size."""
    drawn = None
    for _ in range(max(1, round(watched.rest_s(every_s) / RESIZED_S))):
        if drawn != live.console.size:
            drawn = live.console.size
            live.update(watched.screen(*drawn, every_s), refresh=True)
        pause(RESIZED_S)


def _lines(
    watched: Watched, again: Look, every_s: float, as_json: bool, pause: Pause = time.sleep
) -> NoReturn:
    """Writes each change, until a KeyboardInterrupt."""
    fault = watched.fault
    while True:
        pause(watched.rest_s(every_s))
        with _faults_told(watched):
            _write(watched.ask(again), watched.at_us, as_json)
        if watched.fault and watched.fault != fault:
            click.echo(f"crossfade: {printable(watched.fault)}", err=True)
        fault = watched.fault


def _write(told: Iterable[Change], at_us: int, as_json: bool) -> None:
    for one in told:
        if as_json:
            body = {"at_us": at_us, **printable(asdict(one))}
            click.echo(json.dumps(body, ensure_ascii=False))
        else:
            click.echo(f"{_stamp(at_us)}  {printable(one.line)}")


@contextmanager
def _faults_told(watched: Watched) -> Iterator[None]:
    """A look that fails ends no watch: why it failed is told, and the next one may succeed."""
    try:
        yield
    except (ControlError, StoreError) as error:
        watched.fault = str(error)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end a watch as ctrl-C does, so that the terminal is given back as it was."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = {one: signal.signal(one, interrupt) for one in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _stamp(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).strftime("%H:%M:%S UTC")
