"""Sessions in start order: which are closed, which are open, and what each look may count.

A session is numbered by its start and closes by count (its first `sessions.exchanges` exchanges)
or by clock (`sessions.open_s` after the first), never by outcome and with all gates together: otherwise the
quick ends (the broken ones, say) would be seen before the slow ones, and looking often would no
longer be honest. What a session holds is a function of the exchanges accepted within its window,
so the order in which scores arrive never matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cutover.evidence.observation import OpenSession, Rules, ScoredExchange, Session, observe

SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Look:
    """What is new at one look: sessions that joined the closed prefix, and the tail behind it."""

    closed: tuple[Session, ...]
    tail: tuple[Session | OpenSession, ...]


@dataclass(slots=True)
class Book:
    """The sessions of one standing (one epoch), kept in start order as their exchanges arrive.

    The only thing here that grows in place: `take` what arrived, then `look`. A session leaves
    `running` once it and all that started before it are closed; what it says later is not evidence.
    """

    rules: Rules
    seen: set[str] = field(default_factory=set)
    running: dict[str, list[ScoredExchange]] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    next_us: int | None = (
        None  # when, at the last look, a session was next to close by the clock
    )

    def take(self, exchanges: Iterable[ScoredExchange]) -> None:
        """Take compared exchanges of this epoch, each once, in any order."""
        for exchange in exchanges:
            if exchange.session not in self.done:
                self.running.setdefault(exchange.session, []).append(exchange)

    def resume(self, sessions: Iterable[Session]) -> None:
        """Remember sessions that joined the prefix before a restart."""
        for session in sessions:
            self.done.add(session.id)
            self.seen.update(session.keys)
            self.running.pop(session.id, None)

    def look(self, pending: Iterable[tuple[str, int]], now_us: int) -> Look:
        """The sessions at this moment. `pending` are (session, accepted_us) still to be compared.

        Pending exchanges must be read before, or together with, the compared ones; an exchange
        that is in neither list is taken for one that will never be compared.
        """
        started = self._started(pending, now_us)
        open_us = round(self.rules.terms.sessions.open_s * SECOND_US)
        ends = [one.start_us + open_us + 1 for one in started]
        self.next_us = min([end for end in ends if end > now_us], default=None)
        prefix = 0
        while prefix < len(started) and started[prefix].closed:
            prefix += 1
        closed = tuple([self._close(session, self.seen) for session in started[:prefix]])
        for session in closed:
            self.done.add(session.id)
            self.running.pop(session.id, None)
        seen = set(self.seen) if prefix < len(started) else self.seen
        return Look(closed, tuple([self._tail(session, seen) for session in started[prefix:]]))

    def _started(self, pending: Iterable[tuple[str, int]], now_us: int) -> list[_Started]:
        waiting: dict[str, list[int]] = {}
        for session, accepted_us in pending:
            if session not in self.done:
                waiting.setdefault(session, []).append(accepted_us)
        sessions = self.rules.terms.sessions
        started = [
            _start(
                id,
                rows=self.running.get(id, []),
                pending=waiting.get(id, []),
                count=sessions.exchanges,
                open_us=round(sessions.open_s * SECOND_US),
                now_us=now_us,
            )
            for id in self.running.keys() | waiting.keys()
        ]
        return sorted(started, key=lambda session: (session.start_us, session.id))

    def _close(self, session: _Started, seen: set[str]) -> Session:
        return observe(self.rules, session.id, session.start_us, session.exchanges, seen)

    def _tail(self, session: _Started, seen: set[str]) -> Session | OpenSession:
        observed = self._close(session, seen)
        return observed if session.closed else OpenSession(session.id, session.start_us)


@dataclass(frozen=True, slots=True)
class _Started:
    id: str
    start_us: int
    exchanges: tuple[ScoredExchange, ...]  # those compared so far, of the session's window
    closed: bool


def _start(
    id: str,
    *,
    rows: Sequence[ScoredExchange],
    pending: Sequence[int],
    count: int,
    open_us: int,
    now_us: int,
) -> _Started:
    """Which exchanges make up a session, and whether any of them is still to come."""
    known: list[tuple[int, str, ScoredExchange | None]] = [
        (row.accepted_us, row.exchange_id, row) for row in rows
    ]
    known += [(accepted_us, "", None) for accepted_us in pending]
    known.sort(key=lambda entry: entry[:2])
    start_us = known[0][0]
    window = [row for at_us, _, row in known if at_us <= start_us + open_us][:count]
    complete = len(window) == count or now_us > start_us + open_us
    exchanges = tuple([row for row in window if row is not None])
    return _Started(id, start_us, exchanges, complete and len(exchanges) == len(window))
