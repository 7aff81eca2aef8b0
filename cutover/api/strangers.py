"""Refusals of those whom nobody knows: counted, and written once a minute as one event, however many they are.

Of a token only its fingerprint is kept, under the deployment's key: who holds the key can see whether it was a certain
one, and nobody else learns anything.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import Scope

from cutover import deeds
from cutover.people import CONTROLLER, Deed
from mirror.journal.events import Value
from mirror.journal.seal import Sealer
from mirror.journal.store import Store, StoreError

EVERY_S = 60.0
"""So often what was counted is written."""
FROM, TOKENS, KINDS, SEEN = 50, 3, 12, 10
"""So many senders are told by name in one event, and of each so many tokens, kinds and addresses."""
OTHERS = "others"

log = logging.getLogger("crossfade.api")


@dataclass(slots=True)
class Sender:
    """What came from one address, or of one person who asks too much."""

    kinds: Counter[str] = field(default_factory=Counter)
    tokens: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)  # addresses, of whom it refused itself

    def told(self, name: str) -> dict[str, Value]:
        """As the event tells it."""
        kinds = dict(self.kinds.most_common(KINDS))
        seen: dict[str, Value] = {"seen_from": sorted(self.seen)} if self.seen else {}
        return {"from": name, "kinds": kinds, "tokens": sorted(self.tokens), **seen}

    def see(self, addresses: Iterable[str]) -> None:
        """Keeps the first of the addresses that are told."""
        for one in addresses:
            if len(self.seen) < SEEN:
                self.seen.add(one)


@dataclass(slots=True)
class Strangers:
    """The counts of one controller's API since they were last written. Any thread may count and write."""

    store: Store
    sealer: Sealer
    now_us: Callable[[], int]
    _since_us: int = 0
    _senders: dict[str, Sender] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(
        self,
        scope: Scope,
        kind: str,
        person: str = "",
        *,
        times: int = 1,
        seen: Collection[str] = (),
    ) -> None:
        """Counts a refusal; of a person who is known, for their name. `seen` is where those came from that a sender refused."""
        client = scope.get("client")
        name = person or (str(client[0]) if client else "nowhere")
        given = Headers(scope=scope).get("authorization", "")
        with self._lock:
            if not self._senders:
                self._since_us = self.now_us()
            full = len(self._senders) >= FROM and name not in self._senders
            sender = self._senders.setdefault(OTHERS if full else name, Sender())
            sender.kinds[kind] += times
            sender.see(seen)
            if given and len(sender.tokens) < TOKENS:
                sender.tokens.add(self.sealer.fingerprint(given.encode(), "token"))

    def write(self) -> None:
        """Writes what was counted as one event; what the store does not take is counted on."""
        with self._lock:
            taken, since_us, self._senders = self._senders, self._since_us, {}
        if not taken:
            return
        try:
            self._report(taken, since_us)
        except StoreError as error:
            log.error("refused attempts are in no event yet: %s", error)
            self._put_back(taken, since_us)

    def _report(self, taken: Mapping[str, Sender], since_us: int) -> None:
        now_us = self.now_us()
        details: dict[str, Value] = {
            "refused": sum(one.kinds.total() for one in taken.values()),
            "since_us": since_us,
            "senders": [one.told(name) for name, one in sorted(taken.items())],
        }
        deed = Deed(CONTROLLER, now_us, "")
        with self.store.write() as conn:
            deeds.report(
                conn,
                deed,
                "access.refused",
                ("api", "control"),
                outcome="refused",
                details=details,
            )

    def _put_back(self, taken: Mapping[str, Sender], since_us: int) -> None:
        with self._lock:
            self._since_us = since_us
            for name, one in taken.items():
                full = len(self._senders) >= FROM and name not in self._senders
                now = self._senders.setdefault(OTHERS if full else name, Sender())
                now.kinds.update(one.kinds)
                now.see(sorted(one.seen))
                now.tokens |= set(sorted(one.tokens)[: TOKENS - len(now.tokens)])
