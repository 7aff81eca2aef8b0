"""What clients notice of a candidate that is dead, hangs, is slow, resets or sends too much: nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.plane import load
from bench.plane.load import Target, Whole
from bench.plane.systems import (
    LOAD_CORE,
    PROXY_CORE,
    TENANT,
    free_port,
    mock,
    prepared,
    process,
)

MODES = ("off", "ok", "dead", "hang", "slow", "reset", "huge")
RATE, CLIENTS = 50.0, 8


@dataclass(frozen=True)
class Noticed:
    """What clients saw while the candidate was in a mode: seconds, and whether every byte was right."""

    mode: str
    p50: float
    p99: float
    failed: int
    identical: bool


async def measure(
    folder: Path, *, rounds: int, seconds: float, step: Callable[[str], None]
) -> list[Noticed]:
    """Every mode in turn, and again in the reverse order."""
    found: dict[str, list[Whole]] = {mode: [] for mode in MODES}
    for number in range(rounds):
        for mode in MODES if number % 2 == 0 else reversed(MODES):
            step(f"shadow side: {mode}")
            found[mode].append(await _one(folder / f"{number}-{mode}", mode, seconds))
    right = set.union(*(whole.hashes for whole in found["off"]))
    return [
        Noticed(
            mode,
            median(whole.p50 for whole in wholes),
            median(whole.p99 for whole in wholes),
            sum(whole.failed for whole in wholes),
            all(whole.hashes == right for whole in wholes) and len(right) == 1,
        )
        for mode, wholes in found.items()
    ]


async def _one(folder: Path, mode: str, seconds: float) -> Whole:
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        upstream = stack.enter_context(mock(folder))
        candidate = free_port()
        if mode not in ("off", "dead"):
            stack.enter_context(mock(folder, mode, candidate))
        box = prepared(
            folder / "data", upstream, candidate, stage="off" if mode == "off" else "mirror"
        )
        log = folder / "parts.log"
        stack.enter_context(process(box.words("proxy"), box.direct, core=PROXY_CORE, log=log))
        for part in ("drain", "shadow"):
            stack.enter_context(
                process(box.words(part), box.direct, core=LOAD_CORE, log=log, nice=19)
            )
        target = Target(box.direct, TENANT)
        body = load.ask("How often?")
        await load.paced(target, body, clients=CLIENTS, seconds=2, rate=RATE)  # warm
        return await load.paced(target, body, clients=CLIENTS, seconds=seconds, rate=RATE)
