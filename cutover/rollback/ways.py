"""Where a rollback would go: how the sides of a rollout did of late, and whether its primary takes it back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cutover.cabinet import Cabinet
from cutover.rollback.charged import Charged
from cutover.rollback.health import Health, Way, way_back
from cutover.rollback.pulse import Pulse
from cutover.rollback.waits import Cause
from cutover.stages import Stage
from policies.failover import CircuitBreaker
from policies.policy import Target


@dataclass(slots=True)
class Ways:
    """The ways back of one controller's rollouts. For the thread that ticks."""

    cabinet: Cabinet
    _pulse: Pulse = field(init=False)

    def __post_init__(self) -> None:
        """Begins with nothing read."""
        self._pulse = Pulse(self.cabinet.policy)

    def way(self, mine: Charged) -> Way:
        """Whether harm may move a rollout to its primary now."""
        if mine.file.rollout.stage is Stage.MIRROR:  # its primary answers already
            return Way(go=True)
        breaker = self.cabinet.terms(mine.file).breaker
        primary = self._health(mine.declared.primary, breaker)
        if not primary.fails(breaker):  # nearly always
            return Way(go=True)
        since_us = mine.since_us(self.cabinet, Cause.PRIMARY)
        return way_back(
            primary,
            self._health(mine.declared.candidate, breaker),
            answers=mine.charge.answers,
            breaker=breaker,
            waited_us=0 if since_us is None else self.cabinet.now_us() - since_us,
        )

    def fails(self, mine: Charged) -> bool:
        """Whether a rollout's candidate fails by the bar of its circuit breaker."""
        breaker = self.cabinet.terms(mine.file).breaker
        return self._health(mine.declared.candidate, breaker).fails(breaker)

    def _health(self, target: Target, breaker: CircuitBreaker) -> Health:
        drained = any(one.upstream == target.upstream for one in self.cabinet.switches.drains)
        found = self._pulse.of(self.cabinet.store, target, breaker, self.cabinet.now_us())
        return replace(found, drained=drained)
