"""What the tenants of one model show together, and whose sessions that is.

Every session is one unit, and no tenant has more than a fifth of those that count; how many of whose count is
decided by their numbers alone, never by what they say. A product of bets is the same in any order,
so each mirror is folded by itself and their logarithms are added.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from cutover.evidence.eprocess import MeanAbove
from cutover.evidence.gates import Rules
from cutover.evidence.observation import Session
from cutover.evidence.strata import Shown, Strata

PARTS = 5
"""No tenant is more than one part in so many; fewer tenants than these show nothing together."""


@dataclass(frozen=True, slots=True, order=True)
class Unit:
    """How many of a mirror's sessions count, its first: the mirror of a tenant that began at an epoch."""

    tenant: str
    epoch: int
    sessions: int


@dataclass(frozen=True, slots=True)
class Pooled:
    """What a pool shows at one moment: natural logarithms of e-values, by gate, and by stratum and gate.

    `tenants` counts those that have any session, `against` says why nothing may rest on it, "" where
    something may.
    """

    units: tuple[Unit, ...] = ()
    shown: Mapping[str, float] = field(default_factory=dict)
    strata: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    tenants: int = 0
    against: str = ""

    @property
    def sessions(self) -> dict[str, int]:
        """How many sessions of each tenant count."""
        found: dict[str, int] = {}
        for unit in self.units:
            if unit.sessions:
                found[unit.tenant] = found.get(unit.tenant, 0) + unit.sessions
        return found

    def body(self) -> dict[str, object]:
        """As JSON types; `pooled_of` reads it."""
        return {**asdict(self), "units": [asdict(unit) for unit in self.units]}


def pooled_of(body: Mapping[str, Any]) -> Pooled:
    """A pool's evidence from what `body` gave, after JSON."""
    units = tuple([Unit(**unit) for unit in body["units"]])
    strata = {name: _floats(gates) for name, gates in body["strata"].items()}
    return Pooled(units, _floats(body["shown"]), strata, body["tenants"], body["against"])


def _floats(values: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: float(value) for name, value in values.items()
    }  # canonical JSON writes 1.0 as 1


def rested_on(evidence: str) -> dict[str, int]:
    """Whose sessions a verdict rested on besides its tenant's own, from a move's or proposal's evidence."""
    if '"pooled"' not in evidence:
        return {}
    return dict(json.loads(evidence).get("pooled", {}))


def capped(read: Mapping[str, int]) -> dict[str, int]:
    """Of so many sessions of each tenant, how many count: as many as can while none has over a fifth of them."""
    most = _most(read.values())
    return {tenant: min(number, most) for tenant, number in read.items()}


def _most(numbers: Collection[int]) -> int:
    """The largest number that one tenant may have. Whatever is below it would do as well, and nothing above."""
    low, high = 0, max(numbers, default=0)
    while low < high:
        middle = (low + high + 1) // 2
        fits = PARTS * middle <= sum([min(number, middle) for number in numbers])
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


@dataclass(frozen=True, slots=True)
class Part:
    """What a mirror's first sessions show: of every gate, and of every gate in each stratum."""

    gates: tuple[Shown, ...]
    strata: Strata | None
    sessions: int = 0

    @classmethod
    def begin(cls, rules: Rules) -> Part:
        """Nothing seen yet."""
        every = rules.demands
        gates = tuple([Shown(demand, MeanAbove(1 - demand.bar)) for demand in every])
        return cls(gates, Strata.begin(rules))

    def after(self, sessions: Sequence[Session]) -> Part:
        """With more sessions, in the order of their numbers."""
        if not sessions:
            return self
        return Part(
            tuple([gate.after(sessions) for gate in self.gates]),
            self.strata.after(sessions) if self.strata is not None else None,
            self.sessions + len(sessions),
        )


def together(parts: Mapping[tuple[str, int], Part], tenants: int, against: str = "") -> Pooled:
    """What mirrors show together; `parts` are by tenant and epoch."""
    some = [parts[key] for key in sorted(parts) if parts[key].sessions]
    strata: dict[str, dict[str, float]] = {}
    for each in zip(
        *[part.strata.each for part in some if part.strata is not None], strict=True
    ):
        strata[each[0].name] = _shown([stratum.gates for stratum in each])
    return Pooled(
        tuple([Unit(*key, parts[key].sessions) for key in sorted(parts)]),
        _shown([part.gates for part in some]),
        strata,
        tenants,
        against,
    )


def _shown(parts: Sequence[Sequence[Shown]]) -> dict[str, float]:
    found = {}
    for gates in zip(*parts, strict=True):
        n = sum([gate.n for gate in gates])
        if n:
            logs = tuple(
                [sum(bet) for bet in zip(*[one.shown.logs for one in gates], strict=True)]
            )
            found[gates[0].demand.name] = MeanAbove(gates[0].shown.m, logs, n).log_e
    return found
