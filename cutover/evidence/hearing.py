"""Everything one verdict is made of: the evidence of a standing as it is heard, gate by gate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cutover.evidence.asking import burst_of
from cutover.evidence.gate_tally import GateTally
from cutover.evidence.gates import WARN_AT, Basis, Demand, Gate, Rules, log_promote_at
from cutover.evidence.pace import when
from cutover.evidence.reasons import (
    MANY,
    finding,
    more_needed,
    nothing_yet,
    number_needed,
    of_all,
)
from cutover.evidence.tally import Views
from cutover.evidence.unpaired import unmeasured
from cutover.pooling.leaning import carries, why_not
from cutover.rollout import Rollout
from cutover.stages import Stage
from policies.gates import Mode


@dataclass(frozen=True)
class Hearing:
    """What is judged, and by which level; `gaps` are sentences about what is known to be missing.

    What it was asked once is kept: thousands are heard in a second, each asked much the same twice.
    """

    rules: Rules
    rollout: Rollout
    views: Views
    log_at: float  # natural logarithm of the level that rolls back
    now_us: int
    gaps: tuple[str, ...]
    _said: dict[int, str] = field(default_factory=dict, init=False, compare=False)
    _needs: dict[Demand, str] = field(default_factory=dict, init=False, compare=False)

    @cached_property
    def asked(self) -> tuple[int, ...]:
        """Places of the gates whose promotion evidence this standing must show itself.

        An optional gate that saw nothing is not asked: nothing on this route is its business yet.
        """
        return tuple(
            [
                place
                for place, gate in enumerate(self.views.started.gates)
                if self._could_ask(place) and gate.demand.mode is not Mode.OBSERVE
            ]
        )

    @cached_property
    def suspected(self) -> tuple[int, ...]:
        """Places of the gates that hold because harm is likely, and roll nothing back for it."""
        return tuple(
            [
                place
                for place, gate in enumerate(self.views.started.gates)
                if self._suspects(place) and gate.demand.mode is not Mode.OBSERVE
            ]
        )

    def log_for(self, place: int) -> float:
        """A gate's promotion evidence: this standing's where it is asked, else what mirror showed."""
        if place in self.asked or self.rollout.stage is Stage.MIRROR:
            return self.views.log_shown(place)
        return self.views.carried.get(self._demand(place).name, 0.0)

    def is_shown(self, place: int) -> bool:
        """Whether a gate's promotion evidence is enough, or the pool's is."""
        return self.shows(place) or self.by_pool(place)

    def shows(self, place: int) -> bool:
        """Whether a gate's promotion evidence is enough by itself."""
        return self.views.log_shown(place) >= log_promote_at(self.rules.terms)

    @cached_property
    def unpooled(self) -> str:
        """Why nothing may rest on the pool, as a clause; "" where something may."""
        return why_not(self.rules, self.rollout, self.views)

    def by_pool(self, place: int, stratum: str = "") -> bool:
        """Whether a promotion may rest on what the pool shows of a gate, over all or in a stratum."""
        return carries(self.rules, self.views, place, self.log_pooled(place, stratum))

    def log_pooled(self, place: int, stratum: str = "") -> float:
        """What the pool shows of a gate, 0 where nothing may rest on it."""
        if self.unpooled or self.views.pooled is None:
            return 0.0
        pooled = self.views.pooled
        shown = pooled.strata.get(stratum, {}) if stratum else pooled.shown
        return shown.get(self._demand(place).name, 0.0)

    def log_weight(self, place: int) -> float:
        """The logarithm of a gate's weight in the mean of harm; as it would be, of one that does not act."""
        gates = self.views.worse.gates
        mine = gates[place].demand
        if mine.mode is Mode.ACT:
            return math.log(mine.weight / self._weights)
        acting = [
            gate.demand.weight
            for at, gate in enumerate(gates)
            if gate.demand.mode is Mode.ACT or at == place
        ]
        return math.log(mine.weight / sum([*acting, *self._drifts]))

    @cached_property
    def _weights(self) -> float:
        """Of all gates that act, together."""
        acting = [g.demand.weight for g in self.views.worse.gates if g.demand.mode is Mode.ACT]
        return sum([*acting, *self._drifts])

    @property
    def log_drift_weight(self) -> float:
        """The same of drift."""
        drift = self.views.worse.drift
        assert drift is not None, "it is asked for where there is one"
        acting = [g.demand.weight for g in self.views.worse.gates if g.demand.mode is Mode.ACT]
        return math.log(drift.gate.weight / sum([*acting, drift.gate.weight]))

    @property
    def log_drift_part(self) -> float:
        """What drift adds to the mean of harm; as it would, where it does not act."""
        drift = self.views.worse.drift
        assert drift is not None, "it is asked for where there is one"
        return drift.log_e + self.log_drift_weight

    @property
    def drift_holds(self) -> bool:
        """Whether drift holds because harm is likely; in live, where it can only warn, one that does not act."""
        drift = self.views.started.drift
        if drift is None or drift.gate.mode is Mode.OBSERVE:
            return False
        return self._likely_drift and not (self.rollout.stage is Stage.LIVE and drift.acts)

    @property
    def drift_sentence(self) -> str:
        """What drift saw, and what follows from it."""
        drift = self.views.started.drift
        assert drift is not None, "it is asked for where there is one"
        found, only = drift.sentence, _ONLY[drift.gate.mode]
        if not drift.n:
            return found + only
        if self.log_drift_part >= self.log_at:
            return f"{found}: shown to be worse than that{only}"
        return f"{found}: {'likely worse than that' if self._likely_drift else 'no harm shown'}{only}"

    @property
    def _likely_drift(self) -> bool:
        looks = (self.views.closed.drift, self.views.started.drift)
        level = log_promote_at(self.rules.terms)
        if self.rollout.stage is Stage.LIVE:
            level = math.log(WARN_AT)
        return any(one is not None and one.log_e >= level for one in looks)

    @property
    def _drifts(self) -> tuple[float, ...]:
        """The weight of drift in the mean of harm, where it acts."""
        drift = self.views.worse.drift
        return (drift.gate.weight,) if drift is not None and drift.acts else ()

    def log_part(self, place: int) -> float:
        """The logarithm of what one gate adds to the mean of harm; as it would be, of one that does not act."""
        return self.views.worse.gates[place].harm.log_e + self.log_weight(place)

    def sentence(self, place: int) -> str:
        """What a gate saw, and what follows from it."""
        if place not in self._said:
            self._said[place] = self._found(place) + _ONLY[self._demand(place).mode]
        return self._said[place]

    def _found(self, place: int) -> str:
        seen = self.views.started
        unseen = unmeasured(self.rules, self.rollout.stage, seen.gates[place])
        if unseen:
            return unseen
        if seen.gates[place].demand.optional and seen.gates[place].n == 0:
            return nothing_yet(self.rules, self._demand(place), seen.sessions)
        found = finding(self.rules, seen.gates[place], seen.codes)
        if self._demand(place).gate is Gate.QUALITY:
            found += of_all(seen.gates[place].n, seen.sessions + seen.resent)
        if seen.late and self._demand(place).gate is Gate.LATENCY:
            found += f", {seen.late:,} copies sent over a minute late left out"
        if self.log_part(place) >= self.log_at:
            return f"{found}: shown to be worse than that"
        if self._suspects(place):
            return f"{found}: likely worse than that"
        if not self._could_ask(place):
            return f"{found}: no harm shown"
        return f"{found}: {self._how_far(place)}"

    def _how_far(self, place: int) -> str:
        if self.shows(place):
            return "shown"
        if self.by_pool(place):
            return "not shown by itself, shown by the pool"
        return f"not shown yet, needs {self.more(self.views.started.gates[place])}"

    def more(self, tally: GateTally) -> str:
        """How much more a gate needs; open sessions are left out of the estimate."""
        if tally.demand not in self._needs:
            self._needs[tally.demand] = self._more(tally)
        return self._needs[tally.demand]

    def _more(self, tally: GateTally) -> str:
        closed = next(g for g in self.views.closed.gates if g.demand == tally.demand)
        best, log_at = best_of(self.rules, tally.demand), log_promote_at(self.rules.terms)
        needed = more_needed(closed.shown, best, log_at)
        if closed.served_only and not closed.n:
            return f"{needed}, and the candidate has served none yet"
        more = number_needed(closed.shown, best, log_at)
        return needed + ("" if more >= MANY else self.when(self._of_traffic(closed, more)))

    def when(self, sessions: float | None) -> str:
        """How long so many sessions of the tenant take at its pace, or why nobody can tell, after a comma.

        "" for None, and before the first session.
        """
        if sessions is None:
            return ""
        if sessions == math.inf:
            return ", and the primary is asked again no more (`terms.sampling`)"
        pace = self.views.closed.pace
        told = when(sessions, pace.a_day(self.now_us)) or pace.unknown(self.now_us)
        return f", {told}" if told else ""

    def _of_traffic(self, tally: GateTally, more: int) -> float:
        """In how many compared sessions a gate sees so many more; infinity for never."""
        asked_again = tally.demand.gate in (Gate.EQUIVALENCE, Gate.SEVERE)
        if asked_again and self.rules.basis is Basis.NOISE:
            return self._of_re_asked(tally, more)
        return more * max(1.0, self.views.closed.sessions / tally.n) if tally.n else more

    def _of_re_asked(self, tally: GateTally, more: int) -> float:
        """The same of a gate that sees the sessions that the primary is asked again in."""
        sampling = self.rules.terms.sampling
        if not sampling.reask_max_per_day:
            return math.inf
        burst = min(more, max(0, burst_of(self.rules) - tally.n))
        beyond, share = more - burst, sampling.reask_percent / 100
        found = burst + (beyond / share if share else math.inf) if beyond else burst
        # However many sessions come, no more than so many a day are asked again.
        a_day = self.views.closed.pace.a_day(self.now_us) or 0.0
        return max(found, a_day * more / sampling.reask_max_per_day)

    def _demand(self, place: int) -> Demand:
        return self.views.started.gates[place].demand

    def _could_ask(self, place: int) -> bool:
        gate = self.views.started.gates[place]
        here = self.rollout.stage is Stage.MIRROR or gate.served_only
        return gate.demand.shown and here and not (gate.demand.optional and gate.n == 0)

    def _suspects(self, place: int) -> bool:
        demand = self._demand(place)
        alone = demand.mode is Mode.HOLD or not demand.shown
        level = log_promote_at(self.rules.terms)
        if self.rollout.stage is Stage.LIVE:  # nothing is promoted from there: it warns
            alone, level = demand.mode is Mode.HOLD, math.log(WARN_AT)
        return alone and self.views.log_against(place) >= level


_ONLY: Mapping[Mode, str] = {
    Mode.OBSERVE: " (observed only)",
    Mode.HOLD: " (holds, and rolls nothing back)",
    Mode.ACT: "",
}


def best_of(rules: Rules, demand: Demand) -> float:
    """The best that a session can show: as alike as the primary is to itself, or without a blemish."""
    return 0.5 if demand.is_difference(rules.basis) else 1.0
