"""The evidence of a rollout computed once more, from the ledger up, and set against what was recorded.

Two questions. Does each recorded session say what its exchanges in the ledger say? And do the
recorded sessions, with the look that was frozen at each move, lead to the verdict that was
recorded with the move, number for number? What is gone cannot be answered and is told as a gap.
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection

from compare import ledger
from cutover import history, would_be
from cutover.evidence import course, dossier
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
from cutover.evidence.badness import SIGNALS
from cutover.evidence.course import Observation
from cutover.evidence.dossier import Standing
from cutover.evidence.look import Look
from cutover.evidence.observation import (
    FIRST_GATES,
    SINCE_DRIFT,
    Rules,
    ScoredExchange,
    observe,
    retold,
)
from cutover.evidence.sessions import SECOND_US
from cutover.evidence.tally import Account
from cutover.evidence.yardstick import Yardstick
from cutover.history import Key, Moved
from cutover.pooling import mirrors
from cutover.resend import resent
from cutover.stages import Stage
from cutover.would_be import WouldBe

SHOWN = 5


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


def replay(conn: Connection, key: Key, rules_of: RulesOf) -> Iterator[StandingAgain]:
    """Every standing in which a rollout compared, oldest first, each with the move that ended it."""
    moves = history.moves(conn, key, limit=None)
    ends = {before.transition.epoch: after for before, after in itertools.pairwise(moves)}
    for attempt, chain in enumerate(filter(None, dossier.attempts(moves)), start=1):
        yield from _of_attempt(conn, key, rules_of, _Attempt(attempt, chain, ends))


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


def _of_attempt(
    conn: Connection, key: Key, rules_of: RulesOf, attempt: _Attempt
) -> Iterator[StandingAgain]:
    epochs = [one.epoch for one in attempt.chain]
    yardstick = Yardstick(ledger.first_comparators(conn, *key, epochs))
    account: Account | None = None
    for standing in attempt.chain:
        moved = attempt.ends.get(standing.epoch)
        look = look_behind(moved.evidence if moved else "")
        kept = course.observations(conn, key, standing.epoch)
        rules = rules_of(look.policy_sha256 if look else "")
        if rules is None:
            gone = Again(Outcome.GAP, unkept(look))
            yield StandingAgain(attempt.number, standing, len(kept), gone, moved, gone)
            return
        stage, step = standing.stage, min(standing.step, len(rules.terms.steps) - 1)
        weights = standing.spread.weights
        begin = account.next if account else partial(Account.begin, rules)
        account = begin(stage, step, weights)
        seen = set(account.book.seen)
        rows = _rows(conn, key, standing, yardstick)
        evidence = _sessions(rules, kept, rows, seen)
        before = Before(account, kept, rules_of)
        behind = moved.evidence if moved else ""
        verdict = _verdict(conn, key[1], rules, before, behind)
        would = _would(conn, key, standing, rules, before)
        yield StandingAgain(
            attempt.number, standing, len(kept), evidence, moved, verdict, would
        )
        account.resume([retold(one.values) for one in kept])
        yardstick = yardstick.renewed()


@dataclass(frozen=True, slots=True)
class _Exchange:
    """What a session is made of, without what makes a row of the ledger large."""

    exchange_id: str
    session: str
    accepted_us: int
    serving: str
    streaming: bool
    resent: bool
    attribution: str
    equivalence: float | None
    noise_floor: float | None
    fail_codes: tuple[str, ...]
    candidate_us: int | None
    candidate_first_token_us: int | None
    primary_us: int | None
    primary_first_token_us: int | None
    signals: Mapping[str, float]
    late: str
    recorded_key: str
    at_us: int
    unpaired: str


_FIELDS = tuple(_Exchange.__dataclass_fields__)


def _rows(
    conn: Connection, key: Key, standing: Standing, yardstick: Yardstick
) -> Mapping[str, list[_Exchange]]:
    """A standing's compared exchanges that are evidence, by session."""
    found: dict[str, list[_Exchange]] = defaultdict(list)
    after = 0
    while rows := ledger.since(conn, *key, standing.epoch, after, dossier.BATCH):
        measured = yardstick.measured(rows)
        for row in measured if standing.stage is Stage.MIRROR else rows:
            found[row.session].append(_told(row))
        after = rows[-1].number
    if standing.stage is Stage.MIRROR:
        for one in yardstick.measured(resent.since(conn, key, standing.epoch, 0)):
            found[one.session].append(_told(one))
    return found


def _told(row: ScoredExchange) -> _Exchange:
    values = {name: getattr(row, name) for name in _FIELDS}
    return _Exchange(**values | {"signals": _signals(row.signals)})


def _signals(signals: Mapping[str, float]) -> Mapping[str, float]:
    """Those that evidence reads."""
    return {name: signals[name] for name in SIGNALS if name in signals}


def _sessions(
    rules: Rules,
    kept: Sequence[Observation],
    rows: Mapping[str, Sequence[_Exchange]],
    seen: set[str],
) -> Again:
    """Whether each recorded session is what its exchanges make it. `seen` are answers that counted before."""
    gaps, others = [], []
    for number, one in enumerate(kept, start=1):
        if one.number != number:
            return Again(Outcome.GAP, f"session {number} is missing: the next is {one.number}")
        window = _window(rules, one, rows.get(one.session, ()))
        again = json.loads(
            json.dumps(observe(rules, one.session, one.started_us, window, seen).told())
        )
        recorded = _as_today(one.values, again)
        if again == recorded:
            continue
        which = f"session {one.number} ({one.session[:16]})"
        if len(window) < _said(one.values):
            gaps.append(
                f"{which}: {len(window)} of its {_said(one.values)} exchanges are there"
            )
        else:
            others.append(f"{which}: {unequal(recorded, again)}")
        seen.update(retold(one.values).keys)  # what follows is judged by what was recorded
    if others:
        return Again(Outcome.DIFFERS, _few(others))
    return Again(Outcome.GAP, _few(gaps)) if gaps else Again(Outcome.EQUAL)


def _as_today(values: Mapping[str, Any], again: Mapping[str, Any]) -> Mapping[str, Any]:
    """A recorded session in today's words. What it could not tell yet, it did not tell."""
    told = json.loads(json.dumps(retold(values).told()))
    later = again["badness"].keys() - told["badness"].keys() - set(FIRST_GATES)
    unsaid = {
        name: again["badness"][name] for name in later if isinstance(values["badness"], list)
    }
    silent = {name: again[name] for name in SINCE_DRIFT if name not in values}
    return {**told, **silent, "badness": told["badness"] | unsaid}


def _window(
    rules: Rules, one: Observation, rows: Sequence[_Exchange]
) -> Sequence[ScoredExchange]:
    """The exchanges of a session that were compared when it closed, as `sessions` takes them."""
    sessions = rules.terms.sessions
    until_us = one.started_us + round(sessions.open_s * SECOND_US)
    known = [row for row in rows if row.at_us <= one.closed_us and row.accepted_us <= until_us]
    known.sort(key=lambda row: (row.accepted_us, row.exchange_id))
    return known[: sessions.exchanges]


def _said(values: Mapping[str, Any]) -> int:
    """How many exchanges a recorded session was made of."""
    return int(values["fresh"]) + int(values["repeated"]) + int(values["gaps"])


def _few(said: Sequence[str]) -> str:
    more = f" and {len(said) - SHOWN:,} more" if len(said) > SHOWN else ""
    return "; ".join(said[:SHOWN]) + more


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
    again = mirrors.again(conn, route, rules, look.pooled)
    if again.units != look.pooled.units:
        there, counted = sum(again.sessions.values()), sum(look.pooled.sessions.values())
        return Again(Outcome.GAP, f"the pool: {there:,} of {counted:,} sessions are there")
    if again != look.pooled:
        differs = unequal(look.pooled.body(), again.body())
        return Again(Outcome.DIFFERS, f"the pool: {differs}")
    return None
