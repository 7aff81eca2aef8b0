"""What left for a cloud, and when: the egress record of a log, and the order of its clock.

Standard library only.
"""

from __future__ import annotations

from typing import Any

from cutover.verifying.findings import WARNING, Fault

_CLOCK_BACK_US = 3600 * 1_000_000  # what is reported late is minutes old, not hours
_CLOCK_AHEAD_US = 86_400 * 1_000_000
_SAME = ("purpose", "upstream", "call", "sent_bytes")


class Departures:
    """Takes the events of one log in order. `cloud` is what the policy said of the cloud at the start."""

    def __init__(self, cloud: str = "") -> None:
        self._cloud = cloud
        self._open: dict[str, dict[str, Any]] = {}

    def take(self, event: dict[str, Any], known: bool = False) -> None:
        """Checks an event against what came before it. Raises Fault."""
        said = event["details"]
        if event["type"] in ("policy.applied", "tenant.declared") and "cloud" in said:
            self._cloud = said["cloud"]
        elif event["type"] == "egress.intent":
            self._leave(said["egress"], event)
        elif event["type"] == "egress.done" and not known:
            self._left(event)

    def _leave(self, id: str, event: dict[str, Any]) -> None:
        if id in self._open:
            raise Fault(f"the request {id} was announced twice")
        self._open[id] = event

    def _left(self, event: dict[str, Any]) -> None:
        said = event["details"]
        announced = self._open.pop(said["egress"], None)
        if self._cloud == "forbidden":
            raise Fault("a request left for the cloud, which this tenant's policy forbids")
        if announced is None:
            if said.get("before") is True:
                raise Fault(
                    "no intent stands before it, and this tenant's record is made before"
                )
            return
        before = announced["details"]
        other = [name for name in _SAME if before.get(name) != said.get(name)]
        if other or announced["object"] != event["object"]:
            raise Fault(f"it is not what was announced: {', '.join(other) or 'its exchange'}")


class Clock:
    """Takes the events of one log in order, and tells where their times do not follow. Those are warnings."""

    def __init__(self, as_of_us: int) -> None:
        self._as_of_us = as_of_us
        self._newest_us: int | None = None

    def take(self, event: dict[str, Any]) -> None:
        """Raises Fault, of the kind warning, where the clock was set back, jumped, or ran ahead."""
        at_us, newest = event["at_us"], self._newest_us
        self._newest_us = at_us if newest is None else max(newest, at_us)
        if event["type"] == "clock.jumped":
            raise Fault("the clock jumped here, and crossfade noted it", kind=WARNING)
        if newest is not None and at_us < newest - _CLOCK_BACK_US:
            late = (newest - at_us) // 1_000_000
            raise Fault(f"its time is {late:,} seconds before that of an event that stands before it",
                        kind=WARNING)  # fmt: skip
        if at_us > self._as_of_us + _CLOCK_AHEAD_US:
            raise Fault("its time is after the checkpoint that holds it", kind=WARNING)
