"""What left for a cloud, and when: the egress record of a log, and the order of its clock.

Standard library only.
"""

from __future__ import annotations

from typing import Any

from cutover.verifying.findings import GAP, WARNING, Fault

_FOR_EVER_US = 2**63
_CLOCK_BACK_US = 3600 * 1_000_000  # what is reported late is minutes old, not hours
_CLOCK_AHEAD_US = 86_400 * 1_000_000
_IN_FORCE_US = 60 * 1_000_000  # a policy is obeyed by every process within seconds of its event
_SAME = ("purpose", "upstream", "call", "sent_bytes")


class Departures:
    """Takes the events of one log in order.

    What is told late is judged by when it left: a request that was under way when a policy forbade the
    cloud was allowed.
    """

    def __init__(self) -> None:
        self._forbidden: list[list[int]] = []  # since when, and until when
        self._open: dict[str, dict[str, Any]] = {}

    def take(self, event: dict[str, Any], known: bool = False) -> None:
        """Checks an event against what came before it. Raises Fault."""
        said = event["details"]
        if event["type"] == "tenant.declared":
            self._declared(said["cloud"] == "forbidden", event["at_us"])
        elif event["type"] == "egress.intent":
            self._leave(said["egress"], event)
        elif event["type"] == "egress.done" and not known:
            self._left(event)

    def _declared(self, forbidden: bool, at_us: int) -> None:
        stands = bool(self._forbidden) and self._forbidden[-1][1] == _FOR_EVER_US
        if forbidden and not stands:
            self._forbidden.append([at_us, _FOR_EVER_US])
        elif stands and not forbidden:
            self._forbidden[-1][1] = at_us

    def _leave(self, id: str, event: dict[str, Any]) -> None:
        if id in self._open:
            raise Fault(f"the request {id} was announced twice")
        self._open[id] = event

    def _left(self, event: dict[str, Any]) -> None:
        said = event["details"]
        announced = self._open.pop(said["egress"], None)
        left_us = event["at_us"] - said.get("took_us", 0)
        if any(since + _IN_FORCE_US < left_us < until for since, until in self._forbidden):
            raise Fault("a request left for the cloud, which this tenant's policy forbids")
        if announced is None:
            if said.get("before") is True:
                raise Fault(
                    "no intent stands before it, and this tenant's record is made before",
                    kind=GAP,
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
