"""What a fleet plan lets go on now, what waits, and why; and the evidence that it asks beside the gates'.

Everything is a function of the time and of where the rollouts stand: an entry that waited for others
waits again when they hold no more, and nothing needs to be remembered.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cutover.evidence.reasons import duration
from cutover.plans.frozen import Almanac
from cutover.rollout import Rollout
from cutover.stages import Signal, Stage
from cutover.zone import moment
from policies.calendar import covers
from policies.plan import LIVE, MIRROR, Entry, Plan

HOUR_US = 3_600_000_000
NOWHERE = -1
"""How far a rollout has come that is off or rolled back; see `policies.plan` for the other numbers."""

type Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one rollout has come, since when, who holds it, and whether a drill of it has passed."""

    place: int
    since_us: int = 0
    held_by: str = ""
    drilled: bool = False

    @classmethod
    def of(cls, rollout: Rollout, *, drilled: bool = False) -> Progress:
        """Where a rollout stands."""
        return cls(place_of(rollout), rollout.since_us, rollout.held_by, drilled)


@dataclass(frozen=True, slots=True)
class Turn:
    """One entry of the plan now. `waits` says what it waits for, "" where its rollouts may go on.

    `begins_us` is 0 for at once. `reached` counts its rollouts that are where they were to get.
    """

    entry: Entry
    members: frozenset[Key]
    begins_us: int
    waits: str
    reached: int

    @property
    def done(self) -> bool:
        """Whether all of them are there."""
        return self.reached == len(self.members)


def place_of(rollout: Rollout) -> int:
    """How far a rollout has come."""
    match rollout.stage:
        case Stage.OFF | Stage.ROLLED_BACK:
            return NOWHERE
        case Stage.MIRROR:
            return MIRROR
        case Stage.CANARY:
            return rollout.step + 1
        case Stage.LIVE:
            return LIVE


def aim(rollout: Rollout, signal: Signal) -> int:
    """How far a move would take a rollout."""
    return place_of(rollout.after(signal, rollout.since_us))


def named(place: int) -> str:
    """A place in words."""
    if place == NOWHERE:
        return "off or rolled back"
    return {MIRROR: "in mirror", LIVE: "live"}.get(place, f"at step {place}")


def members(entry: Entry, keys: Iterable[Key]) -> frozenset[Key]:
    """Which rollouts an entry is about."""
    return frozenset([key for key in keys if covers(entry.rollouts, *key)])


@lru_cache(maxsize=200)
def _declared_members(patterns: tuple[str, ...], keys: frozenset[Key]) -> frozenset[Key]:
    """Whom patterns take of those that a plan was declared with: asked at every tick, and always the same."""
    return frozenset([key for key in keys if covers(patterns, *key)])


def turns(
    plan: Plan,
    almanac: Almanac,
    keys: Iterable[Key],
    progress: Mapping[Key, Progress],
    now_us: int,
) -> tuple[Turn, ...]:
    """Every entry of the plan at a moment. `keys` are the rollouts that the plan was declared with."""
    known = frozenset(keys)
    of = {entry.name: _declared_members(entry.rollouts, known) for entry in plan.entries}
    entries = {entry.name: entry for entry in plan.entries}
    found = []
    for entry in plan.entries:
        local = plan.begins(entry)
        begins_us = almanac.moment(local) if local is not None else 0
        waits = ""
        if now_us < begins_us:
            waits = f"begins {moment(begins_us, almanac.calendar.zone)}"
        for name in entry.if_held:
            if waits:
                break
            need_us = round(entry.held_hours * HOUR_US)
            why = _not_held(entries[name], of[name], progress, now_us - need_us)
            waits = f"waits for `{name}`: {why}" if why else ""
        there = [key for key in of[entry.name] if _place(progress, key) >= entry.goal]
        found.append(Turn(entry, of[entry.name], begins_us, waits, len(there)))
    return tuple(found)


def _place(progress: Mapping[Key, Progress], key: Key) -> int:
    return progress[key].place if key in progress else NOWHERE


def _not_held(
    entry: Entry, keys: Iterable[Key], progress: Mapping[Key, Progress], since_us: int
) -> str:
    """Why an entry does not hold, by the first rollout in the way; "" where all of it does."""
    for key in sorted(keys):
        now = progress.get(key, Progress(NOWHERE))
        name = "/".join(key)
        if now.place < entry.goal:
            return f"{name} is {named(now.place)}, not {named(entry.goal)}"
        if now.held_by:
            return f"{name} is held by {now.held_by}"
        if now.since_us > since_us:
            more = duration((now.since_us - since_us) / 1_000_000)
            return f"{name} must hold for {more} more"
        if entry.drill and not now.drilled:
            return f"{name} has had no rollback drill since it left mirror"
    return ""


def waits(found: Sequence[Turn], key: Key, place: int) -> str:
    """Why the plan does not let a rollout get to a place now; "" where it does, or does not know it."""
    mine = [turn for turn in found if key in turn.members]
    for turn in mine:
        if turn.entry.goal >= place:
            return f"the plan's `{turn.entry.name}` {turn.waits}" if turn.waits else ""
    if mine:
        return f"the plan takes it to {mine[-1].entry.until} and no further"
    return ""


def cut_log10(others: Iterable[float], m: int, false_discoveries: float) -> float:
    """The evidence (log10 of an e-value) that one of `m` rollouts needs beside the others' (e-BH).

    e-BH promotes the k rollouts with the largest e-values, for the largest k at which each of them
    has at least m/(rate * k): its false discovery rate is at most the rate under any dependence
    (Wang & Ramdas 2022). One rollout is among them exactly where it has what this gives. The values
    are those of now, or frozen when a rollout was promoted; running maxima would prove nothing.
    """
    ranked = sorted(others, reverse=True)[: m - 1]
    needed = math.log10(m / false_discoveries)
    for k in range(len(ranked) + 1, 1, -1):
        level = needed - math.log10(k)
        if ranked[k - 2] >= level:
            return level
    return needed


def cuts_log10(values: Iterable[float], false_discoveries: float) -> dict[float, float]:
    """For each value of a fleet what `cut_log10` asks of it beside all the others, in one pass over them.

    Without the value at a place of the ranking, those above it keep their places and those below it move up by one.
    """
    ranked = sorted(values, reverse=True)
    needed = math.log10(len(ranked) / false_discoveries) if ranked else 0.0
    levels = [needed - math.log10(k) for k in range(1, len(ranked) + 1)]
    moved_up = max(
        (k for k, one in enumerate(ranked, 1) if k > 1 and one >= levels[k - 1]), default=1
    )
    kept, found = 1, dict[float, float]()
    for place, value in enumerate(ranked):
        if place and ranked[place - 1] >= levels[place]:
            kept = place + 1
        if value not in found:
            found[value] = levels[(moved_up if moved_up >= place + 2 else kept) - 1]
    return found
