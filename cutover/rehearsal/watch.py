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
    clock: Callable[[], float] = time.monotonic
    views: dict[Key, View] = field(default_factory=dict)
    _looked: object = None
    _moved_s: float = field(init=False)
    _answered_s: float = field(init=False)

    def __post_init__(self) -> None:
        """Starts the patience now."""
        self._moved_s = self._answered_s = self.clock()

    async def run(self) -> None:
        """Looks until cancelled. Raises Stalled when nothing moves, or the API is silent, too long."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def end(self) -> None:
        """Returns when every shadow and score is in and the controller has judged the last of them."""
        while not self.over():
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """One look at every rollout, with a yes to proposals that get one. Raises Stalled."""
        try:
            found = await self.control.rollouts()
            self._answered_s = self.clock()
        except ControlError as error:
            if self.clock() - self._answered_s >= PATIENCE_S:
                raise Stalled(f"the control API is silent: {error}") from error
            return
        for view in found:
            self.views[view.key] = view
            self.on_view(view)
            if view.proposal is not None and self.approves(view):
                # A refusal is no fault: the proposal was void by then, and the next view says so.
                await self.control.approve(view, "the evidence of the rehearsal was shown")
        self._note_what_moved()

    def over(self) -> bool:
        """Whether nothing is to come, and nothing has changed for several ticks."""
        proposed = any(
            view.proposal is not None and self.approves(view) for view in self.views.values()
        )
        patience_s = REFUSED_S if proposed else STILL_S
        return not self._waiting() and self.clock() - self._moved_s >= patience_s

    def settled(self, tenant: str) -> int:
        """How many exchanges of a tenant have been accepted and need no further work."""
        ledgers = [view.ledger for (name, _), view in self.views.items() if name == tenant]
        return sum(ledger.seen - ledger.pending for ledger in ledgers)

    def _note_what_moved(self) -> None:
        seen = [
            (view.epoch, view.ledger, view.sessions, view.comparisons, view.proposal)
            for view in self.views.values()
        ]
        if seen != self._looked:
            self._looked, self._moved_s = seen, self.clock()
        waits = self._waiting()
        if waits and self.clock() - self._moved_s >= STALLED_S:
            raise Stalled(f"nothing moved for {STALLED_S:g} s while exchanges wait: {waits}")

    def _waiting(self) -> str:
        """What is still to come, by tenant and by rollout; "" when all is in."""
        sent = {
            tenant: tally.sent - tally.client_errors - self.settled(tenant)
            for tenant, tally in self.tallies.items()
        }
        pending = {"/".join(key): view.ledger.pending for key, view in self.views.items()}
        return ", ".join(f"{name}: {n}" for name, n in (sent | pending).items() if n > 0)
