"""What the proxy costs, beside a direct line, nginx, mitmdump and LiteLLM, interleaved in one run.

    python bench/dataplane.py [--quick] [--only NAME ...]

Every system has one core to itself (several processes share it), the mock upstream and the load
have the other. Each is started, measured and ended in turn, then all again in the reverse order.
LITELLM_VENV names a virtual environment that has LiteLLM already; otherwise one is made and thrown away.

crossfade runs as it does for a rollout in `mirror`: every request is on its encrypted spool before the
upstream is asked, and every answer when it has ended. What carries records away and sends copies are
other processes; they run only where faults of the shadow side are measured, on the load's core.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import mean

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

ROOT = Path(__file__).parent.parent
sys.path[0] = str(ROOT)  # and not this folder, whose cutover.py would hide the package

from bench.plane import chart, faults, load  # noqa: E402
from bench.plane.faults import Noticed  # noqa: E402
from bench.plane.systems import LOAD_CORE, SYSTEMS, Missing, System, mock, pin  # noqa: E402

LITELLM = "LiteLLM"
FRONT, DIRECT = "crossfade, front", "crossfade, direct"
SLOW = {LITELLM}  # is not asked for what it takes minutes to answer


@dataclass(frozen=True)
class Sizes:
    """How long and how much is measured."""

    rounds: int = 2
    one_s: int = 5
    many_s: int = 8
    large_s: int = 4
    events: int = 100
    faults_s: float = 12.0
    fault_rounds: int = 3


QUICK = Sizes(1, 1, 2, 1, 20, 2.0, 1)


@dataclass
class Found:
    """What one system showed. Times are milliseconds, CPU microseconds, memory megabytes."""

    rps_1: float = 0.0
    p50_1: float = 0.0
    p99_1: float = 0.0
    rps_16: float = 0.0
    p50_16: float = 0.0
    p99_16: float = 0.0
    cpu_us_request: float = 0.0
    rps_1mb: float = 0.0
    failed: int = 0
    memory_mb: float = 0.0
    streams: dict[str, dict[str, float]] = field(default_factory=dict)


async def measure(system: System, sizes: Sizes, step: Callable[[str], None]) -> Found:
    """Everything about one running system."""
    found, body, target = Found(), load.ask("How often?"), system.target
    step(f"{system.name}: warming up")
    for _ in range(5):  # the first answers of some take seconds
        await load.paced(target, body, clients=1, seconds=0.01, rate=0)
    await load.whole(target, body, 4, 1)
    step(f"{system.name}: 1 client")
    one = await load.whole(target, body, 1, sizes.one_s)
    step(f"{system.name}: 16 clients")
    before = system.cpu_s()
    many = await load.whole(target, body, 16, sizes.many_s)
    found.cpu_us_request = (system.cpu_s() - before) * 1e6 / max(1, many.rps * sizes.many_s)
    step(f"{system.name}: bodies of 1 MB")
    large = await load.whole(target, load.ask("Read this.", size=1 << 20), 4, sizes.large_s)
    found.rps_1, found.p50_1, found.p99_1 = one.rps, one.p50 * 1e3, one.p99 * 1e3
    found.rps_16, found.p50_16, found.p99_16 = many.rps, many.p50 * 1e3, many.p99 * 1e3
    found.rps_1mb = large.rps
    found.failed = one.failed + many.failed + large.failed
    for count, events, pace_ms in _shapes(system.name, sizes):
        step(f"{system.name}: {count:,} streams")
        found.streams[f"sse{count}"] = await _streams(system, count, events, pace_ms)
    found.memory_mb = system.memory_mb()
    return found


def _shapes(name: str, sizes: Sizes) -> list[tuple[int, int, int]]:
    """Streams, events of each, and milliseconds between two."""
    shapes = [(100, sizes.events, 20)]
    if name not in SLOW:
        shapes += [(200, sizes.events, 20), (1000, max(4, sizes.events // 6), 250)]
    return shapes


async def _streams(system: System, count: int, events: int, pace_ms: int) -> dict[str, float]:
    before = system.cpu_s()
    got = await load.streams(system.target, count, events, pace_ms)
    return {
        "lost": float(got.lost),
        "first_p50_ms": load.percentile(got.first, 0.5) * 1e3,
        "first_p99_ms": load.percentile(got.first, 0.99) * 1e3,
        "gap_p99_ms": load.percentile(got.gaps, 0.99) * 1e3,
        "gap_p99_vs_pace": load.percentile(got.gaps, 0.99) * 1e3 / pace_ms,
        "cpu_us_event": (system.cpu_s() - before) * 1e6 / max(1, got.events),
    }


async def everything(
    names: list[str], sizes: Sizes, folder: Path, step: Callable[[str], None]
) -> tuple[dict[str, Found], dict[str, str]]:
    """All systems, round by round; and why some could not be measured."""
    found: dict[str, list[Found]] = {}
    missing: dict[str, str] = {}
    for number in range(sizes.rounds):
        for name in names if number % 2 == 0 else reversed(names):
            if name in missing:
                continue
            here = folder / f"{number}-{name.replace(', ', '-').replace(' ', '-')}"
            here.mkdir()
            step(f"{name}: starting")
            try:
                with mock(here) as upstream, SYSTEMS[name](here, upstream) as system:
                    found.setdefault(name, []).append(await measure(system, sizes, step))
            except Missing as why:
                missing[name] = str(why)
    return {name: _mean(some) for name, some in found.items()}, missing


def _mean(some: list[Found]) -> Found:
    """Their means; what was lost or failed is added up."""
    numbers = {
        key: mean(getattr(one, key) for one in some)
        for key in Found.__dataclass_fields__
        if key != "streams"
    }
    numbers["failed"] = sum(one.failed for one in some)
    streams = {
        shape: {
            key: (sum if key == "lost" else mean)(one.streams[shape][key] for one in some)
            for key in some[0].streams[shape]
        }
        for shape in some[0].streams
    }
    return Found(**numbers, streams=streams)


def row(
    name: str, value: float, unit: str, target: str = "", note: str = ""
) -> dict[str, object]:
    """One row; `target` is a bound like `<= 5` or `>= 8`."""
    holds = None
    if target:
        sign, _, bound = target.partition(" ")
        holds = bool(value <= float(bound) if sign == "<=" else value >= float(bound))
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "target": target,
        "holds": holds,
        "note": note,
    }


def rows(found: dict[str, Found], noticed: list[Noticed]) -> Iterable[dict[str, object]]:
    """The rows that were promised, then every number."""
    yield from _ratios(found)
    yield from _added(found)
    yield from _streamed(found)
    yield from _faults(noticed)
    for name, one in found.items():
        for key, value in asdict(one).items():
            if key != "streams":
                yield row(f"{name}: {key}", value, key.rpartition("_")[2])
        for shape, numbers in one.streams.items():
            for key, value in numbers.items():
                yield row(f"{name}: {shape}_{key}", value, key.rpartition("_")[2])


def _ratios(found: dict[str, Found]) -> Iterable[dict[str, object]]:
    for name, ours, other, target in (
        ("front_rps_vs_litellm", FRONT, LITELLM, ">= 8"),
        ("front_rps_vs_mitmdump_stream", FRONT, "mitmdump, streaming", ">= 0.8"),
        ("direct_rps_vs_litellm", DIRECT, LITELLM, ">= 25"),
    ):
        if ours in found and other in found and found[other].rps_16:
            one, two = found[ours].rps_16, found[other].rps_16
            yield row(name, one / two, "ratio", target, f"{one:,.0f}/s against {two:,.0f}/s")


def _added(found: dict[str, Found]) -> Iterable[dict[str, object]]:
    for prefix, name, p50, p99 in (
        ("front", FRONT, "<= 1.5", "<= 4"),
        ("direct", DIRECT, "<= 0.5", "<= 4"),
        ("litellm", LITELLM, "", ""),
    ):
        if name in found and "direct" in found:
            one, none = found[name], found["direct"]
            yield row(f"{prefix}_added_p50_ms", one.p50_1 - none.p50_1, "ms", p50, "1 client")
            yield row(f"{prefix}_added_p99_ms", one.p99_1 - none.p99_1, "ms", p99, "1 client")


def _streamed(found: dict[str, Found]) -> Iterable[dict[str, object]]:
    for prefix, name, shape in (("front", FRONT, "sse200"), ("direct", DIRECT, "sse1000")):
        if name in found:
            one = found[name].streams[shape]
            yield row(f"{prefix}_{shape}_lost", one["lost"], "streams", "<= 0")
            gap = one["gap_p99_vs_pace"]
            yield row(f"{prefix}_{shape}_gap_p99_vs_pace", gap, "ratio", "<= 2")


def _faults(noticed: list[Noticed]) -> Iterable[dict[str, object]]:
    if not noticed:
        return
    base = next(one for one in noticed if one.mode == "off")
    worst = max((one for one in noticed if one.mode != "off"), key=lambda one: one.p99)
    note = f"{worst.mode}: {worst.p99 * 1e3:.2f} ms against {base.p99 * 1e3:.2f} ms unmirrored"
    yield row("worst_shadow_fault_p99_ratio", worst.p99 / base.p99, "ratio", "<= 1.25", note)
    for one in noticed:
        said = f"{one.failed} failed, bytes {'identical' if one.identical else 'DIFFERENT'}"
        yield row(f"shadow_{one.mode}_p50_ms", one.p50 * 1e3, "ms", "", said)
        yield row(f"shadow_{one.mode}_p99_ms", one.p99 * 1e3, "ms", "", said)
    wrong = sum(one.failed + (not one.identical) for one in noticed)
    yield row("shadow_faults_noticed", wrong, "answers", "<= 0", "failed, or with other bytes")


def draw(found: dict[str, Found]) -> str:
    """The chart."""
    base = found["direct"].p50_1 if "direct" in found else 0.0
    proxies = [name for name in found if name != "direct"]
    panels = {
        "Requests a second on one core, 16 clients": [(n, found[n].rps_16) for n in proxies],
        "Milliseconds added to a request, median, 1 client": [
            (n, max(0.001, found[n].p50_1 - base)) for n in proxies
        ],
    }
    return chart.svg(
        panels, "Logarithmic scales. crossfade with records on disk and mirroring."
    )


def versions() -> dict[str, str]:
    """What was measured."""
    found = {"python": platform.python_version(), "crossfade": version("crossfade")}
    found |= {name: version(name) for name in ("mitmproxy", "aiohttp", "httpx")}
    for name, words in (("nginx", ["nginx", "-v"]), ("wrk", ["wrk", "-v"])):
        if shutil.which(name):
            said = subprocess.run(words, capture_output=True, text=True, check=False)
            found[name] = (said.stdout + said.stderr).strip().split("\n")[0]
    return found


def show(told: list[dict[str, object]], missing: dict[str, str]) -> None:
    """The promised rows as a table; the rest is in the file."""
    table = Table("row", "value", "target", "", "note")
    for each in told:
        if each["target"] or str(each["name"]).startswith("shadow_"):
            holds = {True: "holds", False: "MISSED", None: ""}[each["holds"]]  # type: ignore[index]
            cells = (each["name"], f"{each['value']:g}", each["target"], holds, each["note"])
            table.add_row(*map(str, cells))
    console = Console()
    console.print(table)
    for name, why in missing.items():
        console.print(f"not measured: {name}: {why}")


async def run(names: list[str], sizes: Sizes, *, shadows: bool) -> None:
    """Measures, and writes the results and the chart."""
    began = time.perf_counter()
    bar = Progress(SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with bar, tempfile.TemporaryDirectory() as made:
        task = bar.add_task("starting")

        def step(text: str) -> None:
            bar.update(task, description=text)

        found, missing = await everything(names, sizes, Path(made), step)
        noticed = []
        if shadows:
            noticed = await faults.measure(
                Path(made) / "faults",
                rounds=sizes.fault_rounds,
                seconds=sizes.faults_s,
                step=step,
            )
    told = list(rows(found, noticed))
    show(told, missing)
    print(f"{time.perf_counter() - began:.0f} s")
    out = ROOT / "bench" / "results"
    quick = "" if sizes == Sizes() else "-quick"
    machine = f"{platform.machine()}, {platform.system()}, one core each for proxy and load"
    result = {"machine": machine, "versions": versions(), "missing": missing, "rows": told}
    (out / f"dataplane{quick}.json").write_text(json.dumps(result, indent=2) + "\n")
    if found:
        (out / f"dataplane{quick}.svg").write_text(draw(found))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, to see that it works"
    )
    parser.add_argument("--only", nargs="*", choices=[*SYSTEMS, "faults"], help="these alone")
    given = parser.parse_args()
    names = [name for name in SYSTEMS if not given.only or name in given.only]
    shadows = not given.only or "faults" in given.only
    pin(LOAD_CORE)
    asyncio.run(run(names, QUICK if given.quick else Sizes(), shadows=shadows))


if __name__ == "__main__":
    main()
