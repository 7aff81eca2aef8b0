"""Looks at a running deployment: keeps the latest views, approves where it was asked to, and knows the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cutover.rehearsal.control import Control, ControlError, View
from cutover.rehearsal.driver import Tally

LOOK_S = 0.3
PATIENCE_S = 60.0
"""How long the control API may be silent before that is a fault: its process restarts in seconds."""
STALLED_S = 180.0
"""How long exchanges may wait while nothing at all moves before that is a fault."""
STILL_S = 3.0
"""How long nothing may change before the controller has judged the last of it: several ticks."""
REFUSED_S = 20.0
"""How long a proposal is waited for at the end whose approval the API refuses."""

type Key = tuple[str, str]


class Stalled(Exception):
    """A part of the deployment stands still; the message says what waits and where to look."""


@dataclass(slots=True)
class Watch:
    """The latest views. `on_view` sees every view; `approves` says which proposals get a yes."""

    control: Control
    tallies: Mapping[str, Tally]
    approves: Callable[[View], bool]
    on_view: Callable[[View], None]
    views: dict[Key, View] = field(default_factory=dict)
    refused: str = ""
    _looked: object = None
    _moved_s: float = field(default_factory=time.monotonic)

    async def run(self) -> None:
        """Looks until cancelled. Raises Stalled when nothing moves, or the API is silent, too long."""
        answered_s = time.monotonic()
        while True:
            try:
                await self._look()
                answered_s = time.monotonic()
            except ControlError as error:
                if time.monotonic() - answered_s >= PATIENCE_S:
                    raise Stalled(f"the control API is silent: {error}") from error
            if self._waiting() and self.still_s() >= STALLED_S:
                raise Stalled(
                    f"nothing moved for {STALLED_S:g} s while exchanges wait: {self._waiting()}"
                )
            await asyncio.sleep(LOOK_S)

    def settled(self, tenant: str) -> int:
        """How many exchanges of a tenant have been accepted and need no further work."""
        ledgers = [view.ledger for (name, _), view in self.views.items() if name == tenant]
        return sum(ledger.seen - ledger.pending for ledger in ledgers)

    def still_s(self) -> float:
        """For how many seconds nothing has changed."""
        return time.monotonic() - self._moved_s

    async def end(self) -> None:
        """Returns when every shadow and score is in and the controller has judged the last of them."""
        while self._waiting() or self.still_s() < self._patience_s():
            await asyncio.sleep(LOOK_S)

    async def _look(self) -> None:
        for view in await self.control.rollouts():
            self.views[view.key] = view
            self.on_view(view)
            if view.proposal is not None and self.approves(view):
                self.refused = await self.control.approve(
                    view, "the evidence of the rehearsal was shown"
                )
        seen = [
            (view.epoch, view.ledger, view.sessions, view.comparisons, view.proposal)
            for view in self.views.values()
        ]
        if seen != self._looked:
            self._looked, self._moved_s = seen, time.monotonic()

    def _waiting(self) -> str:
        """What is still to come, by tenant; "" when all is in."""
        waits = {
            tenant: tally.sent - tally.client_errors - self.settled(tenant)
            for tenant, tally in self.tallies.items()
        }
        pending = {"/".join(key): view.ledger.pending for key, view in self.views.items()}
        return ", ".join(f"{name}: {n}" for name, n in (waits | pending).items() if n > 0)

    def _patience_s(self) -> float:
        """A proposal that will be approved is about to move something, unless the API refuses."""
        proposed = any(
            view.proposal is not None and self.approves(view) for view in self.views.values()
        )
        return REFUSED_S if proposed else STILL_S
