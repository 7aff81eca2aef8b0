"""Under whose authority something happened: the policy in force at a moment, and who put it in force. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from cutover.verifying.cells import utc
from cutover.verifying.sayings import Event, number_at, text_at

TYPE = "policy.applied"


@dataclass(frozen=True, slots=True)
class Applied:
    """A policy that came into force: its SHA-256, who put it there, and when (microseconds of UTC)."""

    sha256: str
    by: str
    at_us: int

    @property
    def since(self) -> str:
        """When, in ISO 8601."""
        return utc(self.at_us)


UNKNOWN = Applied("", "", -1)
"""Before the first policy that is on record."""


class Authority:
    """The policies of a deployment, by when they came into force."""

    def __init__(self, events: Iterable[Event]) -> None:
        found = [_applied(event) for event in events]
        self._policies = sorted(found, key=lambda one: one.at_us)
        self._from = [one.at_us for one in self._policies]

    def at(self, at_us: int) -> Applied:
        """The policy in force at a moment."""
        place = bisect_right(self._from, at_us)
        return self._policies[place - 1] if place else UNKNOWN


def _applied(event: Event) -> Applied:
    sha256 = text_at(event, "details", "after") or text_at(event, "object", "id")
    return Applied(sha256, text_at(event, "actor", "name"), number_at(event, "at_us") or 0)
