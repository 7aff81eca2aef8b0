"""A move that waits for people, and what each of them says to it."""

from __future__ import annotations

from dataclasses import dataclass

from cutover.actors import Actor
from cutover.stages import TRANSITIONS, Signal, Stage
from cutover.verifying.meanings import move_in_words


@dataclass(frozen=True, slots=True)
class Confirmed:
    """How a person proved who they are, "" for not at all, and when."""

    how: str = ""
    at_us: int = 0


NOT_CONFIRMED = Confirmed()


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's yes, with the change ticket that they named, "" for none.

    How they `confirmed` just then who they are, and the roles that they had, only its event tells.
    """

    name: str
    reason: str
    at_us: int
    confirmed: Confirmed = NOT_CONFIRMED
    ticket: str = ""
    roles: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A move that waits for people. Shares are percents; `state` is open, applied, void or rejected.

    `approvals` are those of people who are leads at the time of reading: a yes does not outlive
    the right to give it. The event log keeps all that were given.
    """

    id: str
    tenant: str
    route: str
    signal: Signal
    from_share: float
    to_share: float
    epoch: int
    proposer: Actor
    reason: str
    at_us: int
    expires_us: int
    policy_sha256: str
    candidate: str
    evidence: str
    evidence_sha256: str
    state: str = "open"
    why: str = ""
    ticket: str = ""
    approvals: tuple[Approval, ...] = ()

    @property
    def stages(self) -> tuple[Stage, Stage]:
        """The stage it would move from, and the one it leads to: sessions are answered in canary alone of the two."""
        begins = [stage for stage, row in TRANSITIONS.items() if self.signal in row]
        answers = self.from_share > 0
        before = next((one for one in begins if (one is Stage.CANARY) is answers), begins[0])
        return before, TRANSITIONS[before][self.signal]

    @property
    def in_words(self) -> str:
        """The move it is about: "clinic/chat going from mirror to canary 5 %"."""
        before, after = self.stages
        ends = (before.value, f"{self.from_share:g}"), (after.value, f"{self.to_share:g}")
        return move_in_words(f"{self.tenant}/{self.route}", *ends)
