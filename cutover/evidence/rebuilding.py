"""A rollout's dossier as the store tells it: its last checkpoint, and the recorded sessions that came after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from compare import ledger
from cutover import history
from cutover.evidence import checkpoint, course, stretches
from cutover.evidence.again import RulesOf, unknown
from cutover.evidence.checkpoint import Checkpoint, Taken
from cutover.evidence.dossier import Dossier
from cutover.evidence.measure import Bound, measure_of
from cutover.evidence.observation import Rules
from cutover.evidence.recorded import Part, folded
from cutover.evidence.standing import Standing, standings
from cutover.evidence.yardstick import Yardstick
from cutover.history import Key, Moved
from cutover.rollout import Rollout


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
    """One rollout's standings, read one after the other. `recorded` counts the sessions of the last that was."""

    conn: Connection
    key: Key
    chain: Sequence[Standing]
    bound: Bound
    before: _Before
    recorded: int = 0

    def parts(self, moves: Sequence[Moved], rules_then: RulesOf) -> Iterator[Part]:
        """What is to be added up. What came before it binds all the same."""
        known = stretches.of(self.conn, self.key, self.chain[0].epoch)
        for place, standing in enumerate(self.chain):
            self.recorded = course.sessions(self.conn, self.key, standing.epoch)
            found = known.get(standing.epoch, ())
            if self.recorded and not found:
                today = self.bound.measure
                found = (stretches.taken_for(moves, standing.epoch, today, rules_then),)
                self.bound.begins += found
            self.bound.take(standing.stage, found, self.recorded)
            if place >= self.before.place:
                after = self.before.after(place)
                kept = course.observations(self.conn, self.key, standing.epoch, after)
                yield Part(standing, kept, found)


def rebuild(
    conn: Connection,
    rules: Rules,
    rollout: Rollout,
    policy_sha256: str = "",
    rules_then: RulesOf = unknown,
) -> Dossier:
    """The dossier as the recorded sessions tell it, of a rollout that compares.

    `policy_sha256` is the policy of these rules, `rules_then` those of other policies.
    """
    moves = history.moves(conn, rollout.key)
    chain = standings(moves)
    assert chain, "a rollout that compares got there by a move"
    bound = Bound(measure_of(rules), rollout.stage, policy_sha256)
    before = _before(conn, rules, rollout.key, chain)
    reading = _Reading(conn, rollout.key, chain, bound, before)
    begun = before.taken.account if before.taken else None
    first = ledger.first_comparators(conn, *rollout.key, [one.epoch for one in chain])
    parts = reading.parts(moves, rules_then)
    account = folded(rules, parts, rollout.stage, first, begun)
    bound.begin(chain[-1].epoch, reading.recorded)
    made = Dossier(
        chain[-1], account, reading.recorded, bound=bound, yardstick=Yardstick(first)
    )
    if before.kept and before.taken and before.place == len(chain) - 1:
        made.after_number, made.checked = before.kept.after_number, before.kept.number
        made.taken, made.yardstick = before.taken.taken, before.taken.yardstick
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
