"""Requests a second through a proxy whose every request is on the log, beside one that keeps no record.

All stand ready at once and are asked in turn, for what a machine can do changes from minute to minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from bench.plane import load
from bench.plane.load import Target
from bench.plane.systems import (
    LOAD_CORE,
    PROXY_CORE,
    TENANT,
    Ours,
    System,
    mock,
    prepared,
    process,
)

ON, OFF, ALONE = "on", "off", "alone"
KINDS = (ON, ALONE, OFF)
PARTS = ("drain", "signer")
DOORS = ("front", "direct")
_PATH = {"PYTHONPATH": str(Path(__file__).parents[2])}
_CLIENTS = 16
_LOOK_S, _IDLE, _REST_S = (
    0.2,
    0.08,
    60.0,
)  # longer than the drainer waits, and more than a tick of 10 ms


@dataclass(frozen=True)
class Seen:
    """What one round of one door showed. `cpu_us` is the proxy's processor time a request."""

    rps: float
    failed: int
    cpu_us: float


@dataclass(frozen=True)
class _Deployment:
    """A proxy with the log on or off; or `alone`, on and nothing carries records away."""

    log: str
    box: Ours
    proxy: System
    parts: System  # what carries records to the store and signs them

    async def seen(self, door: str, seconds: float) -> Seen:
        """What it answers by one of its doors."""
        target = Target(getattr(self.box, door), TENANT)
        before = self.proxy.cpu_s()
        seen = await load.whole(target, load.ask("How often?"), _CLIENTS, seconds)
        took_us = (self.proxy.cpu_s() - before) * 1e6
        return Seen(seen.rps, seen.failed, took_us / max(1, seen.rps * seconds))

    async def rested(self) -> None:
        """Waits until its parts have nothing to do, so that none works through another's turn."""
        for _ in range(round(_REST_S / _LOOK_S)):
            before = self.parts.cpu_s()
            await asyncio.sleep(_LOOK_S)
            if self.parts.cpu_s() - before <= _IDLE * _LOOK_S:
                return


type Found = dict[str, list[dict[str, Seen]]]
"""By kind, what both doors showed in each turn."""


async def measured(
    folder: Path, turns: int, seconds: float, step: Callable[[str], None]
) -> Found:
    """What was found of one start of all. They are asked by one door right after another.

    What carries records to the store and signs them has what the load leaves of its core: under full load it
    may lag behind, and loses nothing. Where two cores are halves of one, what it takes slows the proxy too.
    """
    found: Found = {log: [{} for _ in range(turns)] for log in KINDS}
    with ExitStack() as stack:
        all_of_them = [stack.enter_context(_deployed(folder / log, log)) for log in KINDS]
        for one in all_of_them:
            step(f"log {one.log}: warming up")
            for door in DOORS:
                await one.seen(door, 1)
            await one.rested()
        for number, door in product(range(turns), DOORS):
            for one in all_of_them if number % 2 == 0 else reversed(all_of_them):
                step(f"log {one.log}: turn {number + 1} of {turns}")
                found[one.log][number][door] = await one.seen(door, seconds)
                await one.rested()
    return found


@contextmanager
def _deployed(folder: Path, log: str) -> Iterator[_Deployment]:
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        upstream = stack.enter_context(mock(folder))
        box = prepared(folder / "data", upstream, upstream)
        out = folder / "parts.log"
        words = _unlogged(box.words("proxy")) if log == OFF else box.words("proxy")
        started = process(words, box.front, core=PROXY_CORE, log=out, env=_PATH)
        proxy = System("proxy", Target(box.front, TENANT), [stack.enter_context(started)])
        parts = System("parts", proxy.target)
        for part in PARTS if log == ON else ():
            words = box.words(part)
            beside = process(words, box.direct, core=LOAD_CORE, log=out, nice=19, env=_PATH)
            parts.pids.append(stack.enter_context(beside))
        yield _Deployment(log, box, proxy, parts)


def _unlogged(words: list[str]) -> list[str]:
    """The same command, of the same program without a spool."""
    return ["bench.trail.unlogged" if word == "cutover.cli" else word for word in words]
