"""The evidence of a rollout computed once more, from the ledger up, and set against what was recorded.

Two questions. Does each recorded session say what its exchanges in the ledger say? And do the
recorded sessions, with the look that was frozen at each move, lead to the verdict that was
recorded with the move, number for number? What is gone cannot be answered and is told as a gap.
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import Connection

from compare import ledger
from cutover import course, dossier, history
from cutover.badness import SIGNALS
from cutover.course import Observation
from cutover.dossier import Standing
from cutover.history import Key, Moved
from cutover.look import Look, look_of
from cutover.observation import FIRST_GATES, Rules, ScoredExchange, observe, retold
from cutover.sessions import SECOND_US
from cutover.stages import Stage
from cutover.tally import Account, Views
from cutover.views import tell
from cutover.yardstick import Yardstick

SHOWN = 5

AROUND = ("look", "begins")
"""What stands beside the verdict in a move's evidence: what it rests on, and what the next one will."""

type RulesOf = Callable[[str], Rules | None]
"""The rules of the policy with that SHA-256 ("" for the one in force); None where it is not kept."""


class Outcome(StrEnum):
    """What came of computing something again."""

    EQUAL = "equal"
    DIFFERS = "differs"
    GAP = "gap"  # something it was computed from is gone
    NOTHING = "nothing"  # no verdict stands behind it


@dataclass(frozen=True, slots=True)
class Again:
    """One thing computed again. `why` says what differs or is gone, "" where it is equal."""

    outcome: Outcome
    why: str = ""


@dataclass(frozen=True, slots=True)
class StandingAgain:
    """The sessions of one standing, and the move that ended it, None while it lasts."""

    attempt: int
    standing: Standing
    sessions: int
    evidence: Again
    moved: Moved | None = None
    verdict: Again = field(default=Again(Outcome.NOTHING))


def replay(conn: Connection, key: Key, rules_of: RulesOf) -> Iterator[StandingAgain]:
    """Every standing in which a rollout compared, oldest first, each with the move that ended it."""
    moves = history.moves(conn, key, limit=None)
    ends = {before.transition.epoch: after for before, after in itertools.pairwise(moves)}
    for attempt, chain in enumerate(filter(None, dossier.attempts(moves)), start=1):
        yield from _of_attempt(conn, key, rules_of, _Attempt(attempt, chain, ends))


def outcome(found: Sequence[StandingAgain]) -> Outcome:
    """The worst of all: what differs before what is gone."""
    seen = {again.outcome for one in found for again in (one.evidence, one.verdict)}
    order = (Outcome.DIFFERS, Outcome.GAP, Outcome.EQUAL)
    return next((one for one in order if one in seen), Outcome.NOTHING)


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
        look = _look(moved)
        kept = course.observations(conn, key, standing.epoch)
        rules = rules_of(look.policy_sha256 if look else "")
        if rules is None:
            which = f"of SHA-256 {look.policy_sha256[:16]}..." if look else "in force"
            gone = Again(Outcome.GAP, f"the policy {which} is not kept: give it with -p")
            yield StandingAgain(attempt.number, standing, len(kept), gone, moved, gone)
            return
        stage, step = standing.stage, min(standing.step, len(rules.terms.steps) - 1)
        weights = standing.spread.weights
        begin = account.next if account else partial(Account.begin, rules)
        account = begin(stage, step, weights)
        seen = set(account.book.seen)
        rows = _rows(conn, key, standing, yardstick)
        evidence = _sessions(rules, kept, rows, seen)
        verdict = _verdict(rules, account, kept, look, moved)
        yield StandingAgain(attempt.number, standing, len(kept), evidence, moved, verdict)
        account.resume([retold(one.values) for one in kept])
        yardstick = yardstick.renewed()


def _look(moved: Moved | None) -> Look | None:
    """What the verdict behind a move rested on; None for a move that no look came before."""
    told = json.loads(moved.evidence) if moved and moved.evidence else {}
    return look_of(told["look"]) if "look" in told else None


@dataclass(frozen=True, slots=True)
class _Exchange:
    """What a session is made of, without what makes a row of the ledger large."""

    exchange_id: str
    session: str
    accepted_us: int
    serving: str
    streaming: bool
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
            values = {name: getattr(row, name) for name in _FIELDS} | {
                "signals": _signals(row.signals)
            }
            found[row.session].append(_Exchange(**values))
        after = rows[-1].number
    return found


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
    gaps, unequal = [], []
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
            unequal.append(f"{which}: {_unequal(recorded, again)}")
        seen.update(retold(one.values).keys)  # what follows is judged by what was recorded
    if unequal:
        return Again(Outcome.DIFFERS, _few(unequal))
    return Again(Outcome.GAP, _few(gaps)) if gaps else Again(Outcome.EQUAL)


def _as_today(values: Mapping[str, Any], again: Mapping[str, Any]) -> Mapping[str, Any]:
    """A recorded session in today's words. What it could not tell yet, it did not tell."""
    told = json.loads(json.dumps(retold(values).told()))
    later = again["badness"].keys() - told["badness"].keys() - set(FIRST_GATES)
    unsaid = {
        name: again["badness"][name] for name in later if isinstance(values["badness"], list)
    }
    return {**told, "badness": told["badness"] | unsaid}


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


def _unequal(recorded: Mapping[str, Any], again: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} recorded {recorded.get(name)}, again {again.get(name)}"
        for name in sorted(recorded.keys() | again.keys())
        if recorded.get(name) != again.get(name)
    )


def _few(said: Sequence[str]) -> str:
    more = f" and {len(said) - SHOWN:,} more" if len(said) > SHOWN else ""
    return "; ".join(said[:SHOWN]) + more


def _verdict(
    rules: Rules,
    before: Account,
    kept: Sequence[Observation],
    look: Look | None,
    moved: Moved | None,
) -> Again:
    """Whether the verdict behind the move that ended a standing comes out again."""
    if moved is None or look is None:
        return Again(Outcome.NOTHING)
    if len(kept) < look.recorded:
        return Again(Outcome.GAP, f"{len(kept):,} of {look.recorded:,} sessions are there")
    closed = before.closed.after([retold(one.values) for one in kept[: look.recorded]])
    views = Views(closed, closed.after(look.tail), (), before.carried, look.tail)
    again = json.loads(json.dumps(tell(look.verdict(rules, views)).body()))
    recorded = {
        name: value for name, value in json.loads(moved.evidence).items() if name not in AROUND
    }
    if again == recorded:
        return Again(Outcome.EQUAL)
    return Again(Outcome.DIFFERS, _unequal(recorded, again))
