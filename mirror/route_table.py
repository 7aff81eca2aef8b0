"""The route table: what the controller tells the proxies, as values. Nothing here decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one rollout stands, as the proxy must obey it.

    `share`, `shadow_percent`, `reverse_percent` and `reask_percent` are percents of sessions: those the
    candidate answers, those of the primary's that the candidate is sent a copy of, those of the candidate's
    that the primary is sent a copy of, and those of them all whose primary is asked again.
    `epoch` grows with every transition, so that evidence of one standing is never mixed with another's.
    `candidate` is the fingerprint of the candidate that was judged, "" where the table has none.
    `barred` keeps everything from a candidate whose gateway was seen to send requests to a cloud
    that the tenant forbids.
    """

    tenant: str
    route: str
    stage: str
    share: float
    epoch: int
    salt: str
    shadow_percent: float = 100.0
    reask_percent: float = 0.0
    candidate: str = ""
    barred: bool = False
    reverse_percent: float = 100.0


@dataclass(frozen=True, slots=True)
class RouteTable:
    """Every rollout's standing, published by one controller.

    `emergency` sends all to the primary, `emergencies` those of a tenant and a route, "" standing
    for every one. `drains` are the upstreams that are sent nothing, with the time at which the
    controller ends that by itself in UTC microseconds, 0 for never. `factors` are the shares of their capacity that
    upstreams take at present, where that is not all of it.
    """

    version: int
    published_us: int
    standings: Mapping[tuple[str, str], Standing] = field(default_factory=dict)
    emergency: bool = False
    emergencies: frozenset[tuple[str, str]] = frozenset()
    drains: Mapping[str, int] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def empty(cls) -> RouteTable:
        """The table before there was any: primaries answer."""
        return cls(version=0, published_us=0)

    def standing(self, tenant: str, route: str) -> Standing | None:
        """One rollout's standing, where the controller has published one."""
        return self.standings.get((tenant, route))

    def in_emergency(self, tenant: str, route: str) -> bool:
        """Whether a rollout's requests must all go to its primary."""
        if self.emergency or not self.emergencies:
            return self.emergency
        switches = {(tenant, route), (tenant, ""), ("", route), ("", "")}
        return not switches.isdisjoint(self.emergencies)

    def drained(self, upstream: str) -> bool:
        """Whether an upstream is sent nothing. The controller ends that with its next table: no proxy does by its own clock."""
        return upstream in self.drains
