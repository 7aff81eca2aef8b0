"""What is told of the reviews of the event log: when the last one was, what it found, and whether it was too long ago."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from cutover.review import record
from cutover.review.outcome import Outcome, Problem
from mirror.proxy.metrics import Sample
from policies.policy import Policy

LATE_US = 2 * 86_400_000_000
TYPES = {
    "crossfade_review_age_seconds": ("gauge", "How long ago the event log was reviewed, or began where it never was; 0 where the policy has no review."),
    "crossfade_review_whole": ("gauge", "1 where the last review of the event log found all of it whole, 0 where it did not, or could not be tried."),
    "crossfade_review_problems": ("gauge", "Problems that the last review of the event log found."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Last:
    """The last review; `first` names problems, of logs that somebody sees. `outcome` is `whole`, `changed`, `gap` or
    `not_tried`."""

    at_us: int
    by: str
    outcome: Outcome
    logs: int
    events: int
    checkpoints: int
    digests: int
    took_s: float
    payloads: bool
    problems: int
    first: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Reviews:
    """At which time of day the log is reviewed, None for never, and the last one. `late` says that it was too long ago."""

    at: str | None
    late: bool
    last: Last | None


def samples(conn: Connection, policy: Policy, now_us: int) -> Iterator[Sample]:
    """For Prometheus."""
    found = record.newest(conn)
    yield "crossfade_review_age_seconds", (), _age_us(conn, policy, found, now_us) / 1e6
    if found is not None:
        whole = found.review.outcome is Outcome.WHOLE
        yield "crossfade_review_whole", (), float(whole)
        yield "crossfade_review_problems", (), found.review.problems


def reviews(
    conn: Connection, policy: Policy, now_us: int, seen: Callable[[str], bool]
) -> Reviews:
    """How it goes with the reviews; problems of tenants' logs that somebody sees."""
    found = record.newest(conn)
    late = _age_us(conn, policy, found, now_us) > LATE_US
    return Reviews(policy.review.at, late, _last(found, seen) if found else None)


def _age_us(
    conn: Connection, policy: Policy, found: record.Performed | None, now_us: int
) -> int:
    if policy.review.at is None:
        return 0
    since_us = found.at_us if found else record.begun_us(conn)
    return 0 if since_us is None else max(0, now_us - since_us)


def _last(found: record.Performed, seen: Callable[[str], bool]) -> Last:
    of = found.review
    first = [one for one in of.first if not one.log or seen(one.log)]
    return Last(
        found.at_us,
        found.by,
        of.outcome,
        of.logs,
        of.events,
        of.checkpoints,
        of.digests,
        of.took_ms / 1000,
        of.payloads is not None,
        of.problems,
        tuple(first),
    )
