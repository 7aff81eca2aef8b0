"""A rollout's dossier as the store tells it: its last checkpoint, and the recorded sessions that came after it.

Where no checkpoint can be taken back, that may be hundreds of thousands of sessions, and all that was compared is
read once more. So it is done in steps: no tick has to do all of it, and what comes out is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from compare import ledger
from cutover import history
from cutover.evidence import checkpoint, course, stretches
from cutover.evidence.again import RulesOf, unknown
from cutover.evidence.checkpoint import Checkpoint, Taken
from cutover.evidence.course import Observation
from cutover.evidence.dossier import Dossier
from cutover.evidence.measure import Bound, measure_of
from cutover.evidence.observation import Rules
from cutover.evidence.recorded import Adding, Part
from cutover.evidence.standing import Standing, standings
from cutover.evidence.yardstick import Yardstick
from cutover.history import Key, Moved
from cutover.rollout import Rollout

SLICE = 500
"""Sessions of one step: as many as are added up within some hundredths of a second."""


@dataclass(frozen=True, slots=True)
class _Before:
    """What needs not be added up again: the standings before a place in the chain, and so many sessions of the one there."""

    place: int = 0
    kept: Checkpoint | None = None
    taken: Taken | None = None

    def after(self, place: int) -> int:
        """The number of the session after which those of a standing are added up."""
        return self.kept.number if self.kept and place == self.place else 0


@dataclass(slots=True)
class _Reading:
    """One rollout's standings, read one after the other. `counts` are the recorded sessions of each.

    `conn` is for the step that is under way.
    """

    conn: Connection
    key: Key
    chain: Sequence[Standing]
    bound: Bound
    before: _Before
    counts: Sequence[int]
    done: int = 0  # sessions that were added up

    def parts(self, moves: Sequence[Moved], rules_then: RulesOf) -> Iterator[Part]:
        """What is to be added up, in slices. What came before it binds all the same."""
        known = stretches.of(self.conn, self.key, self.chain[0].epoch)
        for place, standing in enumerate(self.chain):
            recorded = self.counts[place]
            found = known.get(standing.epoch, ())
            if recorded and not found:
                today = self.bound.measure
                found = (stretches.taken_for(moves, standing.epoch, today, rules_then),)
                self.bound.begins += found
            self.bound.take(standing.stage, found, recorded)
            if place >= self.before.place:
                for kept in self._slices(standing, self.before.after(place)):
                    yield Part(standing, kept, found)

    def _slices(self, standing: Standing, after: int) -> Iterator[list[Observation]]:
        """The recorded sessions of a standing, at least one slice of them, which may be empty."""
        more = True
        while more:
            kept = course.observations(self.conn, self.key, standing.epoch, after, SLICE)
            self.done += len(kept)
            yield kept
            more = len(kept) == SLICE
            after = kept[-1].number if kept else after

    @property
    def wanted(self) -> int:
        """How many sessions are to be added up."""
        before = self.before
        return sum(self.counts[before.place :]) - before.after(before.place)


@dataclass(slots=True)
class Rebuilding:
    """A dossier on its way, of a rollout as it stands in `epoch`."""

    key: Key
    epoch: int
    _reading: _Reading
    _parts: Iterator[Part]
    _adding: Adding
    _first: str
    _made: Dossier | None = field(default=None)

    @classmethod
    def begin(
        cls,
        conn: Connection,
        rules: Rules,
        rollout: Rollout,
        policy_sha256: str = "",
        rules_then: RulesOf = unknown,
    ) -> Rebuilding:
        """With nothing added up yet, of a rollout that compares.

        `policy_sha256` is the policy of these rules, `rules_then` those of other policies.
        """
        key = rollout.key
        moves = history.moves(conn, key)
        chain = standings(moves)
        assert chain, "a rollout that compares got there by a move"
        bound = Bound(measure_of(rules), rollout.stage, policy_sha256)
        before = _before(conn, rules, key, chain)
        counts = [course.sessions(conn, key, one.epoch) for one in chain]
        reading = _Reading(conn, key, chain, bound, before, counts)
        begun = before.taken.account if before.taken else None
        first = ledger.first_comparators(conn, *key, [one.epoch for one in chain])
        adding = Adding(rules, rollout.stage, first, begun)
        parts = reading.parts(moves, rules_then)
        return cls(key, rollout.epoch, reading, parts, adding, first)

    def step(self, conn: Connection) -> Dossier | None:
        """Adds up a slice of sessions, or reads some of what was compared; the dossier once it is whole, and nearly read up."""
        self._reading.conn = conn
        if self._made is None:
            part = next(self._parts, None)
            if part is not None:
                self._adding.take(part)
                return None
            self._made = self._dossier()
        return None if self._made.catch_up(conn, self.key) else self._made

    @property
    def left(self) -> int:
        """How many sessions are still to be added up."""
        return self._reading.wanted - self._reading.done

    @property
    def sentence(self) -> str:
        """How far it is, for people."""
        done, wanted = self._reading.done, self._reading.wanted
        return f"its evidence is added up anew: {done:,} of {wanted:,} sessions so far"

    def _dossier(self) -> Dossier:
        reading, before = self._reading, self._reading.before
        standing, recorded = reading.chain[-1], reading.counts[-1]
        reading.bound.begin(standing.epoch, recorded)
        assert self._adding.account is not None, "an attempt has a standing"
        account, yardstick = self._adding.account, Yardstick(self._first)
        made = Dossier(standing, account, recorded, bound=reading.bound, yardstick=yardstick)
        if before.kept and before.taken and before.place == len(reading.chain) - 1:
            made.after_number, made.checked = before.kept.after_number, before.kept.number
            made.taken, made.yardstick = before.taken.taken, before.taken.yardstick
        return made


def rebuild(
    conn: Connection,
    rules: Rules,
    rollout: Rollout,
    policy_sha256: str = "",
    rules_then: RulesOf = unknown,
) -> Dossier:
    """The dossier as the recorded sessions tell it, in one go. See `Rebuilding.begin`."""
    rebuilding = Rebuilding.begin(conn, rules, rollout, policy_sha256, rules_then)
    while (made := rebuilding.step(conn)) is None:
        pass
    return made


def _before(conn: Connection, rules: Rules, key: Key, chain: Sequence[Standing]) -> _Before:
    """What a checkpoint of this attempt saves, where the rules of today would have come to it."""
    kept = checkpoint.newest(conn, key)
    epochs = [one.epoch for one in chain]
    if kept is None or kept.epoch not in epochs:
        return _Before()
    place = epochs.index(kept.epoch)
    taken = checkpoint.taken_back(kept, rules, chain[place])
    return _Before(place, kept, taken) if taken else _Before()
