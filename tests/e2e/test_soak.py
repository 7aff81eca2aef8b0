"""A thousand streams at once on the direct listener: none is lost, memory stays flat, SIGTERM cuts none."""

import asyncio
import os
import resource
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from deployed import until

from bench.plane import load
from bench.plane.systems import Ours, mock, prepared, process

STREAMS, COHORTS = 1000, 4
PACE_MS = 250
SOAK_S = float(os.environ.get("CROSSFADE_SOAK_S", "600"))

pytestmark = pytest.mark.deep


@contextmanager
def deployment(folder):
    """The proxy and its drainer, between clients and a mock upstream; gives box and process id."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard >= 4 * STREAMS, f"this machine lets a process open {hard} files"
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    env = {"PYTHONPATH": str(Path(__file__).parents[2])}
    log = folder / "log"
    try:
        with mock(folder) as upstream:
            box = prepared(folder / "data", upstream, upstream)
            with (
                process(box.words("proxy"), box.direct, core=-1, log=log, env=env) as proxy,
                process(box.words("drain"), box.direct, core=-1, log=log, env=env),
            ):
                yield box, proxy
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def target(box: Ours):
    return load.Target(box.direct, {"x-crossfade-tenant": "clinic"})


def resident_mb(pid):
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


@pytest.mark.timeout(SOAK_S + 300)
def test_a_thousand_streams_for_ten_minutes_lose_nothing_and_memory_stays_flat(tmp_path):
    async def cohort(box, until_s, found):
        while time.monotonic() < until_s:
            found.append(await load.streams(target(box), STREAMS // COHORTS, 80, PACE_MS))

    async def watch(pid, memory):
        while True:
            await asyncio.sleep(5)
            memory.append(resident_mb(pid))

    async def soak(box, pid):
        found, memory = [], []
        watching = asyncio.ensure_future(watch(pid, memory))
        until_s = time.monotonic() + SOAK_S
        await asyncio.gather(*(cohort(box, until_s, found) for _ in range(COHORTS)))
        watching.cancel()
        return found, memory

    with deployment(tmp_path) as (box, pid):
        found, memory = asyncio.run(soak(box, pid))
    assert sum(one.lost for one in found) == 0
    assert sum(one.events for one in found) == len(found) * STREAMS // COHORTS * 80
    assert len(found) >= COHORTS
    fifth = max(1, len(memory) // 5)
    warm, late = max(memory[fifth : 2 * fifth]), max(memory[-fifth:])
    assert late <= warm * 1.1 + 10, f"memory grew from {warm:.0f} to {late:.0f} MB: {memory}"


@pytest.mark.timeout(300)
def test_told_to_end_in_the_middle_of_a_thousand_streams_it_cuts_none(tmp_path):
    async def case(box, pid):
        streams = asyncio.ensure_future(load.streams(target(box), STREAMS, 80, PACE_MS))
        await asyncio.sleep(10)  # all are under way: 20 seconds is what one lasts
        os.kill(pid, signal.SIGTERM)
        found = await streams
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", box.direct)
        return found

    with deployment(tmp_path) as (box, pid):
        found = asyncio.run(case(box, pid))
        until(lambda: not _alive(pid))
    assert (found.lost, found.events) == (0, STREAMS * 80)


def _alive(pid):
    """Whether a child runs; one that has ended and was not waited for is a zombie."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
