"""Keys of requests that change something: who repeats one that nobody answered sends the same key again.

The control API does a request with one key once, and answers a repetition as it answered the first. So what may or
may not have arrived is safe to press again. A key is forgotten when its request is answered, when any other change
is (what is asked after that is asked anew), and after five minutes, as long as an approval's proof counts.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

HEADER = "idempotency-key"
REPLAYED = "idempotency-replayed"
KEPT_S = 300.0
MOST = 50


def _fresh() -> str:
    return uuid4().hex


@dataclass(slots=True)
class Keys:
    """The keys of one session. `replayed` says whether the last answer was the one to an earlier sending."""

    clock_s: Callable[[], float] = time.monotonic
    fresh: Callable[[], str] = _fresh
    replayed: bool = False
    _unanswered: dict[str, tuple[str, float]] = field(default_factory=dict, repr=False)

    def of(self, *request: object) -> str:
        """The key of a request: that of the same one where it is not answered yet, or else a new one."""
        named, now_s = _named(request), self.clock_s()
        self._unanswered = {
            name: kept
            for name, kept in list(self._unanswered.items())[-MOST:]
            if now_s - kept[1] < KEPT_S
        }
        if named not in self._unanswered:
            self._unanswered[named] = self.fresh(), now_s
        return self._unanswered[named][0]

    def answered(self, *, replayed: bool) -> None:
        """A change was answered."""
        self.replayed = replayed
        self._unanswered.clear()


def _named(request: tuple[object, ...]) -> str:
    """A digest: a request may hold what proves who somebody is."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
