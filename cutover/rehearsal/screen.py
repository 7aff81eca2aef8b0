"""What a rehearsal shows while it runs: one row a rollout, and a line for everything that happened.

On a terminal the rows stay in place and are redrawn; elsewhere they are printed now and then, so
that a log of a rehearsal can be read from top to bottom.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.table import Table

from cutover.rehearsal.control import View
from cutover.rehearsal.driver import Tally

PRINT_EVERY_S = 15.0

STAGE_STYLE: Mapping[str, str] = {
    "off": "dim",
    "mirror": "cyan",
    "canary": "yellow",
    "live": "bold green",
    "rolled_back": "bold red",
}


@dataclass(slots=True)
class Screen:
    """A console with rows of rollouts. `of` says how many sessions a tenant will have, 0 for no end."""

    console: Console
    of: int = 0
    live: Live | None = None
    started_s: float = field(default_factory=time.monotonic)
    printed_s: float = 0.0

    def say(self, text: str) -> None:
        """A line that stays, after the time since the start."""
        passed = int(time.monotonic() - self.started_s)
        self.console.print(f"[dim]{passed // 60:d}:{passed % 60:02d}[/dim]  {text}")

    def show(self, views: Mapping[tuple[str, str], View], tallies: Mapping[str, Tally]) -> None:
        """The rows as they are now."""
        if self.live is not None:
            self.live.update(board(views, tallies, self.of))
        elif views and time.monotonic() - self.printed_s >= PRINT_EVERY_S:
            self.printed_s = time.monotonic()
            for view in views.values():
                self.say(row_text(view, tallies[view.tenant], self.of))

    @contextmanager
    def redrawing(self) -> Iterator[None]:
        """Keeps the rows in place on a terminal for as long as the block lasts."""
        if not self.console.is_terminal:
            yield
            return
        with Live(console=self.console, refresh_per_second=4, transient=True) as live:
            self.live = live
            try:
                yield
            finally:
                self.live = None


def board(
    views: Mapping[tuple[str, str], View], tallies: Mapping[str, Tally], of: int
) -> Table:
    """The rows as a table for a terminal."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("rollout", "stage", "share", "sessions", "compared", "what the evidence says"):
        table.add_column(name, overflow="fold")
    for view in views.values():
        style = STAGE_STYLE.get(view.stage, "")
        table.add_row(
            f"{view.tenant}/{view.route}",
            f"[{style}]{view.stage}[/{style}]" if style else view.stage,
            f"{view.share:g} %",
            progress(tallies[view.tenant], of),
            str(view.ledger.compared),
            verdict_text(view),
        )
    return table


def row_text(view: View, tally: Tally, of: int) -> str:
    """One row as a line."""
    return (
        f"{view.tenant}/{view.route}: {view.stage} {view.share:g} %, "
        f"{progress(tally, of)} sessions, {view.ledger.compared} compared; {verdict_text(view)}"
    )


def progress(tally: Tally, of: int) -> str:
    """How many sessions ended, out of how many where that is known."""
    return f"{tally.done}/{of}" if of else str(tally.done)


def verdict_text(view: View) -> str:
    """The verdict in words: what waits, or the first reason."""
    if view.proposal is not None:
        return f"waits for an approval: {view.proposal.to_share:g} % of the sessions"
    words = next(iter(view.reasons), view.waits_for)
    return f"{view.verdict}: {words}" if words else view.verdict
