"""The policy in force in a running proxy: swapped whole, without a request noticing.

A request stays with the relay it came to, and so with one policy, its plan and its upstreams. A
policy that cannot be used here leaves the last good one in force, without what the new one forbids,
and is told in the log and the metrics. Which candidate may answer is no matter of this: the route table names the one that was
approved, and a policy that names another lets it answer nobody.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mirror import applied
from mirror.applied import Applied, InForce
from mirror.beside import beside
from mirror.egress import CredentialMissing, Egress
from mirror.pools import POLICIES
from mirror.proxy.relay import Relay
from policies.policy import Policy

LOOK_S = 0.5
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Made:
    """What is made of a policy: its clients of the upstreams, and the relay that uses them."""

    egress: Egress
    relay: Relay


@dataclass(slots=True)
class Current:
    """What is in force, and how the next policy takes its place.

    `make` builds everything of a policy and opens nothing. `applied` is None for a policy that came
    from no data folder, which is never replaced. `swapped` is called after each change. A policy
    that could not be read for a fault of the machine is tried again at the next look. `unread` says
    that it is not known what the one applied last forbids, and the cloud is closed to all.
    """

    make: Callable[[Policy], Made]
    made: Made
    applied: Applied | None = None
    fault: str = ""
    unread: bool = False
    swapped: Callable[[], None] = lambda: None
    _seen: Applied | None = None
    _retired: list[Made] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._seen = self.applied

    def relay(self) -> Relay:
        """The relay for a request that comes now."""
        return self.made.relay

    async def look(self, folder: Path, environ: Mapping[str, str]) -> None:
        """Takes what was applied since the last look, and lets go of what nobody uses any more."""
        newest = applied.current(folder)
        if newest is not None and newest != self._seen:
            await self._take(folder, newest, environ)
        for made in [made for made in self._retired if not made.relay.in_flight]:
            self._retired.remove(made)
            await made.egress.aclose()

    async def _take(self, folder: Path, newest: Applied, environ: Mapping[str, str]) -> None:
        """In a thread: a long policy takes longer to read than a request may wait."""
        held = InForce(self.made.relay.policy, self.applied)
        try:
            found = await POLICIES.run(lambda: applied.after(folder, held, environ))
            if (found.policy, found.applied) != (held.policy, held.applied):
                await self._swap(found)
        except (OSError, CredentialMissing) as error:
            self._tell(newest, str(error))
            return
        self._tell(newest, found.fault)
        self.unread = found.unread
        if not found.passing:
            self._seen = newest

    async def _swap(self, found: InForce) -> None:
        made = await POLICIES.run(lambda: self.make(found.policy))
        await made.egress.__aenter__()
        if found.applied != self.applied:
            if found.policy.listeners != self.made.relay.policy.listeners:
                text = "%s has other `listeners`: those come with the next start"
                _log.warning(text, found.applied)
            _log.warning("%s is in force", found.applied)
        self._retired.append(self.made)
        self.made, self.applied = made, found.applied
        self.swapped()

    def _tell(self, newest: Applied, fault: str) -> None:
        """Once, however often it is tried."""
        if fault and fault != self.fault:
            _log.error("%s is not taken, %s stays: %s", newest, self.applied, fault)
        self.fault = fault

    async def aclose(self) -> None:
        """Closes the connections of all that is and was in force."""
        for made in (self.made, *self._retired):
            await made.egress.aclose()


@asynccontextmanager
async def following(
    current: Current, folder: Path, environ: Mapping[str, str]
) -> AsyncIterator[None]:
    """Keeps the newest applied policy in force while the context is entered."""

    async def follow() -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await current.look(folder, environ)
            except Exception as fault:  # the proxy goes on with what it has
                told = type(fault).__name__
                if told != current.fault:
                    _log.exception("the applied policy could not be taken")
                current.fault = told

    async with beside(follow()):
        yield
