"""What left for a cloud: when, what for, of which patient's pseudonym, and under whose authority. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from sys import intern

from cutover.reports.authority import Authority
from cutover.verifying.cells import plus8, utc
from cutover.verifying.rows import EGRESS
from cutover.verifying.sayings import Event, number_at, text_at
from cutover.verifying.table import Row

TYPE = "egress.done"
COLUMNS = (*EGRESS.columns, "policy_sha256", "in_force_by", "in_force_since")


@dataclass(slots=True)
class Group:
    """Requests that have patient, purpose, upstream and policy in common. Moments are microseconds of UTC."""

    subject: str
    purpose: str
    upstream: str
    policy_sha256: str
    in_force_by: str
    in_force_since: str
    requests: int = 0
    failed: int = 0
    sent_bytes: int = 0
    first_us: int = 0
    last_us: int = 0

    def body(self) -> dict[str, object]:
        """As JSON types, its moments by both clocks."""
        ends = {
            f"{end}_{name}": clock(getattr(self, f"{end}_us"))
            for end in ("first", "last")
            for name, clock in (("utc", utc), ("plus8", plus8))
        }
        return asdict(self) | ends


def rows(events: Iterable[Event], authority: Authority) -> Iterator[Row]:
    """A row a request, in the order of the events."""
    for event in events:
        row = EGRESS.row(event)
        if row is not None:
            policy = authority.at(number_at(event, "at_us") or 0)
            yield row | {
                "policy_sha256": policy.sha256,
                "in_force_by": policy.by,
                "in_force_since": policy.since,
            }


def groups(events: Iterable[Event], authority: Authority) -> list[Group]:
    """The same counted by what they have in common, the first that left first."""
    found: dict[tuple[str, str, str, int], Group] = {}
    for event in events:
        if text_at(event, "type") != TYPE:
            continue
        at_us = number_at(event, "at_us") or 0
        policy = authority.at(at_us)
        subject = text_at(event, "details", "subject") or text_at(event, "subject")
        # Of a clinic of many patients there are as many groups as requests: what few words say is kept once.
        purpose = intern(text_at(event, "details", "purpose"))
        upstream = intern(text_at(event, "details", "upstream"))
        key = (subject, purpose, upstream, policy.at_us)
        one = found.get(key)
        if one is None:
            since = intern(policy.since)
            one = found[key] = Group(
                subject, purpose, upstream, policy.sha256, policy.by, since
            )
        one.requests += 1
        one.failed += text_at(event, "outcome") != "ok"
        one.sent_bytes += number_at(event, "details", "sent_bytes") or 0
        one.first_us = min(one.first_us or at_us, at_us)
        one.last_us = max(one.last_us, at_us)
    return sorted(found.values(), key=lambda one: (one.first_us, one.subject, one.purpose))
