"""The project's processes on arrays of runs: the same numbers as cutover.evidence.tally, to 1e-9, in a hundredth of the time.

Which gates there are, their bars, weights and kinds of process are read from `Tally.begin`; a test folds
the same sessions through the project's own `Tally` and `judge` and compares.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator

import numpy as np

from bench.rollouts.worlds import Numbers, Sessions
from cutover.evidence.eprocess import BETS
from cutover.evidence.gates import log_promote_at
from cutover.evidence.observation import Rules
from cutover.evidence.tally import Tally
from cutover.stages import Stage

BET = np.array(BETS)
CAP = 1e200  # far beyond every level that decides

SPEAKS = (
    "equivalence", "errors", "latency", "flags", "severe", "quality.judge", "quality.severe",
)  # fmt: skip
"""The gates that worlds say something of; every other stays silent."""


def badness(rules: Rules, sessions: Sessions) -> dict[str, Numbers]:
    """What each gate sees of sessions, (runs, sessions); NaN says nothing."""
    agreement = sessions.agreement
    answered = np.where(sessions.both >= 1, np.nan, 1.0)
    return {
        "equivalence": _turned(agreement, rules.terms.gates.equivalence.clip),
        "errors": sessions.alone,
        "latency": answered * (1 - (1 - sessions.slow) * (1 - sessions.alone)),
        "flags": 1 - (1 - sessions.flagged * (sessions.both < 1)) * (1 - sessions.alone),
        "severe": _far_below(agreement, rules.terms.gates.severe.drop),
        **_graded(rules, sessions),
    }


def _graded(rules: Rules, sessions: Sessions) -> dict[str, Numbers]:
    """What a judge sees that grades every session; nothing without one."""
    gate = rules.terms.gates.quality
    if gate is None:
        return {}
    difference = sessions.difference
    return {
        "quality.judge": _turned(difference, gate.clip),
        "quality.severe": _far_below(difference, gate.drop),
    }


def _turned(difference: Numbers, clip: float) -> Numbers:
    return np.asarray((1 - np.clip(difference, -clip, clip) / clip) / 2)


def _far_below(difference: Numbers, drop: float) -> Numbers:
    return np.where(np.isnan(difference), np.nan, difference <= -drop)


class Processes:
    """All runs' processes of one standing. States are (gates, bets, runs), of the gates that the worlds speak of."""

    def __init__(
        self, rules: Rules, stage: Stage, step: int, runs: int, *, open_ones: bool = False
    ) -> None:
        """Nothing seen yet. Sessions may be `open_ones`, which even silent gates count."""
        gates = Tally.begin(rules, stage, step).gates
        spoken = [gate for gate in gates if open_ones or gate.demand.name in SPEAKS]
        self.names = [gate.demand.name for gate in spoken]
        total = sum(gate.demand.weight for gate in gates)
        weights = np.array([gate.demand.weight for gate in spoken]) / total
        self.weight = weights.sum()
        self.silent = 0.0 if stage is Stage.LIVE else 1 - self.weight
        self.served_only = [gate.served_only for gate in spoken]
        self.asked = [gate.demand.shown for gate in spoken]
        self.likely_at = math.exp(log_promote_at(rules.terms))
        self.every = rules.terms.mixture_every
        self.n = 0
        self.likely = np.zeros((0, runs), dtype=bool)  # of the last block, (sessions, runs)
        self._watch = [at for at, asked in enumerate(self.asked) if not asked]
        self._each = (
            np.repeat(weights, BET.size) / BET.size
        )  # a bet's part in the weighted mean
        self._against = _Bets([gate.harm.m for gate in spoken])
        self._for = _Bets([gate.shown.m for gate in spoken])
        self._since = np.zeros((len(spoken), BET.size, runs))
        self._logs = np.zeros((len(spoken), BET.size, runs))

    def stack(self, seen: dict[str, Numbers]) -> Numbers:
        """The gates' badness in this standing's order, (sessions, gates, runs)."""
        silent = np.full(seen["errors"].shape, np.nan)
        return np.stack([seen.get(name, silent).T for name in self.names], axis=1)

    def harm(self, bad: Numbers) -> Numbers:
        """More sessions each; the weighted mean e-value after every one, (sessions, runs)."""
        levels = np.empty((bad.shape[0], bad.shape[2]))
        self.likely = np.zeros(levels.shape, dtype=bool)
        for at, factor in enumerate(self._against.one_by_one(bad)):
            start, rest = divmod(self.n, self.every)
            if rest == 0:
                self._since += 0.5 if start == 0 else 0.5 / (start * (start + 1))
            self.n += 1
            self._since *= factor
            levels[at] = self.level
            self.likely[at] = self.likely_now
        np.minimum(self._since, CAP, out=self._since)
        return levels

    @property
    def level(self) -> Numbers:
        """The weighted mean of harm now; 1 before the first session."""
        return self._mean + self._cash * self.weight + self.silent

    @property
    def likely_now(self) -> Numbers:
        """Whether a gate that only watches sees likely harm now, (runs,)."""
        watching = self._since[self._watch].mean(axis=1) + self._cash
        return np.asarray((watching >= self.likely_at).any(axis=0))

    @property
    def _cash(self) -> float:
        starts = -(-self.n // self.every)
        return 1.0 if starts == 0 else 0.5 / starts

    @property
    def _mean(self) -> Numbers:
        return np.asarray(self._each @ self._since.reshape(self._each.size, -1))

    def alarm(self, bad: Numbers) -> Numbers:
        """More sessions each; the weighted mean of the restarting detectors after every one."""
        levels = np.empty((bad.shape[0], bad.shape[2]))
        heard = ~np.isnan(bad)[:, :, None]
        for at, factor in enumerate(self._against.one_by_one(bad)):
            self._since += heard[at]
            self._since *= factor
            levels[at] = self._mean
        np.minimum(self._since, CAP, out=self._since)
        self.n += bad.shape[0]
        return levels

    def shown(self, bad: Numbers) -> Numbers:
        """More sessions each; every gate's evidence for promotion after every one, (sessions, gates, runs) logarithms."""
        top = self._logs.max(axis=1, keepdims=True)
        products = np.cumprod(self._for.factors(1 - bad), axis=0)
        grown = (np.exp(self._logs - top) * products).mean(axis=2)
        self._logs += np.log(products[-1])
        return np.asarray(np.log(grown) + top[:, 0])

    def absorb(self, bad: Numbers) -> None:
        """The same where nobody looks at the numbers on the way."""
        product = np.ones_like(self._logs)
        for factor in self._for.one_by_one(1 - bad):
            product *= factor
        self._logs += np.log(product)

    @property
    def shown_now(self) -> Numbers:
        """Every gate's evidence for promotion now, (gates, runs) logarithms."""
        top = self._logs.max(axis=1, keepdims=True)
        return np.asarray(np.log(np.exp(self._logs - top).mean(axis=1)) + top[:, 0])

    def copy(self) -> Processes:
        """The same evidence, to look ahead with."""
        other = copy.copy(self)
        other._since, other._logs = self._since.copy(), self._logs.copy()
        return other


class _Bets:
    """Factors of all bets against "the mean is at most m", one m a gate."""

    def __init__(self, means: list[float]) -> None:
        self.m = np.array(means)[:, None]
        self.slope = (BET / self.m)[:, :, None]

    def one_by_one(self, x: Numbers) -> Iterator[Numbers]:
        """(sessions, gates, runs) observations -> each session's (gates, bets, runs), in one place; 1 where NaN."""
        above = np.where(np.isnan(x), 0.0, x - self.m)
        factor = np.empty((x.shape[1], BET.size, x.shape[2]))
        for each in above:
            np.multiply(each[:, None], self.slope, out=factor)
            factor += 1
            yield factor

    def factors(self, x: Numbers) -> Numbers:
        """All of them, (sessions, gates, bets, runs)."""
        return np.stack([factor.copy() for factor in self.one_by_one(x)])
