"""Who is rolled back first when several rollouts of one candidate turn slow together.

They share a server, so what one of them added may be what slows all: the newest widening is undone
first, and the others wait a bounded time for its effect. Only slowness is waited for, because load
spoils no answer, and only at the edge of being shown: what is clear goes at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cutover.evidence.gates import OF_SPEED, WARN_AT, Gate
from cutover.evidence.reasons import duration
from cutover.evidence.verdict import GateEvidence, Kind, Verdict
from cutover.history import Key
from cutover.stages import Stage
from policies.blame import Blame
from policies.gates import Mode

_SPEED = frozenset(gate.value for gate in OF_SPEED)


@dataclass(frozen=True, slots=True)
class Charge:
    """What a verdict holds against a candidate.

    `slow`: slowness is likely, and is most of the harm. `harmful`: it is to be rolled back, and
    `clear` where that must wait for nothing. `answers`: what it says is bad, whatever else is.
    `excess` is by how many powers of ten the harm is beyond its level, negative below it.
    """

    slow: bool = False
    harmful: bool = False
    clear: bool = False
    answers: bool = False
    excess: float = 0.0


def charge(verdict: Verdict, stage: Stage, terms: Blame) -> Charge:
    """What a verdict comes to. Evidence of harm counts by its part in the weighted mean."""
    level, harm = verdict.roll_back_at_log10, verdict.harm_log10
    harmful = verdict.kind is Kind.ROLL_BACK
    if verdict.calm and not harmful:  # nearly always, and known without each gate's numbers
        return Charge(excess=harm - level)
    acting = [gate for gate in verdict.gates if gate.mode == Mode.ACT]
    likely = any(_likely(gate, level, stage) for gate in acting)
    if not (harmful or likely):
        return Charge(excess=harm - level)
    speed = _sum([_part(gate, level) for gate in acting if gate.gate in _SPEED])
    others = _sum([_part(gate, level) for gate in acting if gate.gate not in _SPEED])
    far = harm >= level + math.log10(terms.clear_factor)
    return Charge(
        slow=likely and speed > others,
        harmful=harmful,
        clear=harmful and (far or others >= min(level, speed)),
        answers=harmful and _of_answers(acting, level),
        excess=harm - level,
    )


def _of_answers(acting: Iterable[GateEvidence], level: float) -> bool:
    """Whether the answers alone reach the level, and are not only bad where none came.

    A failure counts at every gate, but at none as much as at that of errors.
    """
    parts = {gate.gate: gate.against_log10 for gate in acting}
    said = [g for g in acting if g.gate not in _SPEED and g.gate != Gate.ERRORS]
    loudest = max([gate.against_log10 for gate in said], default=0.0)
    errors = parts.get(Gate.ERRORS.value, 0.0)
    return loudest > errors and _sum([_part(gate, level) for gate in said]) >= level


def _likely(gate: GateEvidence, level: float, stage: Stage) -> bool:
    if gate.gate not in _SPEED:
        return False
    enough = min(level, math.log10(WARN_AT)) if stage is Stage.LIVE else gate.needed_log10
    return gate.against_log10 >= enough


def _part(gate: GateEvidence, level: float) -> float:
    """What a gate adds to the weighted mean of harm, as log10."""
    return gate.against_log10 + level - gate.roll_back_at_log10


def _sum(logs: list[float]) -> float:
    top = max(logs, default=-math.inf)
    if top == -math.inf:
        return top
    return top + math.log10(sum([10 ** (log - top) for log in logs]))


@dataclass(frozen=True, slots=True)
class Suspect:
    """One rollout of a candidate, as it stands charged. Times are microseconds.

    `widened_us` is its last move, which gave the candidate more; `wait_us` how long its own rollback
    may wait, and `since_us` from when on it does, None where it does not yet.
    """

    key: Key
    widened_us: int
    charge: Charge
    wait_us: int
    within_us: int
    since_us: int | None = None

    def until_us(self, now_us: int) -> int:
        """When its rollback waits no more, whatever else is so."""
        return (now_us if self.since_us is None else self.since_us) + self.wait_us


@dataclass(frozen=True, slots=True)
class Ruling:
    """Who of one candidate's rollouts is undone now, and until when the others wait.

    `blamed` is the newest widening, undone for all of them, `together` how many are slow.
    """

    undone: frozenset[Key] = frozenset()
    waiting: Mapping[Key, int] = field(default_factory=dict)
    blamed: Key | None = None
    together: int = 0


def ruling(suspects: Iterable[Suspect], relieved_us: int | None, now_us: int) -> Ruling:
    """What follows for the rollouts of one candidate at one moment; their order never matters.

    `relieved_us` is when the last slow one of them was rolled back, None for never.
    """
    charged = list(suspects)
    slow = [one for one in charged if one.charge.slow]
    clear = [one for one in charged if one.charge.clear]
    edge = [one for one in charged if one.charge.harmful and not one.charge.clear]
    if any(one.charge.slow for one in clear):
        relieved_us = now_us
    blamed = None
    if edge and not any(_relieved(one, relieved_us, now_us) for one in edge):
        blamed = newest(slow, now_us)
        relieved_us = now_us if blamed else None
    undone = {one.key for one in clear} | ({blamed.key} if blamed else set())
    waiting = {}
    for one in edge:
        until_us = min(one.until_us(now_us), (relieved_us or 0) + one.wait_us)
        if one.key not in undone and until_us > now_us:
            waiting[one.key] = until_us
    undone |= {one.key for one in edge} - waiting.keys()
    return Ruling(frozenset(undone), waiting, blamed.key if blamed else None, len(slow))


def newest(slow: Iterable[Suspect], now_us: int) -> Suspect | None:
    """The one that was widened last, where that is not too long ago to have caused anything."""
    recent = [one for one in slow if now_us - one.widened_us <= one.within_us]
    return max(recent, key=lambda one: (one.widened_us, one.key), default=None)


def _relieved(one: Suspect, relieved_us: int | None, now_us: int) -> bool:
    return relieved_us is not None and now_us < relieved_us + one.wait_us


def first(ruled: Ruling, since_s: float) -> str:
    """Why a rollout is undone before others."""
    return (
        f"undone first: the newest widening, {duration(since_s)} ago, of {ruled.together} rollouts "
        "with this candidate that are slow together"
    )


def later(ruled: Ruling, left_s: float) -> str:
    """Why the rollback of another waits."""
    which = "the newest widening of them" if ruled.blamed else "one of them"
    return (
        f"harm is shown, and waits at most {duration(left_s)} for the effect of another rollback: of "
        f"the rollouts with this candidate that are slow together {which} is undone first"
    )
