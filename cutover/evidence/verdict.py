"""What a verdict is: promote, hold or roll back, the numbers behind it, and its reasons in words.

What decides is there at once, each gate's numbers and the words when somebody reads them: of thousands of verdicts
in a second hardly one is read. Whenever it is, they are of the moment when it was reached.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from policies.gates import Mode


class Kind(StrEnum):
    """What all gates say together."""

    PROMOTE = "promote"
    HOLD = "hold"
    ROLL_BACK = "roll_back"


@dataclass(frozen=True, slots=True)
class Words:
    """Why a verdict is as it is. `waits_for` says in short what a hold waits for, "" for nothing."""

    reasons: tuple[str, ...]
    waits_for: str = ""


@dataclass(frozen=True)
class GateEvidence:
    """What speaks for and against one gate, by its name; e-values are given as log10.

    `for_log10` reaches `needed_log10` when the gate is shown. `against_log10` at
    `roll_back_at_log10` rolls back by itself; less does when several gates speak together. `mean`
    is in the gate's own unit (a difference or an agreement for equivalence, else a share), None
    before the first of its `n` sessions. A promotion from here rests on those that are `asked`.
    The sample ratio rolls nothing back: there `roll_back_at_log10` is where it holds. `pooled_log10`
    is what the pool shows of one that is asked and not shown by itself, None where nothing rests on it.
    `say` puts it into words.
    """

    gate: str
    for_log10: float
    needed_log10: float
    against_log10: float
    roll_back_at_log10: float
    n: int
    mean: float | None
    say: Callable[[], str] = field(repr=False, compare=False)
    asked: bool = True
    mode: str = Mode.ACT.value
    pooled_log10: float | None = None

    @cached_property
    def sentence(self) -> str:
        """What it saw, and what follows from it."""
        return self.say()


@dataclass(frozen=True)
class Verdict:
    """The verdict and the numbers behind it; `say` puts it into words, `weigh` tells each gate's numbers.

    `harm_log10` is the weighted mean of all gates, `roll_back_at_log10` what it needs. `missing`
    is the share of answered exchanges without a score. `unpaired` counts sessions with an answer
    that no primary's stood beside. `pooled` counts the sessions of each tenant that a promotion
    rests on because its own do not show enough. `calm` says that no gate that acts is anywhere near harm.
    """

    kind: Kind
    say: Callable[[], Words] = field(repr=False, compare=False)
    weigh: Callable[[], tuple[GateEvidence, ...]] = field(repr=False, compare=False)
    harm_log10: float
    roll_back_at_log10: float
    sessions: int
    served: int
    repeated: int
    missing: float
    late: int = 0
    unpaired: int = 0
    pooled: Mapping[str, int] = field(default_factory=dict)
    calm: bool = False

    @cached_property
    def gates(self) -> tuple[GateEvidence, ...]:
        """What speaks for and against each gate."""
        return self.weigh()

    @cached_property
    def words(self) -> Words:
        """The verdict in plain words."""
        return self.say()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is as it is."""
        return self.words.reasons

    @property
    def waits_for(self) -> str:
        """What a hold waits for, in short."""
        return self.words.waits_for

    @property
    def shown_log10(self) -> float:
        """What the weakest of the gates that are asked shows, or the pool of it; 0 where none is asked."""
        shown = [
            gate.for_log10 if gate.pooled_log10 is None else gate.pooled_log10
            for gate in self.gates
            if gate.asked
        ]
        return min(shown, default=0.0)
