"""One conversation as evidence: its exchanges, and the sessions that they are cut into.

Cut at times alone: a session takes what is accepted within its window from its start, and who comes back
later begins another. What lies between is no evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from cutover.evidence.badness import held
from cutover.evidence.scored import ScoredExchange, ahead_us


def in_order(row: ScoredExchange) -> tuple[int, str]:
    """The place of an exchange among others: when it was accepted."""
    return row.accepted_us, row.exchange_id


@dataclass(frozen=True, slots=True)
class Windows:
    """A session takes `count` exchanges at most, of `open_us`; `again_us` after its start another may begin."""

    count: int
    open_us: int
    again_us: int


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One session: those compared so far of its exchanges. `remaining` is how many more it may come to.

    `complete` says that there will be none. `settled` is False where a session of the same id before it is not
    complete: then its start may still move. `waits_us` is when the first that waits to be compared was accepted.
    """

    id: str
    start_us: int
    rows: tuple[ScoredExchange, ...]
    remaining: int
    settled: bool
    waits_us: int | None = None

    @property
    def complete(self) -> bool:
        """Whether all of its exchanges are here."""
        return self.remaining == 0 and self.settled

    def place(self) -> tuple[int, str]:
        """Its place in the line."""
        return self.start_us, self.id


@dataclass(slots=True)
class Conversation:
    """What is known of one id behind its last session that counted.

    `due_us` is the last moment of an open window, `oldest_us` when the first of those that wait and may still be of a session
    was accepted; None for none.
    """

    id: str
    rows: list[ScoredExchange] = field(default_factory=list)  # in order
    pending: list[int] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    due_us: int | None = None
    oldest_us: int | None = None
    stale: bool = True

    def cut(self, pending: list[int], windows: Windows, now_us: int) -> None:
        """Cuts the sessions anew, with the exchanges that wait now."""
        self.pending, self.stale, self.parts = pending, False, []
        self.due_us = self.oldest_us = None
        known: list[tuple[int, str, ScoredExchange | None]] = [
            (*in_order(row), row) for row in self.rows
        ]
        known += [(accepted_us, "", None) for accepted_us in pending]
        known.sort(key=lambda entry: entry[:2])
        at = 0
        while at < len(known):
            start_us = known[at][0]
            end = at
            while end < len(known) and known[end][0] <= start_us + windows.again_us:
                end += 1
            self._add(known[at:end], windows, now_us)
            at = end

    def _add(
        self,
        known: Sequence[tuple[int, str, ScoredExchange | None]],
        windows: Windows,
        now_us: int,
    ) -> None:
        start_us, ends_us = known[0][0], known[0][0] + windows.open_us
        window = [entry for entry in known if entry[0] <= ends_us][: windows.count]
        rows = tuple([row for _, _, row in window if row is not None])
        waits_us = next((at_us for at_us, _, row in window if row is None), None)
        # One that a wrong clock stamped ends by when it was compared: its own time may be years away.
        ends_us -= ahead_us(known[0][2]) if known[0][2] is not None else 0
        over = len(window) == windows.count or now_us > ends_us
        ended = over and len(rows) == len(window)
        if not over:
            self.due_us = ends_us if self.due_us is None else min(ends_us, self.due_us)
        settled = all(one.complete for one in self.parts)
        remaining = 0 if ended else windows.count - len(rows)
        part = Part(self.id, start_us, rows, remaining, settled, waits_us)
        waits = [at_us for at_us, _, row in known if row is None]
        if waits and not part.complete and self.oldest_us is None:
            self.oldest_us = waits[0]
        self.parts.append(part)

    def rest(self, spent: Callable[[int], bool]) -> None:
        """Leaves behind what was accepted at moments that are spent: it has counted, or never will."""
        self.rows = [row for row in self.rows if not spent(row.accepted_us)]
        self.pending = [at_us for at_us in self.pending if not spent(at_us)]
        self.parts = [part for part in self.parts if not spent(part.start_us)]

    def answers(self) -> Iterator[tuple[Part, ScoredExchange]]:
        """The exchanges of its sessions that a recorded answer may count in."""
        for part in self.parts:
            for row in part.rows:
                if held(row):
                    yield part, row
