"""Requests a second through a proxy whose every request is on the log, beside one that keeps no record."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.plane import load
from bench.plane.load import Target
from bench.plane.systems import (
    LOAD_CORE,
    PROXY_CORE,
    TENANT,
    System,
    mock,
    prepared,
    process,
)

ON, OFF, ALONE = "on", "off", "alone"
PARTS = ("drain", "signer")
DOORS = ("front", "direct")
_PATH = {"PYTHONPATH": str(Path(__file__).parents[2])}


@dataclass(frozen=True)
class Seen:
    """What one round of one door showed. `cpu_us` is the proxy's processor time a request."""

    rps: float
    failed: int
    cpu_us: float


async def measured(
    folder: Path, log: str, seconds: float, step: Callable[[str], None]
) -> dict[str, Seen]:
    """Both doors of one deployment, with the log on or off; or `alone`, on and nothing carries records away.

    What carries records to the store and signs them has what the load leaves of its core: under full load it
    may lag behind, and loses nothing. Where two cores are halves of one, what it takes slows the proxy too.
    """
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        upstream = stack.enter_context(mock(folder))
        box = prepared(folder / "data", upstream, upstream)
        out = folder / "parts.log"
        words = _unlogged(box.words("proxy")) if log == OFF else box.words("proxy")
        started = process(words, box.front, core=PROXY_CORE, log=out, env=_PATH)
        proxy = System("proxy", Target(box.front, TENANT), [stack.enter_context(started)])
        if log == ON:
            for part in PARTS:
                words = box.words(part)
                stack.enter_context(
                    process(words, box.direct, core=LOAD_CORE, log=out, nice=19, env=_PATH)
                )
        found = {}
        for door in DOORS:
            step(f"log {log}: {door}")
            target = Target(getattr(box, door), TENANT)
            await load.whole(target, load.ask("How often?"), 4, 1)
            before = proxy.cpu_s()
            seen = await load.whole(target, load.ask("How often?"), 16, seconds)
            took_us = (proxy.cpu_s() - before) * 1e6
            found[door] = Seen(seen.rps, seen.failed, took_us / max(1, seen.rps * seconds))
    return found


def _unlogged(words: list[str]) -> list[str]:
    """The same command, of the same program without a spool."""
    return ["bench.trail.unlogged" if word == "cutover.cli" else word for word in words]
