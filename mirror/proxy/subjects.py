"""Whose a request is, as a pseudonym: what the client wrote goes no further than here."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mirror import pools
from mirror.journal.keys.port import KeyLost, KeyStore
from mirror.patient import pseudonym
from mirror.pools import Stuck
from mirror.proxy.call import Call
from mirror.reading import Reading
from policies.policy import Policy

AGAIN_S = 60.0
QUIET_S = 2.0
"""What a key store that hangs costs the first request that names a patient, once a minute."""
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Subjects:
    """Makes pseudonyms. A tenant's pepper is asked for once, in a thread, and kept.

    While it cannot be had a request has none; that is told once, and asked again after `AGAIN_S` of `steady_s`, a clock
    that only passes. No trouble with keys ever reaches a client.
    """

    keys: KeyStore | None = None
    steady_s: Callable[[], float] = time.monotonic
    _peppers: dict[str, bytes] = field(default_factory=dict)
    _again_s: dict[str, float] = field(default_factory=dict)

    async def of(self, policy: Policy, name: str, call: Call, reading: Reading | None) -> str:
        """The pseudonym of the patient that a tenant's request names; "" where it names none.

        `reading` is of its body, where that was read.
        """
        rule = policy.tenants[name].patient
        if rule is None or self.keys is None:
            return ""
        named = call.headers.get(rule.header, "") if rule.header else ""
        told = named or _of(reading.document if reading else None, rule.metadata)
        if not told:
            return ""
        pepper = await self._pepper(self.keys, name)
        return pseudonym(pepper, told) if pepper else ""

    async def _pepper(self, keys: KeyStore, name: str) -> bytes:
        known = self._peppers.get(name)
        if known is not None:
            return known
        if self._again_s.get(name, 0.0) > self.steady_s():
            return b""
        try:
            self._peppers[name] = await pools.KEYS.within(
                QUIET_S, QUIET_S, lambda: keys.pepper(name)
            )
        except Exception as lost:  # whatever a key store does: the request is served without
            if name not in self._again_s:
                _log.error("patients of %s have no pseudonyms: %s", name, _why(lost))
            self._again_s[name] = self.steady_s() + AGAIN_S
            return b""
        self._again_s.pop(name, None)
        return self._peppers[name]


def _why(lost: Exception) -> str:
    return str(lost) if isinstance(lost, KeyLost | Stuck) else type(lost).__name__


def _of(document: object, key: str | None) -> str:
    metadata = document.get("metadata") if isinstance(document, Mapping) else None
    told = metadata.get(key) if isinstance(metadata, Mapping) else None
    return told if isinstance(told, str) else ""
