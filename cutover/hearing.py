"""Everything one verdict is made of: the evidence of a standing as it is heard, gate by gate."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cutover.gates import Basis, Demand, Gate, Rules, log_promote_at
from cutover.reasons import finding, more_needed, nothing_yet
from cutover.rollout import Rollout
from cutover.stages import Stage
from cutover.tally import GateTally, Views


@dataclass(frozen=True, slots=True)
class Hearing:
    """What is judged, and by which level; `gaps` are sentences about what is known to be missing."""

    rules: Rules
    rollout: Rollout
    views: Views
    log_at: float  # natural logarithm of the level that rolls back
    now_us: int
    gaps: tuple[str, ...]

    @property
    def asked(self) -> tuple[int, ...]:
        """Places of the gates whose promotion evidence this standing must show itself.

        An optional gate that saw nothing is not asked: nothing on this route is its business yet.
        """
        mirror = self.rollout.stage is Stage.MIRROR
        return tuple(
            [
                place
                for place, gate in enumerate(self.views.started.gates)
                if gate.demand.shown
                and (mirror or gate.served_only)
                and not (gate.demand.optional and gate.n == 0)
            ]
        )

    @property
    def suspected(self) -> tuple[int, ...]:
        """Places of the gates that only watch, and see likely harm: no promotion on top of that."""
        return tuple(
            [place for place in range(len(self.views.started.gates)) if self._suspects(place)]
        )

    def log_for(self, place: int) -> float:
        """A gate's promotion evidence: this standing's where it is asked, else what mirror showed."""
        if place in self.asked or self.rollout.stage is Stage.MIRROR:
            return self.views.log_shown(place)
        return self.views.carried.get(self._demand(place).name, 0.0)

    def is_shown(self, place: int) -> bool:
        """Whether a gate's promotion evidence is enough."""
        return self.views.log_shown(place) >= log_promote_at(self.rules.terms)

    def log_weight(self, place: int) -> float:
        """The logarithm of a gate's weight in the mean of harm."""
        gates = self.views.worse.gates
        return math.log(
            gates[place].demand.weight / sum([gate.demand.weight for gate in gates])
        )

    def log_part(self, place: int) -> float:
        """The logarithm of what one gate adds to the mean of harm."""
        return self.views.worse.gates[place].harm.log_e + self.log_weight(place)

    def sentence(self, place: int) -> str:
        """What a gate saw, and what follows from it."""
        seen = self.views.started
        if seen.gates[place].demand.optional and seen.gates[place].n == 0:
            return nothing_yet(self.rules, self._demand(place), seen.sessions)
        found = finding(self.rules, seen.gates[place], seen.codes)
        if seen.late and self._demand(place).gate is Gate.LATENCY:
            found += f", {seen.late:,} copies sent over a minute late left out"
        if self.log_part(place) >= self.log_at:
            return f"{found}: shown to be worse than that"
        if self._suspects(place):
            return f"{found}: likely worse than that"
        if place not in self.asked:
            return f"{found}: no harm shown"
        if self.is_shown(place):
            return f"{found}: shown"
        return f"{found}: not shown yet, needs {self.more(seen.gates[place])}"

    def more(self, tally: GateTally) -> str:
        """How much more a gate needs; open sessions are left out of the estimate."""
        closed = next(g for g in self.views.closed.gates if g.demand == tally.demand)
        paired = tally.demand.gate is Gate.EQUIVALENCE and self.rules.basis is Basis.NOISE
        best = 0.5 if paired else 1.0
        return more_needed(closed.shown, best, log_promote_at(self.rules.terms))

    def _demand(self, place: int) -> Demand:
        return self.views.started.gates[place].demand

    def _suspects(self, place: int) -> bool:
        watches = not self._demand(place).shown and self.rollout.stage is not Stage.LIVE
        return watches and self.views.log_against(place) >= log_promote_at(self.rules.terms)
