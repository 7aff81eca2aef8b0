"""Whose a request is, as a pseudonym: what the client wrote goes no further than here."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from mirror.journal.keys.port import KeyLost, KeyStore
from mirror.patient import pseudonym
from mirror.proxy.call import Call
from mirror.reading import Reading
from policies.policy import Policy

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Subjects:
    """Makes pseudonyms. A tenant's pepper is asked for once; while it cannot be had there is none, and that is told once."""

    keys: KeyStore | None = None
    _peppers: dict[str, bytes] = field(default_factory=dict)
    _untold: set[str] = field(default_factory=set)

    def of(self, policy: Policy, name: str, call: Call, reading: Reading) -> str:
        """The pseudonym of the patient that a tenant's request names; "" where it names none."""
        rule = policy.tenants[name].patient
        if rule is None or self.keys is None:
            return ""
        named = call.headers.get(rule.header, "") if rule.header else ""
        told = named or _of(reading.document, rule.metadata)
        if not told:
            return ""
        pepper = self._pepper(self.keys, name)
        return pseudonym(pepper, told) if pepper else ""

    def _pepper(self, keys: KeyStore, name: str) -> bytes:
        if name not in self._peppers:
            try:
                self._peppers[name] = keys.pepper(name)
            except KeyLost as lost:
                if name not in self._untold:
                    self._untold.add(name)
                    _log.error("patients of %s have no pseudonyms: %s", name, lost)
                return b""
        return self._peppers[name]


def _of(document: object, key: str | None) -> str:
    metadata = document.get("metadata") if isinstance(document, Mapping) else None
    told = metadata.get(key) if isinstance(metadata, Mapping) else None
    return told if isinstance(told, str) else ""
