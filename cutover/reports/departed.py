"""What left for a cloud: when, what for, of which patient's pseudonym, and under whose authority. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from sys import intern

from cutover.reports.authority import Authority
from cutover.reports.placing import Signed
from cutover.verifying.cells import plus8, utc
from cutover.verifying.rows import EGRESS
from cutover.verifying.sayings import Event, number_of, text_of
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
    in_doubt: int = 0
    """Of how many requests the time is out of the log's order, so that another policy may have been in force."""

    def body(self) -> dict[str, object]:
        """As JSON types, its moments by both clocks; `in_doubt` only where there are such."""
        ends = {
            f"{end}_{name}": clock(getattr(self, f"{end}_us"))
            for end in ("first", "last")
            for name, clock in (("utc", utc), ("plus8", plus8))
        }
        doubt = {"in_doubt": self.in_doubt} if self.in_doubt else {}
        return {name: getattr(self, name) for name in _FIELDS} | ends | doubt


_FIELDS = tuple([one.name for one in fields(Group) if one.name != "in_doubt"])
_NONE = Signed()


def rows(
    events: Iterable[Event], authority: Authority, signed: Signed = _NONE
) -> Iterator[Row]:
    """A row a request, in the order of the events. `signed` is their log: one whose time is out of its order says so."""
    for event in events:
        row = EGRESS.row(event)
        if row is not None:
            at_us = _AT(event) or 0
            policy = authority.at(at_us)
            doubt = authority.doubt(at_us, signed.around(_SEQ(event) or 0))
            yield row | {
                "policy_sha256": policy.sha256,
                "in_force_by": f"{policy.by} ({doubt})" if doubt else policy.by,
                "in_force_since": policy.since,
            }


def groups(
    events: Iterable[Event], authority: Authority, signed: Signed = _NONE
) -> list[Group]:
    """The same counted by what they have in common, the first that left first."""
    found = Groups(authority, signed)
    for event in events:
        found.take(event)
    return found.told()


class Groups:
    """Takes the events one by one; `told` gives their groups."""

    def __init__(self, authority: Authority, signed: Signed = _NONE) -> None:
        self._authority, self._signed = authority, signed
        self._found: dict[tuple[str, str, str, int], Group] = {}

    def told(self) -> list[Group]:
        """All that was taken, the first that left first."""
        found = self._found.values()
        return sorted(found, key=lambda one: (one.first_us, one.subject, one.purpose))

    def noting(self, events: Iterable[Event]) -> Iterator[Event]:
        """These events, each taken on its way to somebody else."""
        for event in events:
            self.take(event)
            yield event

    def take(self, event: Event) -> None:
        """The next event."""
        if _TYPE(event) != TYPE:
            return
        at_us = _AT(event) or 0
        one = self._of(event, at_us)
        one.requests += 1
        one.failed += _OUTCOME(event) != "ok"
        one.sent_bytes += _SENT(event) or 0
        one.in_doubt += bool(
            self._authority.doubt(at_us, self._signed.around(_SEQ(event) or 0))
        )
        one.first_us = min(one.first_us or at_us, at_us)
        one.last_us = max(one.last_us, at_us)

    def _of(self, event: Event, at_us: int) -> Group:
        policy = self._authority.at(at_us)
        subject = _SUBJECT(event) or _SUBJECT_BEFORE(event)
        # Of a clinic of many patients there are as many groups as requests: what few words say is kept once.
        purpose, upstream = intern(_PURPOSE(event)), intern(_UPSTREAM(event))
        key = (subject, purpose, upstream, policy.at_us)
        one = self._found.get(key)
        if one is None:
            since = intern(policy.since)
            one = self._found[key] = Group(
                subject, purpose, upstream, policy.sha256, policy.by, since
            )
        return one


_TYPE, _OUTCOME, _AT = text_of("type"), text_of("outcome"), number_of("at_us")
_SEQ = number_of("seq")
_SUBJECT, _SUBJECT_BEFORE = text_of("details", "subject"), text_of("subject")
_PURPOSE, _UPSTREAM = text_of("details", "purpose"), text_of("details", "upstream")
_SENT = number_of("details", "sent_bytes")
