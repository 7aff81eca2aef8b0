"""What a review of the event log found: where something is wrong and of which kind, never what stands there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from cutover.counting import counted
from mirror.journal.events import Value

FIRST = 20
"""So many problems are named in an event; all of them are counted."""
WORDS = 300
_LOOKED = ("logs", "events", "checkpoints", "digests")  # what is counted that was looked at


class Outcome(StrEnum):
    """What a review found."""

    WHOLE = "whole"
    CHANGED = "changed"
    GAP = "gap"
    NOT_TRIED = "not_tried"


class Kind(StrEnum):
    """What is wrong."""

    CHANGED = "changed"
    MISSING = "missing"
    KEY_MISSING = "key_missing"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a log, "" for the deployment's own; `event` is 0 where no single one is meant."""

    log: str
    event: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Opened:
    """Payloads that are as events committed to, erased ones, and those that could not be opened for want of a key."""

    same: int
    erased: int
    closed: int


@dataclass(frozen=True, slots=True)
class Review:
    """What was looked at and found. `problems` counts all, `first` has no more than `FIRST`; `why` says why it could
    not be tried. `payloads` is None where they were not looked at."""

    outcome: Outcome
    logs: int = 0
    events: int = 0
    checkpoints: int = 0
    digests: int = 0
    took_ms: int = 0
    problems: int = 0
    first: tuple[Problem, ...] = ()
    payloads: Opened | None = None
    why: str = ""

    def details(self) -> dict[str, Value]:
        """As an event says it."""
        told: dict[str, Value] = asdict(self)
        del told["why"]
        told["found"] = told.pop("outcome")
        return told

    def sentence(self) -> str:
        """What was found, for an event's reason and for people."""
        if self.outcome is Outcome.NOT_TRIED:
            return f"it could not be tried: {self.why}"[:WORDS]
        looked = f"{counted(self.events, 'event')} of {counted(self.logs, 'log')}"
        if self.outcome is Outcome.WHOLE:
            return f"{looked}: all whole, and as they were signed"
        if not self.problems:
            return "no event was ever written"
        return (
            f"{looked}: {counted(self.problems, 'problem')}; the first: {said(self.first[0])}"
        )


def not_tried(why: str, took_ms: int) -> Review:
    """One that came to no end."""
    return Review(Outcome.NOT_TRIED, took_ms=took_ms, why=why)


def of(body: Mapping[str, Any], took_ms: int) -> Review:
    """What `crossfade fsck --json` says. Raises KeyError, TypeError and ValueError where it is something else."""
    payloads = body.get("payloads")
    problems = [_broken(one) for one in body["broken"]]
    closed = payloads["closed"] if payloads else ()
    problems += [Problem(str(one["tenant"]), 0, Kind.KEY_MISSING) for one in closed]
    return Review(
        Outcome(body["outcome"]),
        **_counts(body["checked"], *_LOOKED),
        took_ms=took_ms,
        problems=len(problems),
        first=tuple(problems[:FIRST]),
        payloads=_opened(payloads) if payloads else None,
    )


def read(details: Mapping[str, Any]) -> Review:
    """What an event says. Raises KeyError, TypeError and ValueError where it is none of ours."""
    payloads = details["payloads"]
    return Review(
        Outcome(details["found"]),
        **_counts(details, *_LOOKED, "took_ms", "problems"),
        first=tuple(
            Problem(one["log"], one["event"], Kind(one["kind"])) for one in details["first"]
        ),
        payloads=Opened(**payloads) if payloads else None,
    )


def said(one: Problem) -> str:
    """A problem as people read it."""
    log = f"the log of {one.log}" if one.log else "the deployment's own log"
    if one.kind is Kind.KEY_MISSING:
        return f"a key of {one.log} is missing, and payloads could not be opened"
    what = "is missing" if one.kind is Kind.MISSING else "or what was signed of it was changed"
    return f"event {one.event:,} of {log} {what}"


def _counts(of: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: int(of[name]) for name in names}


def _broken(one: Mapping[str, Any]) -> Problem:
    kind = Kind.MISSING if one["gap"] else Kind.CHANGED
    return Problem(str(one["tenant"]), int(one["event"]), kind)


def _opened(payloads: Mapping[str, Any]) -> Opened:
    closed = sum(int(one["payloads"]) for one in payloads["closed"])
    return Opened(int(payloads["same"]), int(payloads["erased"]), closed)
