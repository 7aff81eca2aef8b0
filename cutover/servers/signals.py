"""What the facts of an upstream call for: which way to scale it, and whether a GPU of it is hot or lost.

The memory that counts is the KV cache where a server tells it: vLLM and SGLang take nine tenths of
a GPU's memory at their start, so that the GPU's own number is high on an idle machine too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from cutover.servers.facts import Facts
from policies.servers import Signals

OFF_THE_BUS = 79
"""NVIDIA's Xid: the driver reaches the GPU no more."""


class Way(StrEnum):
    """What would help."""

    REPLICAS = "more replicas"
    LARGER_BATCH = "larger batch"
    SMALLER_BATCH = "smaller batch"
    FASTER = "faster model or GPU"
    COOLING = "cooling"
    NONE = "nothing"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Advice:
    """Which way to scale, and why in one sentence."""

    way: Way
    sentence: str


@dataclass(frozen=True, slots=True)
class _Over:
    """Which limits are exceeded; None where it is not known."""

    queue: bool | None
    memory: bool | None
    p95: bool | None


def advise(facts: Facts, limits: Signals) -> Advice:
    """Which way to scale an upstream's servers."""
    if not facts.anything:
        return Advice(Way.UNKNOWN, "none of its pages can be read")
    told = _told(facts, limits)
    if facts.hot:
        hot = "; ".join(f"{name}: {why}" for name, why in facts.hot.items())
        return Advice(Way.COOLING, f"{hot}: no scaling helps before it is cooled ({told})")
    way, why = _way(_over(facts, limits))
    return Advice(way, f"{told}: {why}" if told else why)


def _way(over: _Over) -> tuple[Way, str]:
    match over:
        case _Over(queue=True, memory=True):
            return Way.REPLICAS, "requests wait, and there is no memory to let more in"
        case _Over(queue=True, p95=True):
            return Way.REPLICAS, "requests wait, and those that are let in are slow already"
        case _Over(queue=True, memory=False, p95=False):
            why = (
                "requests wait though there is memory and time: let the server run more at once"
            )
            return Way.LARGER_BATCH, why
        case _Over(queue=True):
            return Way.REPLICAS, "requests wait"
        case _Over(memory=True):
            return Way.SMALLER_BATCH, "no memory is left: fewer at once, or shorter contexts"
        case _Over(p95=True):
            why = "slow without a queue: more replicas would not make one request faster"
            return Way.FASTER, why
        case _Over(queue=None) | _Over(memory=None) | _Over(p95=None):
            return Way.NONE, "nothing that is known exceeds its limit"
        case _:
            return Way.NONE, "nothing exceeds its limit"


def _over(facts: Facts, limits: Signals) -> _Over:
    memory = facts.cache or facts.memory
    p95 = facts.p95
    return _Over(
        queue=None if facts.queue is None else facts.queue.value > limits.queue,
        memory=None if memory is None else 100 * memory.value > limits.memory_percent,
        # The percentile is above the lower bound, so that it is over the limit where that reaches it.
        p95=None if p95 is None else p95[0].low_s >= limits.p95_s,
    )


def _told(facts: Facts, limits: Signals) -> str:
    """The numbers that were compared, each with its limit."""
    parts = []
    if facts.queue is not None:
        parts.append(f"{facts.queue.value:.0f} wait (limit {limits.queue:g})")
    memory = facts.cache or facts.memory
    if memory is not None:
        what = "cache" if facts.cache else "GPU memory"
        parts.append(f"{what} {100 * memory.value:.0f} % (limit {limits.memory_percent:g} %)")
    if facts.p95 is not None:
        parts.append(f"p95 {between(*_bounds(facts))} (limit {limits.p95_s:g} s)")
    return ", ".join(parts)


def _bounds(facts: Facts) -> tuple[float, float]:
    assert facts.p95 is not None, "the caller looked"
    return facts.p95[0].low_s, facts.p95[0].high_s


def between(low_s: float, high_s: float) -> str:
    """Where a percentile lies, in words."""
    if low_s == high_s:
        return f"{low_s:g} s"
    return f"over {low_s:g} s" if high_s == float("inf") else f"{low_s:g} to {high_s:g} s"


def troubles(facts: Facts, seen: Iterable[str]) -> tuple[str, ...]:
    """What of the GPUs halves what is accepted: hot ones, and those lost of the ones `seen` before.

    That one is missing is said only where every page of GPUs is fresh.
    """
    return tuple([*_hot(facts), *_lost(facts, seen)])


def _hot(facts: Facts) -> Iterator[str]:
    for name, why in facts.hot.items():
        degrees = facts.gpus[name].celsius
        at = f" at {degrees:g} °C" if degrees is not None else ""
        yield f"{name} is slowed down{at} ({why})"


def _lost(facts: Facts, seen: Iterable[str]) -> Iterator[str]:
    for name, gpu in facts.gpus.items():
        if OFF_THE_BUS in gpu.xids:
            yield f"{name} fell off the bus (Xid {OFF_THE_BUS})"
    if facts.gpus_known:
        for name in sorted(set(seen) - set(facts.gpus)):
            yield f"{name} is gone; {len(facts.gpus)} GPUs are left"
