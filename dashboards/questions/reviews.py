"""The last review of the event log in sentences: what it found, and whether it was too long ago. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import words
from dashboards.clock import Clock

NAMED = 3
"""So many problems of a review are named on the page."""
_REVIEWED = {
    "changed": "found that some of it was changed",
    "gap": "found that some of it is missing",
    "not_tried": "could not be made",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a log, "" for the deployment's own; `event` 0 where a key is missing."""

    log: str
    event: int
    kind: str


@dataclass(frozen=True, slots=True)
class Review:
    """The last review of the whole event log; `outcome` is `whole`, `changed`, `gap` or `not_tried`."""

    at_us: int
    outcome: str
    problems: int
    first: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Reviews:
    """At which time of day the log is reviewed, None for never; `late` says that the last was too long ago."""

    at: str | None
    late: bool
    last: Review | None


def troubles(found: Reviews) -> list[str]:
    """What the last review of the event log found, and that it was too long ago."""
    told, last = [], found.last
    if last is not None and last.outcome != "whole":
        what = _REVIEWED.get(last.outcome, last.outcome)
        named = "".join(f" {_problem(one)}" for one in last.first[:NAMED])
        many = f" ({words.counted(last.problems, 'problem')})" if last.problems else ""
        told.append(
            f"The last review of the event log {what}{many}.{named} `crossfade fsck` says more."
        )
    if found.late:
        told.append(
            "The event log was not reviewed for two days or more: look at the controller's log, or do it by hand, "
            "`crossfade fsck --record`."
        )
    return told


def _problem(one: Problem) -> str:
    if one.kind == "key_missing":
        return f"A key of {one.log} is missing."
    log = f"of {one.log}" if one.log else "of the deployment"
    what = "is missing" if one.kind == "missing" else "was changed, or what was signed of it"
    return f"Event {one.event:,} {log} {what}."


def line(found: Reviews, clock: Clock) -> str:
    """A line that says when the event log was reviewed last, and what came of it."""
    last = found.last
    when = (
        f"every day at {found.at} ({clock.place})"
        if found.at
        else "never by itself: the policy says so"
    )
    if last is None:
        return f"The event log was not reviewed yet. It is reviewed {when}."
    came = "all of it is whole" if last.outcome == "whole" else "see above"
    return (
        f"The event log was reviewed {clock.when(last.at_us)}: {came}. It is reviewed {when}."
    )
