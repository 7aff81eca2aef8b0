"""Sessions in start order: which are closed, which are open, and what each look may count.

A session is numbered by its start and closes by count (its first `sessions.exchanges` exchanges)
or by clock (`sessions.open_s` after the first), never by outcome and with all gates together: otherwise the
quick ends (the broken ones, say) would be seen before the slow ones, and looking often would no
longer be honest. Who comes back begins another session, with the first exchange later than
`sessions.again_after_s` after the start of the last. What a session holds is a function of the exchanges
that were accepted, so the order in which scores arrive never matters.

A recorded answer counts in the exchange of it that was accepted first. While one that was accepted before still
waits for its score nobody knows whose answer that is: a session closes only when none does; see `counted`.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from cutover.evidence import badness, least
from cutover.evidence.badness import held
from cutover.evidence.conversation import Conversation, Part, Windows, in_order
from cutover.evidence.counted import (
    CLOCKS_US,
    DAY_US,
    HOLDS_US,
    Counted,
    place,
    settled_before,
)
from cutover.evidence.observation import OpenSession, Rules, ScoredExchange, Session, observe
from cutover.evidence.scored import ahead_us

SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Look:
    """What is new at one look: sessions that joined the closed prefix, and the tail behind it."""

    closed: tuple[Session, ...]
    tail: tuple[Session | OpenSession, ...]


type Standings = tuple[bool | None, ...]
"""Of each exchange of a session, whether its recorded answer counts here first; None for not known yet."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a session says, and what that rests on: it says the same until one of its answers is `touched`.

    `keys` are its recorded answers. `after_us` is the moment before which none may take a place any more for
    `standings` to be known; None where some are not.
    """

    shown: Session | OpenSession
    standings: Standings
    keys: tuple[str, ...]
    after_us: int | None

    def still(self, touched: Set[str], before_us: int) -> bool:
        """Whether it says the same, now that nothing before `before_us` can take a place any more."""
        known = self.after_us is not None and self.after_us < before_us
        return known and touched.isdisjoint(self.keys)


@dataclass(slots=True)
class Book:
    """The sessions of one standing (one epoch), kept in start order as their exchanges arrive.

    The only thing here that grows in place: `take` what arrived, then `look`. A session leaves
    `running` once it and all that started before it are closed; what it says later is not evidence. `done` has
    when the last session of an id started, for as long as that can matter: what is accepted more than a
    day (or `again_after_s`) before the newest session that counted has come too late to be evidence. Both by the
    clocks that are right: where one that is wrong stamped a session, `astray` has when that says it began.
    """

    rules: Rules
    counted: Counted = field(default_factory=Counted)
    running: dict[str, Conversation] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    astray: dict[str, list[int]] = field(default_factory=dict)
    newest_us: int = 0  # start of the newest session that counted
    next_us: int | None = None  # when the last look would have told another thing by the clock
    _swept_us: int = 0
    _first: dict[tuple[str, int], list[tuple[int, str]]] = field(default_factory=dict)
    _told: dict[Part, Said] = field(default_factory=dict)
    _touched: set[str] = field(default_factory=set)  # answers whose places changed since

    @classmethod
    def taken_back(cls, rules: Rules, counted: Counted, joined: Mapping[str, Any]) -> Book:
        """One that sessions joined before: what they answered, and when they started as `joined` told it."""
        starts = {id: list(starts) for id, starts in joined["astray"].items()}
        return cls(rules, counted, {}, dict(joined["done"]), starts, joined["newest_us"])

    def joined(self) -> dict[str, Any]:
        """When the sessions that joined started, as far as that matters to what may still come."""
        return {"done": self.done, "astray": self.astray, "newest_us": self.newest_us}

    @property
    def windows(self) -> Windows:
        """When a session ends, and when its id may begin another."""
        sessions = self.rules.terms.sessions
        open_us = round(sessions.open_s * SECOND_US)
        again_us = round(sessions.again_after_s * SECOND_US)
        return Windows(sessions.exchanges, open_us, max(open_us, again_us))

    def take(self, exchanges: Iterable[ScoredExchange]) -> None:
        """Take compared exchanges of this epoch, each once, in any order."""
        again_us = self.windows.again_us
        for exchange in exchanges:
            if self._counts(exchange.session, exchange.accepted_us, again_us):
                one = self.running.setdefault(exchange.session, Conversation(exchange.session))
                insort(one.rows, exchange, key=in_order)
                one.stale = True

    def resume(self, sessions: Iterable[Session]) -> None:
        """Remember sessions that joined the prefix before a restart."""
        for session in sessions:
            self._join(session)
            self._forget()

    def look(self, pending: Iterable[tuple[str, int]], now_us: int) -> Look:
        """The sessions at this moment. `pending` are (session, accepted_us) still to be compared.

        Pending exchanges must be read before, or together with, the compared ones; an exchange
        that is in neither list is taken for one that will never be compared.
        """
        waiting = self._waiting(pending)
        line = self._line(waiting, now_us)
        oldest = [one.oldest_us for one in self.running.values() if one.oldest_us is not None]
        self._told = self._seen(line, settled_before(oldest, now_us))
        self.next_us = self._due(oldest, now_us)
        shown = [said.shown for said in self._told.values()]
        prefix = 0
        while prefix < len(shown) and isinstance(shown[prefix], Session):
            prefix += 1
        closed = tuple([one for one in shown[:prefix] if isinstance(one, Session)])
        for session in closed:
            self._join(session)
        self._forget()
        return Look(closed, tuple(shown[prefix:]))

    def _counts(self, id: str, accepted_us: int, again_us: int) -> bool:
        """Whether an exchange may be evidence: not of a session that counted, nor of too long ago."""
        if self._spent(id, accepted_us, again_us):
            return False
        return accepted_us > self.newest_us - max(again_us, DAY_US)

    def _spent(self, id: str, accepted_us: int, again_us: int) -> bool:
        """Whether an exchange is of a session that counted, or lies before one."""
        last_us = self.done.get(id)
        if last_us is not None and accepted_us <= last_us + again_us:
            return True
        return any(at <= accepted_us <= at + again_us for at in self.astray.get(id, ()))

    def _waiting(self, pending: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
        again_us = self.windows.again_us
        found: dict[str, list[int]] = {}
        for id, accepted_us in pending:
            if self._counts(id, accepted_us, again_us):
                found.setdefault(id, []).append(accepted_us)
        for times in found.values():
            times.sort()
        return found

    def _line(self, waiting: Mapping[str, list[int]], now_us: int) -> list[Part]:
        """All started sessions in the order of their starts. Cut anew is only what may have changed."""
        windows = self.windows
        for id in waiting.keys() - self.running.keys():
            self.running[id] = Conversation(id)
        for id, one in list(self.running.items()):
            times = waiting.get(id, [])
            if one.stale or one.pending != times or (one.due_us or now_us) < now_us:
                self._unlist(one)
                one.cut(times, windows, now_us)
                self._list(one)
                if not one.parts:
                    del self.running[id]
        every = self.running.values()
        return sorted([part for one in every for part in one.parts], key=Part.place)

    def _due(self, oldest: Iterable[int], now_us: int) -> int | None:
        """When the clock alone changes something: a window ends, or an exchange that waits holds no answer any more."""
        due = [one.due_us + 1 for one in self.running.values() if one.due_us]
        unsettled = [part for part, said in self._told.items() if said.after_us is None]
        if unsettled:
            due += [at_us + HOLDS_US + CLOCKS_US + 1 for at_us in oldest]
            rows = [row for part in unsettled for row in part.rows]
            due += [place(row)[0] + CLOCKS_US + 1 for row in rows]
        return min([at_us for at_us in due if at_us > now_us], default=None)

    def _list(self, one: Conversation) -> None:
        """Notes which recorded answers a conversation's sessions hold, and since when."""
        for part, row in one.answers():
            found = self._first.setdefault((row.recorded_key, self._day(part)), [])
            insort(found, place(row))
            self._touched.add(row.recorded_key)

    def _unlist(self, one: Conversation) -> None:
        for part, row in one.answers():
            key = (row.recorded_key, self._day(part))
            self._touched.add(row.recorded_key)
            if found := self._first.get(key):
                if place(row) in found:
                    found.remove(place(row))
                if not found:
                    del self._first[key]

    def _day(self, part: Part) -> int:
        """The day on which an answer counts once, where that matters: by clocks that are right."""
        if not self.counted.by_day:
            return self.counted.day(part.start_us)
        return self.counted.day(part.start_us - max(map(ahead_us, part.rows), default=0))

    def _seen(self, line: Iterable[Part], before_us: int) -> dict[Part, Said]:
        """What every session of the line says now. Of most nothing changed since the last look."""
        found, touched = {}, self._touched
        for part in line:
            kept = self._told.get(part)
            same = kept is not None and kept.still(touched, before_us)
            found[part] = kept if kept and same else self._said(part, before_us)
        touched.clear()
        return found

    def _said(self, part: Part, before_us: int) -> Said:
        """What a session says, seen anew; the same object where that is the same."""
        standings = tuple([self._standing(part, row, before_us) for row in part.rows])
        places = [self._place(part, row)[0] for row in part.rows if held(row)]
        after_us = None if None in standings else max(places, default=-1)
        keys = tuple([row.recorded_key for row in part.rows])
        kept = self._told.get(part)
        same = kept is not None and kept.standings == standings
        shown = kept.shown if kept and same else self._shown(part, standings)
        return Said(shown, standings, keys, after_us)

    def _shown(self, part: Part, standings: Standings) -> Session | OpenSession:
        if not part.complete or None in standings:
            floors = least.floors(self.rules, part, standings)
            return OpenSession(part.id, part.start_us, floors, badness.comparators(part.rows))
        repeats = {
            row.exchange_id
            for row, first in zip(part.rows, standings, strict=True)
            if not first
        }
        return observe(self.rules, part.id, part.start_us, part.rows, repeats)

    def _standing(self, part: Part, row: ScoredExchange, before_us: int) -> bool | None:
        if not held(row):
            return True
        if self.counted.holds(row.recorded_key, self._day(part)):
            return False
        first = self._place(part, row)
        return first == place(row) if first[0] < before_us else None

    def _place(self, part: Part, row: ScoredExchange) -> tuple[int, str]:
        """Of the exchange that stands first of those of a recorded answer."""
        return self._first[row.recorded_key, self._day(part)][0]

    def _join(self, session: Session) -> None:
        """A session has counted: it and its answers count no more."""
        # Where a clock that is wrong stamped it, all that others stamp would have come too late.
        start_us = session.start_us - session.ahead_us
        if self.counted.add(session.keys, start_us):
            self._told = {}  # days were forgotten, and with them whose answers had counted
        self._touched.update(session.keys)
        self.done[session.id] = max(start_us, self.done.get(session.id, 0))
        self.newest_us = max(self.newest_us, start_us)
        if session.ahead_us:
            self.astray.setdefault(session.id, []).append(session.start_us)
        one = self.running.get(session.id)
        if one is None:
            return
        self._unlist(one)
        again_us = self.windows.again_us
        one.rest(lambda accepted_us: self._spent(session.id, accepted_us, again_us))
        self._list(one)
        if not one.rows and not one.parts:
            del self.running[session.id]

    def _forget(self) -> None:
        """Once an hour of sessions: the ids that none of what may still come can be of."""
        if self.newest_us < self._swept_us + 3_600 * SECOND_US:
            return
        self._swept_us = self.newest_us
        oldest_us = self.newest_us - max(self.windows.again_us, DAY_US)
        again_us = self.windows.again_us
        self.done = {id: at for id, at in self.done.items() if at + again_us > oldest_us}
        self.astray = {
            id: starts
            for id, starts in self.astray.items()
            if max(starts) + again_us > oldest_us
        }
