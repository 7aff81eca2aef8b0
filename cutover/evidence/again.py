"""One verdict computed again: from the sessions that were recorded, and the look that was frozen with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from cutover.evidence.course import Observation
from cutover.evidence.look import REVISION, Look, look_of
from cutover.evidence.observation import Rules, bare
from cutover.evidence.recorded import Adding, Part
from cutover.evidence.tally import Account, Views
from cutover.views import tell

_PIECE = 10_000  # sessions that are added up at once
AROUND = ("look", "begins")
"""What stands beside the verdict in a move's evidence: what it rests on, and what the next one will."""

type RulesOf = Callable[[str], Rules | None]
"""The rules of the policy with that SHA-256 ("" for the one in force); None where it is not kept."""


def unknown(sha256: str) -> Rules | None:
    """For where no policy but today's is known."""
    return None


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
class Before:
    """What the verdicts of one standing are made of, beside their looks: its attempt's sessions up to its own."""

    earlier: Sequence[Part]
    part: Part
    rules_of: RulesOf
    comparators: str = ""  # of the attempt's first comparison
    _added: list[_Added] = field(default_factory=list, repr=False, compare=False)

    def account(self, rules: Rules, look: Look) -> Account:
        """What was added up when it was looked: before measures were recorded, all that there was."""
        return self.upto(rules, look.recorded, measured=bool(look.measure))

    def upto(self, rules: Rules, recorded: int, *, measured: bool = True) -> Account:
        """What the first so many sessions of the standing come to, with all before it.

        Good until more are asked for: those that were added up are not added up again.
        """
        one = next((one for one in self._added if one.goes_on(rules, recorded, measured)), None)
        if one is None:
            one = _Added(rules, measured, self._begun(rules, measured))
            self._added.append(one)
        for first in range(one.recorded, recorded, _PIECE):
            self._add(one, self.part.kept[first : min(first + _PIECE, recorded)])
        one.recorded = recorded
        assert one.adding.account is not None, "an attempt has a standing"
        return one.adding.account

    def _begun(self, rules: Rules, measured: bool) -> Adding:
        """With all that stands before the first session."""
        adding = Adding(rules, self.part.standing.stage, self.comparators)
        for part in (*self.earlier, replace(self.part, kept=())):
            adding.take(part if measured else replace(part, stretches=()))
        return adding

    def _add(self, one: _Added, kept: Sequence[Observation]) -> None:
        part = replace(self.part, kept=kept)
        one.adding.take(part if one.measured else replace(part, stretches=()))


@dataclass(slots=True)
class _Added:
    """What was added up so far, by which rules, and of how many sessions of the standing."""

    rules: Rules
    measured: bool
    adding: Adding
    recorded: int = 0

    def goes_on(self, rules: Rules, recorded: int, measured: bool) -> bool:
        """Whether what is asked for begins with this."""
        same = (self.rules, self.measured) == (rules, measured)
        return same and self.recorded <= recorded


def verdict_again(before: Before, evidence: str) -> Again:
    """Whether the verdict that is frozen as evidence of a decision comes out again."""
    look = look_behind(evidence)
    if look is None:
        return Again(Outcome.NOTHING)
    rules = before.rules_of(look.policy_sha256)
    if rules is None:
        return Again(Outcome.GAP, unkept(look))
    there = len(before.part.kept)
    if there < look.recorded:
        return Again(Outcome.GAP, f"{there:,} of {look.recorded:,} sessions are there")
    account = before.account(rules, look)
    closed = account.closed
    started = closed if bare(look.tail) else closed.after(look.tail)
    views = Views(closed, started, (), account.carried, look.tail)
    again = json.loads(json.dumps(tell(look.verdict(rules, views)).body()))
    recorded = {
        name: value for name, value in json.loads(evidence).items() if name not in AROUND
    }
    if again == recorded:
        return Again(Outcome.EQUAL)
    if look.revision != REVISION:
        return Again(Outcome.GAP, f"{_OTHER_WAYS}: {unequal(recorded, again)}")
    return Again(Outcome.DIFFERS, unequal(recorded, again))


_OTHER_WAYS = (
    "another version of crossfade came to this verdict, and this one would tell it otherwise"
)


def look_behind(evidence: str) -> Look | None:
    """What the verdict behind a move rested on; None for a move that no look came before."""
    told = json.loads(evidence) if evidence else {}
    return look_of(told["look"]) if "look" in told else None


def unequal(recorded: Mapping[str, Any], again: Mapping[str, Any]) -> str:
    """What differs between the two, by name."""
    return ", ".join(
        f"{name} recorded {recorded.get(name)}, again {again.get(name)}"
        for name in sorted(recorded.keys() | again.keys())
        if recorded.get(name) != again.get(name)
    )


def unkept(look: Look | None) -> str:
    """Says which policy is gone."""
    which = f"of SHA-256 {look.policy_sha256[:16]}..." if look else "in force"
    return f"the policy {which} is not kept: give it with -p"
