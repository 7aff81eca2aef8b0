"""Under whose authority something happened: the policy in force at a moment, and who put it in force. Pure.

Policies stand in the deployment's log, and what they allow in those of tenants: two logs have no common order, and
in one log too what left is recorded after it left, maybe behind the next policy. So the times told decide. A policy
whose own time cannot be, by the signatures around it, counts from when it was recorded: never after the next one of its
log did, however soon that came.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter

from cutover.reports.placing import Signed, Span
from cutover.verifying.cells import utc
from cutover.verifying.sayings import Event, number_at, text_at

TYPE = "policy.applied"


@dataclass(frozen=True, slots=True)
class Applied:
    """A policy that came into force: its SHA-256, who put it there, and when it says that it did (microseconds of UTC).

    It counts from `from_us`: another moment only where the one that it tells cannot be. `recorded` is then when it was recorded.
    """

    sha256: str
    by: str
    at_us: int
    from_us: int
    recorded: Span | None = None

    @property
    def since(self) -> str:
        """When, in ISO 8601; marked where a wrong clock told it."""
        told = utc(self.at_us)
        return (
            told if self.recorded is None else f"{told} (a wrong clock's: {self.recorded.told})"
        )

    @property
    def named(self) -> str:
        """Who put it in force, and which it is."""
        return (
            f"policy {self.sha256[:12]} of {self.by}" if self.sha256 else "no policy on record"
        )


UNKNOWN = Applied("", "", -1, -1)
"""Before the first policy that is on record."""


class Authority:
    """The policies of a deployment, by when they came into force. `signed` is the deployment's log."""

    def __init__(self, events: Iterable[Event], signed: Signed = Signed()) -> None:  # noqa: B008 - a value
        every = list(events)
        placed = sorted(zip(signed.places(every), every, strict=True), key=itemgetter(0))
        self._policies = [_applied(event, signed, from_us) for (from_us, _), event in placed]
        self._from = [one.from_us for one in self._policies]

    def at(self, at_us: int) -> Applied:
        """The policy in force at a moment."""
        place = bisect_right(self._from, at_us)
        return self._policies[place - 1] if place else UNKNOWN

    def doubt(self, at_us: int, recorded: Span) -> str:
        """Why the policy at the time that an event tells may be another's than it left under; "" where nothing speaks for it.

        A record may come late, and tells the right time then: one that tells a time long past is in doubt only where
        another policy was in force when it was recorded.
        """
        ahead, behind = recorded.is_ahead(at_us), recorded.is_behind(at_us)
        if not (ahead or behind):
            return ""
        then, late = self.at(at_us), self.at(recorded.before_us)
        if then is late:
            return f"its time is a wrong clock's: {recorded.told}" if ahead else ""
        what = "its time is a wrong clock's" if ahead else "a clock was wrong, or it came late"
        return f"{what}: {recorded.told}, under {late.named}"


def _applied(event: Event, signed: Signed, from_us: int) -> Applied:
    sha256 = text_at(event, "details", "after") or text_at(event, "object", "id")
    at_us, recorded = (
        number_at(event, "at_us") or 0,
        signed.around(number_at(event, "seq") or 0),
    )
    known = recorded if recorded.is_off(at_us) else None
    return Applied(sha256, text_at(event, "actor", "name"), at_us, from_us, known)
