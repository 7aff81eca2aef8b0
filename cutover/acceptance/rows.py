"""The table target / measured / says. A target passes where the whole interval does, never on silence."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cutover.acceptance import intervals
from cutover.acceptance.intervals import Estimate
from cutover.acceptance.sample import Measured, Phase, Sample
from policies.routes import Route
from policies.targets import Targets

NEAR = 0.3
"""How far a prompt or a recording may be from the length that its target is of."""
ROUNDS = 4
"""Requests of each of the streams together, so that their beginning and end weigh little."""
_WORDS = (Route.REASON, Route.CHAT)


class Says(StrEnum):
    """What a row comes to."""

    PASS = "pass"
    FAIL = "fail"
    UNSAID = "not enough requests to say"
    UNMEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Row:
    """One target. `at_most` tells which way is better; `note` what the numbers are of, or lack."""

    name: str
    target: float
    unit: str
    at_most: bool
    measured: Estimate | None
    says: Says
    note: str = ""

    def told(self) -> dict[str, object]:
        """As JSON types; what is infinite, an answer that never came, is null."""
        found = self.measured
        return {
            "name": self.name,
            "target": {"at_most" if self.at_most else "at_least": self.target},
            "unit": self.unit,
            "measured": _finite(found.value) if found else None,
            "interval_95": [_finite(found.low), _finite(found.high)] if found else None,
            "n": found.n if found else 0,
            "says": self.says.value,
            "note": self.note,
        }


def rows(targets: Targets, measured: Measured) -> list[Row]:
    """Every target that the policy asks for, in the order of the policy."""
    made = (
        _reason,
        _audio,
        _retrieval,
        _beside,
        _chats,
        _first,
        _single,
        _together,
        _available,
    )
    return [row for make in made if (row := make(targets, measured)) is not None]


def _judged(
    name: str, target: float, unit: str, found: Estimate | None, note: str, *, at_most: bool
) -> Row:
    return Row(name, target, unit, at_most, found, _says(found, target, at_most), note)


def _says(found: Estimate | None, target: float, at_most: bool) -> Says:
    if found is None:
        return Says.UNMEASURED
    good, bad = (found.high, found.low) if at_most else (found.low, found.high)
    if good is not None and (good <= target if at_most else good >= target):
        return Says.PASS
    if bad is not None and (bad > target if at_most else bad < target):
        return Says.FAIL
    return Says.UNSAID


def _p95(values: Sequence[float]) -> Estimate | None:
    return intervals.quantile(values, 0.95)


def _waits(samples: Sequence[Sample]) -> list[float]:
    return [one.waited_s for one in samples]


def _reason(targets: Targets, measured: Measured) -> Row | None:
    if targets.reason_p95_s is None:
        return None
    found = _p95(_waits(measured.loaded.of(Route.REASON)))
    note = _load(measured.loaded)
    return _judged("SOAP, p95", targets.reason_p95_s, "s", found, note, at_most=True)


def _audio(targets: Targets, measured: Measured) -> Row | None:
    if targets.audio_p95_s is None:
        return None
    heard = measured.loaded.of(Route.AUDIO)
    wanted = targets.audio_minutes * 60
    fitting = [one for one in heard if one.audio_s is not None and _near(one.audio_s, wanted)]
    note = f"{len(fitting)} of {len(heard)} recordings are {targets.audio_minutes:g} min, give or take 30 %"
    name = f"Whisper, {targets.audio_minutes:g} min of audio, p95"
    found = _p95(_waits(fitting))
    return _judged(name, targets.audio_p95_s, "s", found, note, at_most=True)


def _retrieval(targets: Targets, measured: Measured) -> Row | None:
    if targets.retrieval_p95_ms is None:
        return None
    sides = [_waits(measured.loaded.of(route)) for route in (Route.EMBED, Route.RERANK)]
    pairs = [(one + other) * 1000 for one, other in zip(*sides, strict=False)]
    note = "one embed and one rerank, added; the vector store behind them is not measured"
    found = _p95(pairs)
    return _judged("retrieval, p95", targets.retrieval_p95_ms, "ms", found, note, at_most=True)


def _beside(targets: Targets, measured: Measured) -> Row | None:
    if targets.reason_p95_s is None:
        return None
    found = _p95(_waits(measured.beside.of(Route.REASON)))
    name = f"SOAP, p95, {_crowd(targets)}"
    note = measured.beside.short
    return _judged(name, targets.reason_p95_s, "s", found, note, at_most=True)


def _chats(targets: Targets, measured: Measured) -> Row | None:
    if targets.availability is None:
        return None
    chats = measured.beside.of(Route.CHAT)
    found = intervals.share(sum(one.answered for one in chats), len(chats))
    name = f"chats answered, {_crowd(targets)}"
    note = measured.beside.short
    return _judged(name, targets.availability, "share", found, note, at_most=False)


def _crowd(targets: Targets) -> str:
    return f"{targets.reason_at_once} SOAP and {targets.chat_at_once} chats at once"


def _first(targets: Targets, measured: Measured) -> Row | None:
    if targets.first_token_ms is None:
        return None
    wanted, asked = targets.first_token_prompt, measured.alone.of(*_WORDS)
    fitting = [
        one for one in asked if one.tokens_in is not None and _near(one.tokens_in, wanted)
    ]
    streams = [one for one in fitting if one.first_token_s is not None or not one.answered]
    waits = [one.first_token_s if one.answered else math.inf for one in streams]
    found = intervals.quantile([one for one in waits if one is not None], 0.5)
    note = (
        f"{len(streams)} of {len(asked)} are streams whose `usage` tells {wanted} tokens, "
        "give or take 30 %; one at a time"
    )
    found = _in_ms(found)
    return _judged(
        "first token, median", targets.first_token_ms, "ms", found, note, at_most=True
    )


def _in_ms(found: Estimate | None) -> Estimate | None:
    if found is None:
        return None
    low, high = (None if one is None else one * 1000 for one in (found.low, found.high))
    return Estimate(found.value * 1000, low, high, found.n)


def _single(targets: Targets, measured: Measured) -> Row | None:
    if targets.tokens_per_s is None:
        return None
    asked = measured.alone.of(*_WORDS)
    speeds = [speed for one in asked if (speed := _speed(one)) is not None]
    found = intervals.quantile(speeds, 0.5)
    note = _untold(asked, lambda one: one.writing_s)
    return _judged(
        "tokens a second, one stream",
        targets.tokens_per_s,
        "tokens/s",
        found,
        note,
        at_most=False,
    )


def _speed(one: Sample) -> float | None:
    """Tokens a second behind the first; 0 of what was not answered, None where nothing tells."""
    if not one.answered:
        return 0.0
    lasted = one.writing_s
    return one.tokens_out / lasted if one.tokens_out is not None and lasted else None


def _together(targets: Targets, measured: Measured) -> Row | None:
    target, phase = targets.together_tokens_per_s, measured.together
    if target is None:
        return None
    name = f"tokens a second, {targets.together} streams"
    counted = [one.tokens_out for one in phase.samples if one.tokens_out is not None]
    told = all(one.tokens_out is not None for one in phase.samples if one.answered)
    if not counted or phase.took_s <= 0:
        note = phase.short or _untold(phase.samples, lambda _: phase.took_s)
        return Row(name, target, "tokens/s", False, None, Says.UNMEASURED, note)
    value = sum(counted) / phase.took_s
    found = Estimate(value, None, None, len(phase.samples))
    enough = told and not phase.short and found.n >= ROUNDS * targets.together
    says = (Says.PASS if value >= target else Says.FAIL) if enough else Says.UNSAID
    note = (
        phase.short or f"one number, so no interval; needs {ROUNDS * targets.together} requests"
    )
    return Row(name, target, "tokens/s", False, found, says, note)


def _available(targets: Targets, measured: Measured) -> Row | None:
    if targets.availability is None:
        return None
    samples = measured.samples
    found = intervals.share(sum(one.answered for one in samples), len(samples))
    ends = sorted({one.end for one in samples if not one.answered})
    note = f"not answered: {', '.join(ends)}" if ends else "of all requests sent"
    return _judged("availability", targets.availability, "share", found, note, at_most=False)


def _untold(samples: Sequence[Sample], lasted: Callable[[Sample], float | None]) -> str:
    """What is known where the server tells no tokens: characters, which are not compared with tokens."""
    silent = [one for one in samples if one.answered and one.tokens_out is None]
    speeds = sorted(_speeds(silent, lasted))
    if not silent:
        return ""
    told = f"; median {speeds[len(speeds) // 2]:.0f} characters/s" if speeds else ""
    return f"{len(silent)} answers tell no `usage`: no tokens{told}"


def _speeds(
    samples: Sequence[Sample], lasted: Callable[[Sample], float | None]
) -> Iterator[float]:
    for one in samples:
        if took := lasted(one):
            yield one.characters / took


def _load(phase: Phase) -> str:
    return phase.short or f"{phase.at_once} requests at once"


def _near(value: float, wanted: float) -> bool:
    return abs(value - wanted) <= NEAR * wanted


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
