"""The evidence of a rollout computed once more, from the ledger up, and set against what was recorded.

Two questions. Does each recorded session say what its exchanges in the ledger say? And do the
recorded sessions, with the look that was frozen at each move, lead to the verdict that was
recorded with the move, number for number? What is gone cannot be answered and is told as a gap.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from compare import ledger
from cutover import history, would_be
from cutover.evidence import checked, checkpoint, course, dossier, observed, stretches
from cutover.evidence.again import (
    Again,
    Before,
    Outcome,
    RulesOf,
    look_behind,
    unequal,
    unkept,
    verdict_again,
)
from cutover.evidence.dossier import Standing
from cutover.evidence.look import Look
from cutover.evidence.observation import Rules
from cutover.evidence.observed import Recorded
from cutover.evidence.recorded import Part
from cutover.evidence.yardstick import Yardstick
from cutover.history import Key, Moved
from cutover.pooling import mirrors
from cutover.would_be import WouldBe


@dataclass(frozen=True, slots=True)
class StandingAgain:
    """The sessions of one standing, and the move that ended it, None while it lasts.

    `would` is what a dry run would have done there, each with its verdict.
    """

    attempt: int
    standing: Standing
    sessions: int
    evidence: Again
    moved: Moved | None = None
    verdict: Again = field(default=Again(Outcome.NOTHING))
    would: tuple[tuple[WouldBe, Again], ...] = ()


def replay(
    conn: Connection, key: Key, rules_of: RulesOf, wanted: Container[int] | None = None
) -> Iterator[StandingAgain]:
    """Every standing in which a rollout compared, oldest first, each with the move that ended it.

    `wanted` are the epochs of moves: of those standings alone that one of them ended; None for all.
    """
    moves = history.moves(conn, key, limit=None)
    ends = {before.transition.epoch: after for before, after in itertools.pairwise(moves)}
    for attempt, chain in enumerate(filter(None, dossier.attempts(moves)), start=1):
        asked = _asked(chain, ends, wanted)
        yield from _of_attempt(conn, key, rules_of, _Attempt(attempt, asked, ends, wanted))


def _asked(
    chain: Sequence[Standing], ends: Mapping[int, Moved], wanted: Container[int] | None
) -> Sequence[Standing]:
    """An attempt's standings up to the last that is wanted: those before it are part of its evidence."""
    places = [place for place, one in enumerate(chain, 1) if _is_wanted(one, ends, wanted)]
    return chain[: max(places, default=0)]


def _is_wanted(
    standing: Standing, ends: Mapping[int, Moved], wanted: Container[int] | None
) -> bool:
    moved = ends.get(standing.epoch)
    return wanted is None or (moved is not None and moved.transition.epoch in wanted)


def outcome(found: Sequence[StandingAgain]) -> Outcome:
    """The worst of all: what differs before what is gone."""
    seen = {again.outcome for one in found for again in _agains(one)}
    order = (Outcome.DIFFERS, Outcome.GAP, Outcome.EQUAL)
    return next((one for one in order if one in seen), Outcome.NOTHING)


def _agains(one: StandingAgain) -> tuple[Again, ...]:
    return (one.evidence, one.verdict, *[again for _, again in one.would])


@dataclass(frozen=True, slots=True)
class _Attempt:
    number: int
    chain: Sequence[Standing]
    ends: Mapping[int, Moved]  # by the epoch of the standing that the move ended
    wanted: Container[int] | None


def _of_attempt(
    conn: Connection, key: Key, rules_of: RulesOf, attempt: _Attempt
) -> Iterator[StandingAgain]:
    epochs = [one.epoch for one in attempt.chain]
    if not epochs:
        return
    first = ledger.first_comparators(conn, *key, epochs)
    yardstick = Yardstick(first)
    known = stretches.of(conn, key, epochs[0])
    earlier: list[Part] = []
    for standing in attempt.chain:
        moved = attempt.ends.get(standing.epoch)
        behind = moved.evidence if moved else ""
        look = look_behind(behind)
        kept = course.observations(conn, key, standing.epoch)
        part = Part(standing, kept, known.get(standing.epoch, ()))
        rules = rules_of(look.policy_sha256 if look else "")
        if rules is None:
            gone = Again(Outcome.GAP, unkept(look))
            yield StandingAgain(attempt.number, standing, len(kept), gone, moved, gone)
            return
        if _is_wanted(standing, attempt.ends, attempt.wanted):
            before = Before(tuple(earlier), part, rules_of, first)
            evidence = _evidence(conn, key, rules, before, yardstick)
            verdict = _verdict(conn, key[1], rules, before, behind)
            would = _would(conn, key, standing, rules, before)
            yield StandingAgain(
                attempt.number, standing, len(kept), evidence, moved, verdict, would
            )
        earlier.append(part)
        yardstick = yardstick.renewed()


def _evidence(
    conn: Connection, key: Key, rules: Rules, before: Before, yardstick: Yardstick
) -> Again:
    """Whether the recorded sessions of a standing, and what was kept of their sums, come out again."""
    part = before.part
    counted = observed.counted(part.standing, before.earlier)
    rows = observed.exchanges(conn, key, part.standing, yardstick)
    found = observed.sessions(Recorded.of(part, rules, before.rules_of), rows, counted)
    if found.outcome is not Outcome.EQUAL:
        return found
    return checked.wrong(checkpoint.newest(conn, key), before) or found


def _verdict(
    conn: Connection, route: str, rules: Rules, before: Before, evidence: str
) -> Again:
    """Whether a verdict comes out again, and what it borrowed of a pool first."""
    look = look_behind(evidence)
    return _pool(conn, route, rules, look) or verdict_again(before, evidence)


def _would(
    conn: Connection, key: Key, standing: Standing, rules: Rules, before: Before
) -> tuple[tuple[WouldBe, Again], ...]:
    """What a dry run would have done in a standing, and whether its verdicts come out again."""
    found = [one for one in would_be.of(conn, key) if one.epoch == standing.epoch]
    return tuple([(one, _verdict(conn, key[1], rules, before, one.evidence)) for one in found])


def _pool(conn: Connection, route: str, rules: Rules, look: Look | None) -> Again | None:
    """What is wrong with the pool that a verdict rested on; None for nothing, and where it asked none."""
    if look is None or look.pooled is None:
        return None
    again = mirrors.again(conn, route, rules, look.pooled, measured=bool(look.measure))
    if again.units != look.pooled.units:
        there, counted = sum(again.sessions.values()), sum(look.pooled.sessions.values())
        return Again(Outcome.GAP, f"the pool: {there:,} of {counted:,} sessions are there")
    if again != look.pooled:
        differs = unequal(look.pooled.body(), again.body())
        return Again(Outcome.DIFFERS, f"the pool: {differs}")
    return None
