"""A key that cannot be had is an event of the deployment: `key.missing`, once an hour for each tenant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from mirror.journal import events

TOLD_S = 3600.0


@dataclass(slots=True)
class Missing:
    """What one process told of missing keys. `steady_s` is a clock that only passes."""

    steady_s: Callable[[], float]
    _again_s: dict[str, float] = field(default_factory=dict)

    def tell(self, conn: Connection, tenant: str, at_us: int, reason: str) -> bool:
        """Writes the event, in the caller's transaction; False where the last one is of less than an hour ago."""
        if self._again_s.get(tenant, 0.0) > self.steady_s():
            return False
        self._again_s[tenant] = self.steady_s() + TOLD_S
        events.append(
            conn,
            tenant="",
            type="key.missing",
            actor={"kind": "service", "name": "drainer"},
            object={"kind": "tenant", "id": tenant},
            at_us=at_us,
            outcome="failed",
            reason=reason,
        )
        return True
