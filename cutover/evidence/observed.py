"""The recorded sessions of a standing computed again, each from its exchanges in the ledger, by the rules of its time."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from sqlalchemy import Connection

from compare import brief
from compare.brief import Brief
from cutover.evidence import dossier
from cutover.evidence.again import Again, Outcome, RulesOf, unequal
from cutover.evidence.badness import SIGNALS, held, unasked
from cutover.evidence.counted import Counted, place
from cutover.evidence.course import Observation
from cutover.evidence.dossier import Standing
from cutover.evidence.measure import Stretch, measure_of
from cutover.evidence.observation import (
    ASKED,
    FIRST_GATES,
    SINCE_DRIFT,
    SINCE_SCALES,
    Rules,
    ScoredExchange,
    Session,
    observe,
    retold,
)
from cutover.evidence.recorded import Part
from cutover.evidence.sessions import SECOND_US
from cutover.evidence.yardstick import Yardstick
from cutover.history import Key
from cutover.resend import resent
from cutover.resend.resent import Resent
from cutover.stages import Stage

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Recorded:
    """The recorded sessions of a standing, and the rules that each was recorded under.

    `rules` are those of the look that ended it, `by` those of each stretch: None where no policy
    that is kept has them.
    """

    part: Part
    rules: Rules
    by: Sequence[tuple[Stretch, Rules | None]] = ()

    @classmethod
    def of(cls, part: Part, rules: Rules, rules_of: RulesOf) -> Recorded:
        """With the rules of the policies that `rules_of` knows."""
        today = measure_of(rules).digest

        def of_stretch(one: Stretch) -> Rules | None:
            same = one.measure.digest == today or not one.policy_sha256
            return rules if same else rules_of(one.policy_sha256)

        return cls(part, rules, [(one, of_stretch(one)) for one in part.stretches])

    def rules_at(self, number: int) -> Rules | None:
        """Those of a session; None where their policy is not kept."""
        found = self.rules, *[rules for one, rules in self.by if one.after < number]
        return found[-1]

    def unkept(self) -> Iterator[str]:
        """What cannot be computed again, stretch by stretch."""
        ends = [*[one.after for one, _ in self.by[1:]], len(self.part.kept)]
        for (stretch, rules), last in zip(self.by, ends, strict=False):
            if rules is None and stretch.after < last:
                which = f"of SHA-256 {stretch.policy_sha256[:16]}..."
                yield (
                    f"sessions {stretch.after + 1:,} to {last:,}: the policy {which} that they were "
                    "recorded under is not kept: give it with -p"
                )


def counted(standing: Standing, earlier: Iterable[Part]) -> Counted:
    """The recorded answers that had counted before a standing, in the others of its attempt."""
    found = Counted(by_day=standing.stage is Stage.LIVE)
    if not found.by_day:
        for one in itertools.chain.from_iterable([part.kept for part in earlier]):
            found.add(retold(one.values).keys, one.started_us)
    return found


def exchanges(
    conn: Connection, key: Key, standing: Standing, yardstick: Yardstick
) -> Mapping[str, list[Brief]]:
    """A standing's compared exchanges that are evidence, by session."""
    found: dict[str, list[Brief]] = defaultdict(list)
    place, after = (*key, standing.epoch), 0
    while rows := brief.since(conn, place, after, dossier.BATCH, SIGNALS):
        measured = yardstick.measured(rows)
        for row in measured if standing.stage is Stage.MIRROR else rows:
            found[row.session].append(row)
        after = rows[-1].number
    if standing.stage is Stage.MIRROR:
        for one in yardstick.measured(resent.since(conn, key, standing.epoch, 0)):
            found[one.session].append(_brief(one))
    return found


def _brief(sent: Resent) -> Brief:
    values = {name: getattr(sent, name) for name in Brief._fields}
    signals = {name: sent.signals[name] for name in SIGNALS if name in sent.signals}
    return Brief(**values | {"signals": signals})


def sessions(
    recorded: Recorded, rows: Mapping[str, Sequence[Brief]], counted: Counted
) -> Again:
    """Whether each recorded session is what its exchanges make it. `counted` are answers that counted before."""
    gaps, others = [*recorded.unkept()], []
    earliest = cache(partial(_earliest, rows))
    for number, one in enumerate(recorded.part.kept, start=1):
        if one.number != number:
            return Again(Outcome.GAP, f"session {number} is missing: the next is {one.number}")
        rules, told = recorded.rules_at(number), retold(one.values)
        if rules is not None:
            window = _window(rules, one, rows.get(one.session, ()))
            repeats = _repeats(one, told, window, counted, earliest)
            said = _session(rules, one, told, window, repeats)
            if said and len(window) < _said(one.values):
                have = _had(len(window), _said(one.values))
                gaps.append(f"session {number} ({one.session[:16]}): {have}")
            elif said:
                others.append(f"session {number} ({one.session[:16]}): {said}")
        # What follows is judged by what was recorded.
        counted.add(told.keys, _began_us(one, told))
    if others:
        return Again(Outcome.DIFFERS, _few(others))
    return Again(Outcome.GAP, _few(gaps)) if gaps else Again(Outcome.EQUAL)


def _began_us(one: Observation, told: Session) -> int:
    """When a session began by clocks that are right."""
    return one.started_us - told.ahead_us


def _earliest(rows: Mapping[str, Sequence[Brief]]) -> dict[str, tuple[int, str]]:
    """The exchange that stands first of all for each recorded answer."""
    found: dict[str, tuple[int, str]] = {}
    for row in itertools.chain.from_iterable(rows.values()):
        if held(row):
            at = place(row)
            found[row.recorded_key] = min(at, found.get(row.recorded_key, at))
    return found


def _repeats(
    one: Observation,
    told: Session,
    window: Sequence[ScoredExchange],
    counted: Counted,
    earliest: Callable[[], Mapping[str, tuple[int, str]]],
) -> set[str]:
    """The exchanges of a session whose recorded answer counts elsewhere.

    In which of several it counts is as it was recorded, where it can have been: not for an answer that had
    counted before, nor against the exchange that stands first of all.
    """
    keys, here, day = told.keys, set[str](), counted.day(_began_us(one, told))
    holds = held if ASKED in one.values else _named
    found = set()
    for row in window:
        key = row.recorded_key
        if not holds(row):
            continue
        elsewhere = key not in keys and place(row) != earliest().get(key)
        if key in here or elsewhere or counted.holds(key, day):
            found.add(row.exchange_id)
        here.add(key)
    return found


def _session(
    rules: Rules,
    one: Observation,
    told: Session,
    window: Sequence[ScoredExchange],
    repeats: set[str],
) -> str:
    """How a recorded session differs from what its exchanges say; "" where it does not."""
    observed = _observed(rules, one, window, repeats)
    if observed == told:  # nearly always, and found out without a word of JSON
        return ""
    again = json.loads(json.dumps(observed.told()))
    recorded = _as_today(one.values, again)
    return "" if again == recorded else unequal(recorded, again)


def _observed(
    rules: Rules, one: Observation, window: Sequence[ScoredExchange], repeats: set[str]
) -> Session:
    """What a session says by the rule of its time: a repeated exchange was once no evidence of anything."""
    today = observe(rules, one.session, one.started_us, window, repeats)
    if ASKED in one.values:
        return today
    fresh = [row for row in window if row.exchange_id not in repeats]
    then = observe(rules, one.session, one.started_us, fresh)
    keys = tuple([row.recorded_key for row in fresh if _named(row)])
    return replace(today, badness=then.badness, late=then.late, keys=keys, asked=0)


def _named(row: ScoredExchange) -> bool:
    """What took a recorded answer once: also an answer that stood alone, by its own."""
    return bool(row.recorded_key) and not unasked(row)


def _as_today(values: Mapping[str, Any], again: Mapping[str, Any]) -> Mapping[str, Any]:
    """A recorded session in today's words. What it could not tell yet, it did not tell."""
    told = json.loads(json.dumps(retold(values).told()))
    later = again["badness"].keys() - told["badness"].keys() - set(FIRST_GATES)
    unsaid = {
        name: again["badness"][name] for name in later if isinstance(values["badness"], list)
    }
    silent = {name: again[name] for name in (*SINCE_DRIFT, SINCE_SCALES) if name not in values}
    return {**told, **silent, "badness": told["badness"] | unsaid}


def _window(rules: Rules, one: Observation, rows: Sequence[Brief]) -> Sequence[ScoredExchange]:
    """The exchanges of a session that were compared when it closed, as `sessions` takes them."""
    sessions = rules.terms.sessions
    until_us = one.started_us + round(sessions.open_s * SECOND_US)
    known = [
        row
        for row in rows
        if row.at_us <= one.closed_us and one.started_us <= row.accepted_us <= until_us
    ]
    known.sort(key=lambda row: (row.accepted_us, row.exchange_id))
    return known[: sessions.exchanges]


def _said(values: Mapping[str, Any]) -> int:
    """How many exchanges a recorded session was made of."""
    told = ("fresh", "repeated", "gaps", "lost")
    return sum([int(values.get(name, 0)) for name in told])


def _had(there: int, said: int) -> str:
    return (
        "its one exchange is gone"
        if said == 1
        else f"{there} of its {said} exchanges are there"
    )


def _few(said: Sequence[str]) -> str:
    more = f" and {len(said) - SHOWN:,} more" if len(said) > SHOWN else ""
    return "; ".join(said[:SHOWN]) + more
