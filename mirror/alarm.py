"""Alarms of one process: said in its log once for each thing that is wrong, not once a request."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

_log = logging.getLogger(__name__)
_MOST = 1_000  # a server that names itself anew each time must not fill the memory


@dataclass(slots=True)
class Alarm:
    """Remembers what it has said."""

    _said: set[tuple[str, str, str, str]] = field(default_factory=set)

    def served_by_other(self, tenant: str, route: str, upstream: str, what: str) -> None:
        """Says that another than the declared candidate answered. `what` holds no payload."""
        key = (tenant, route, upstream, what)
        if key in self._said or len(self._said) >= _MOST:
            return
        self._said.add(key)
        _log.error(
            "%s/%s: another answered in the name of the candidate at %s: %s; the rollout is held "
            "until a person resumes it",
            *key,
        )
