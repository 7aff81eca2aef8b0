"""What is held against one rollout's standing, and what its rollback waits for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cutover.cabinet import Cabinet, File
from cutover.evidence.sessions import SECOND_US
from cutover.history import Key
from cutover.people import CONTROLLER, Deed
from cutover.rollback import waits
from cutover.rollback.blame import Charge
from cutover.rollback.waits import Cause, Wait
from policies.policy import Rollout as Declared
from policies.policy import Target

AGAIN_US = 86_400 * SECOND_US
"""One that waited is given no other wait before so long has passed: it would never go."""


@dataclass(slots=True)
class Charged:
    """One rollout's standing as it is charged. Waits are written where they are new, once each."""

    file: File
    declared: Declared
    epoch: int
    charge: Charge = field(default_factory=Charge)
    waits: dict[Cause, Wait] | None = None  # None until the event log was asked

    @property
    def candidate(self) -> tuple[str, str]:
        """Whom it shares with others: the upstream and the model."""
        return name(self.declared.candidate)

    @property
    def place(self) -> tuple[bool, bool, float, Key]:
        """Its place in the order in which they are decided: bad answers, what is clear, then the worst."""
        of = self.charge
        return not of.answers, not of.clear, -of.excess, self.file.rollout.key

    def since_us(self, cabinet: Cabinet, cause: Cause) -> int | None:
        """Since when its rollback waits, or waited; None where that is too long ago to count."""
        one = self._known(cabinet).get(cause)
        # One that began in the future began by a clock that was wrong: it would wait until then.
        recent = one is not None and 0 <= cabinet.now_us() - one.since_us <= AGAIN_US
        return one.since_us if one and recent else None

    def wait(self, cabinet: Cabinet, cause: Cause, why: str, until_us: int = 0) -> None:
        """Its rollback waits: told where that is new."""
        self.over(cabinet, "it waits for something else", but=cause)
        known, now_us = self._known(cabinet), cabinet.now_us()
        since_us = self.since_us(cabinet, cause)
        if since_us is None or known[cause].over:
            begun_us = now_us if since_us is None else since_us
            known[cause] = Wait(begun_us, until_us, answers=self.charge.answers)
            with cabinet.changing(self.file) as conn:
                deed = Deed(CONTROLLER, now_us, why)
                waits.begin(conn, self.file.rollout, cause, known[cause], deed)
        self.file.stays = why

    def over(self, cabinet: Cabinet, why: str, but: Cause | None = None) -> None:
        """Ends what its rollback waited for; told once."""
        self.file.stays = ""
        if self.waits is None and not self.charge.harmful:
            return
        deed = Deed(CONTROLLER, cabinet.now_us(), why)
        for cause, one in list(self._known(cabinet).items()):
            if not one.over and cause is not but:
                with cabinet.changing(self.file) as conn:
                    waits.end(conn, self.file.rollout, cause, one, deed)
                self._known(cabinet)[cause] = replace(one, over=True)

    def _known(self, cabinet: Cabinet) -> dict[Cause, Wait]:
        if self.waits is None:
            with cabinet.store.read() as conn:
                self.waits = waits.begun(conn, self.file.rollout)
        return self.waits


def name(target: Target) -> tuple[str, str]:
    """A model at an upstream: who has it shares its servers."""
    return target.upstream, target.model
