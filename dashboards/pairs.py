"""Exchanges compared, with the words of both sides, and what is said of them beside the words. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import words
from dashboards.clock import Clock


@dataclass(frozen=True, slots=True)
class Flag:
    """A typed finding with the words that caused it."""

    code: str
    severity: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Timing:
    """How fast one side answered, in milliseconds and characters a second."""

    total_ms: float | None = None
    first_token_ms: float | None = None
    chars_per_s: float | None = None
    stalls: int | None = None
    longest_stall_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Performance:
    """Times of both sides of one exchange; `late` names the side whose copy was sent late."""

    primary: Timing
    candidate: Timing
    late: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One exchange compared, with the prompt and both answers."""

    number: int
    exchange_id: str
    at_us: int
    session: str
    serving: str
    attribution: str
    equivalence: float | None
    noise_floor: float | None
    no_score: str
    flags: tuple[Flag, ...]
    performance: Performance
    prompt: str | None
    primary: str | None
    candidate: str | None
    alone: str = ""
    closed: str = ""


@dataclass(frozen=True, slots=True)
class Comparisons:
    """A page of comparisons, newest first; `next` goes on with older ones."""

    comparisons: tuple[Comparison, ...]
    next: int | None = None


NO_TEXT = "(no text)"
CLOSED = {
    "erased": "Its words were erased, or are kept no longer; what was found in them stays.",
    "key lost": "Its words cannot be opened: the key of its tenant is not there. Put `keys/tenants` back.",
}
"""Why the words of a comparison are not shown."""


def pair_facts(comparison: Comparison, clock: Clock) -> str:
    """What a comparison says beside the two texts."""
    scored = f"agreement {words.score(comparison.equivalence)}"
    if comparison.equivalence is None and comparison.no_score:
        scored = f"no agreement score: {comparison.no_score}"
    noise = comparison.noise_floor
    floor = "" if noise is None else f" (primary with itself {words.score(noise)})"
    both = words.answered(comparison.attribution)
    if comparison.alone and comparison.equivalence is not None:
        both += f", and the primary was not asked beside it: {comparison.alone}"
    return (
        f"#{comparison.number}  ·  {clock.when(comparison.at_us)}  ·  session {comparison.session}"
        f"  ·  {scored}{floor}  ·  {both}"
    )


def side_facts(comparison: Comparison, side: str) -> str:
    """Which side a text is from, whether clients saw it, and how long it took."""
    times = comparison.performance
    timing = times.primary if side == "primary" else times.candidate
    told = [words.milliseconds(timing.total_ms)]
    if timing.first_token_ms is not None:
        told.append(f"first words after {words.milliseconds(timing.first_token_ms)}")
    if timing.chars_per_s is not None:
        told.append(f"{timing.chars_per_s:,.0f} characters a second")
    if timing.stalls:
        longest = words.milliseconds(timing.longest_stall_ms)
        told.append(f"{words.counted(timing.stalls, 'stall')}, the longest {longest}")
    served = "answered the client" if comparison.serving == side else "copy"
    late = ", sent over a minute later" if times.late == side else ""
    return f"{side.capitalize()} · {served}{late} · {', '.join(told)}"
