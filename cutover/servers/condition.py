"""How much of its capacity an upstream's servers are trusted with: all of it, or half for a while.

A hot or lost GPU halves it once it was seen in two looks in a row, and whole it is again after a
stated time without any. What is not known is neither: it halves nothing, and no quiet time passes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cutover.servers.facts import Facts
from cutover.servers.signals import troubles

FACTOR = 0.5
LOOKS = 2


@dataclass(frozen=True, slots=True)
class Condition:
    """Of one upstream. `gpus` are those that were ever seen under the same `basis`.

    `why` is what halved its capacity, "" where it is whole; `since_us` when that began.
    `basis` is a digest of what the policy declares: a person who changes that accepts what is there.
    """

    upstream: str
    basis: str
    gpus: tuple[str, ...] = ()
    why: str = ""
    since_us: int = 0

    @property
    def factor(self) -> float:
        """The share of its capacity that is accepted."""
        return FACTOR if self.why else 1.0


@dataclass(frozen=True, slots=True)
class Watched:
    """A condition, with what a process remembers of its last looks.

    `looks` in a row saw trouble; `quiet_us` is since when none was seen, None where it was.
    """

    condition: Condition
    looks: int = 0
    quiet_us: int | None = None

    def look(self, facts: Facts, quiet_s: float, steady_us: int, now_us: int) -> Watched:
        """After one more look; `steady_us` is a monotonic clock, on which the quiet time passes."""
        if not facts.gpus_known:
            return replace(self, quiet_us=None)
        before = self.condition
        found = troubles(facts, before.gpus)
        gpus = tuple(sorted({*before.gpus, *facts.gpus}))
        known = replace(before, gpus=gpus)
        if found:
            looks = self.looks + 1
            if looks < LOOKS and not before.why:
                return Watched(known, looks)
            since_us = before.since_us if before.why else now_us
            return Watched(replace(known, why="; ".join(found), since_us=since_us), looks)
        quiet_us = steady_us if self.quiet_us is None else self.quiet_us
        if before.why and steady_us - quiet_us >= quiet_s * 1e6:
            return Watched(replace(known, why="", since_us=now_us), 0, quiet_us)
        return Watched(known, 0, quiet_us)
