"""Who answers a request, and who is shadowed: pure functions of the route table and the session.

The table is what the controller published; the proxy obeys it and knows nothing of why. Without a
row for a rollout its primary answers and nothing is shadowed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from mirror.exchange import Side


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one rollout stands, as the proxy must obey it.

    `share`, `shadow_percent` and `reask_percent` are percents of sessions: those the candidate
    answers, those whose other side is sent a copy, and those of them whose primary is asked again.
    `epoch` grows with every transition, so that evidence of one standing is never mixed with another's.
    """

    tenant: str
    route: str
    stage: str
    share: float
    epoch: int
    salt: str
    shadow_percent: float = 100.0
    reask_percent: float = 0.0


@dataclass(frozen=True, slots=True)
class RouteTable:
    """Every rollout's standing, published by one controller. `emergency` sends all to the primary."""

    version: int
    published_us: int
    standings: Mapping[tuple[str, str], Standing] = field(default_factory=dict)
    emergency: bool = False

    def standing(self, tenant: str, route: str) -> Standing | None:
        """One rollout's standing, where the controller has published one."""
        return self.standings.get((tenant, route))


def bucket(salt: str, session: str) -> int:
    """A session's fixed place among 10,000, uniform over sessions and unrelated across salts."""
    digest = hashlib.sha256(f"{salt}\0{session}".encode()).digest()
    return int.from_bytes(digest[:8]) % 10_000


def serving_side(table: RouteTable, standing: Standing | None, session: str) -> Side:
    """The side that answers this session. A wider share never moves a session back."""
    if standing is None or table.emergency or standing.stage not in ("canary", "live"):
        return Side.PRIMARY
    if standing.stage == "live" or bucket(standing.salt, session) < standing.share * 100:
        return Side.CANDIDATE
    return Side.PRIMARY


def sampled(salt: str, session: str, percent: float) -> bool:
    """Whether a session is shadowed. Salted apart from the share, so that neither biases the other."""
    return bucket(f"{salt}/shadow", session) < percent * 100
