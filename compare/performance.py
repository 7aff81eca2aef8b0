"""How fast both sides answered: the third axis of a comparison, never mixed with the other two.

A chunk is no token, and tokens of two models differ: speed is characters a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compare.canonical import Answer
from compare.comparison import Performance, Timing
from compare.legs import Legs
from mirror.exchange import Reply

HELD_AT_MOST = 0.1
"""Of an answer's time. Where its reader held it up for longer, its speed is not known."""


def performance(sides: Legs, primary: Answer, candidate: Answer) -> Performance:
    """The times of an exchange's sides, and how long after the client's request the copy was sent."""
    copy_us = sides.copy_after_us
    return Performance(
        primary=_timing(sides.primary, primary, sides.times()["primary_us"]),
        candidate=_timing(sides.candidate, candidate, sides.times()["candidate_us"]),
        copy_after_ms=_ms(copy_us),
        late=sides.late,
    )


def retold(values: Mapping[str, Any]) -> Performance:
    """A performance from what `dataclasses.asdict` gave, after JSON."""
    sides = {name: Timing(**values.get(name, {})) for name in ("primary", "candidate")}
    return Performance(
        **sides, copy_after_ms=values.get("copy_after_ms"), late=values.get("late", "")
    )


def _timing(reply: Reply | None, said: Answer, total_us: int | None) -> Timing:
    if reply is None or total_us is None:
        return Timing(total_ms=_ms(total_us))
    pace = reply.pace
    timing = Timing(
        total_ms=_ms(total_us),
        first_token_ms=_ms(reply.first_token_us),
        chars_per_s=_speed(reply, _length(said)),
    )
    if pace is None or not pace.gaps:
        return timing
    stalls = pace.stalls
    return Timing(
        total_ms=timing.total_ms,
        first_token_ms=timing.first_token_ms,
        chars_per_s=timing.chars_per_s,
        gap_p50_ms=_ms(pace.quantile_us(0.5)),
        gap_p95_ms=_ms(pace.quantile_us(0.95)),
        longest_gap_ms=_ms(pace.longest_us),
        stalls=stalls,
        longest_stall_ms=_ms(pace.longest_us) if stalls else None,
    )


def _speed(reply: Reply, characters: int) -> float | None:
    """Characters a second: of a stream behind its first words, of a whole answer from its send."""
    if not reply.answered or not characters:
        return None
    pace, first_us = reply.pace, reply.first_token_us
    if first_us is None:
        return round(characters / reply.total_us * 1e6, 1) if reply.total_us > 0 else None
    if pace is None or pace.held_us > HELD_AT_MOST * reply.total_us:
        return None
    lasted_us = pace.last_us - first_us
    behind_the_first = characters * (pace.events - 1) / pace.events
    return round(behind_the_first / lasted_us * 1e6, 1) if lasted_us > 0 else None


def _length(said: Answer) -> int:
    """Characters of everything the model wrote."""
    calls = sum(len(call.name) + len(call.arguments) for call in said.tool_calls)
    return len(said.said) + len(said.reasoning) + calls


def _ms(us: float | None) -> float | None:
    return None if us is None else round(us / 1000, 3)
