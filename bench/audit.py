"""What the event log costs, and what an export and its verifier take.

    make bench-audit                 everything; writes bench/results/audit.json and .svg
    python bench/audit.py --quick    small sizes, to see that it works
    python bench/audit.py --only append throughput export tampers    in place of their rows of before

One core appends, exports and answers; the load has the other. Runs of two kinds are interleaved.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from operator import attrgetter
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

ROOT = Path(__file__).parent.parent
sys.path[0] = str(ROOT)  # and not this folder, whose cutover.py would hide the package

from bench.plane import chart  # noqa: E402
from bench.plane.systems import LOAD_CORE, PROXY_CORE, pin  # noqa: E402
from bench.trail import append, export, tampering, throughput  # noqa: E402
from bench.trail.throughput import ALONE, DOORS, KINDS, OFF, ON  # noqa: E402
from mirror.journal.home import Home  # noqa: E402

type Row = dict[str, object]
type Step = Callable[[str], None]


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    rounds: int = 3
    events: int = 40_000
    starts: int = 10
    turns: int = 6
    seconds: float = 1
    comparisons: int = 1_000_000
    tampers: int = 10_000


QUICK = Sizes(1, 400, 1, 1, 1, 2_000, 20)


def row(name: str, value: float, unit: str, target: str = "", note: str = "") -> Row:
    """One row; `target` is a bound like `<= 5` or `>= 8`."""
    sign, _, bound = target.partition(" ")
    holds = None
    if target:
        holds = value <= float(bound) if sign == "<=" else value >= float(bound)
    told = {"name": name, "value": round(value, 4), "unit": unit, "target": target}
    return told | {"holds": holds, "note": note}


def appended(folder: Path, sizes: Sizes, step: Step) -> Iterable[Row]:
    """What one core appends."""
    pin(PROXY_CORE)
    kinds = {"logged": append.logged, "plain": append.plain}
    rates: dict[str, list[append.Rate]] = {name: [] for name in kinds}
    for number in range(sizes.rounds):
        for name in kinds if number % 2 == 0 else reversed(kinds):
            step(f"append: {name}")
            here = folder / f"append-{number}-{name}"
            rates[name].append(append.measured(here, kinds[name], sizes.events))
    pin(LOAD_CORE)
    wall = {name: median(rate.wall for rate in some) for name, some in rates.items()}
    cpu = median(rate.cpu for rate in rates["logged"])
    note = f"median of {sizes.rounds}; transactions of {append.BATCH}, each synced"
    yield row("append_events_per_s", wall["logged"], "1/s", ">= 10000", note)
    yield row("append_events_per_cpu_s", cpu, "1/s", note="of the processor's time alone")
    said = f"{wall['plain']:,.0f}/s as plain rows without links"
    yield row("append_vs_plain_rows", wall["logged"] / wall["plain"], "ratio", note=said)


def carried(folder: Path, sizes: Sizes, step: Step) -> Iterable[Row]:
    """What the proxy answers with the log on, against off.

    Started again and again: for as long as it lives one process is up to a tenth faster than another of the same program.
    """
    starts = [_started(folder, sizes, step, one) for one in range(sizes.starts)]
    for door in DOORS:
        rps = _by_kind(starts, door, attrgetter("rps"))
        ratios = _ratios(rps[ON], rps[OFF])
        between = _between(ratios)
        note = (
            f"{door}: {_middle(rps[ON]):,.0f}/s against {_middle(rps[OFF]):,.0f}/s, "
            f"{sizes.starts} starts of {sizes.turns} turns"
        ) + (f"; 95 %: {between[0]:.3f} to {between[1]:.3f}" if between else "")
        name = "log_on_rps_ratio" if door == "front" else f"log_on_rps_ratio_{door}"
        yield row(name, median(ratios), "ratio", ">= 0.9" if door == "front" else "", note)
        said = "the proxy's own part: nothing carries records to the store meanwhile"
        alone = median(_ratios(rps[ALONE], rps[OFF]))
        yield row(f"log_alone_rps_ratio_{door}", alone, "ratio", note=said)
        cost = _by_kind(starts, door, attrgetter("cpu_us"))
        said = f"{_middle(cost[ON]):,.0f} us of the processor a request, without {_middle(cost[OFF]):,.0f}"
        less = median(_ratios(cost[OFF], cost[ON]))
        yield row(f"log_on_cpu_ratio_{door}", less, "ratio", note=said)
    every = [one for of in starts for some in of.values() for one in some]
    failed = sum(one[door].failed for one in every for door in DOORS)
    yield row("log_failed_requests", failed, "requests", "<= 0")


def _started(folder: Path, sizes: Sizes, step: Step, number: int) -> throughput.Found:
    def told(text: str) -> None:
        step(f"start {number + 1} of {sizes.starts}, {text}")

    here = folder / f"log-{number}"
    return asyncio.run(throughput.measured(here, sizes.turns, sizes.seconds, told))


def _by_kind(
    starts: Sequence[throughput.Found], door: str, figure: Callable[[throughput.Seen], float]
) -> dict[str, list[list[float]]]:
    """Of each kind, by start, a figure of every turn."""
    return {log: [[figure(one[door]) for one in of[log]] for of in starts] for log in KINDS}


def _middle(starts: Sequence[Sequence[float]]) -> float:
    return median(chain.from_iterable(starts))


def _ratios(these: Sequence[Sequence[float]], those: Sequence[Sequence[float]]) -> list[float]:
    """By start, the median of the turns' own ratios: what else a machine does changes from turn to turn."""
    pairs = (zip(one, other, strict=True) for one, other in zip(these, those, strict=True))
    return [median(one / other for one, other in turns) for turns in pairs]


def _between(values: Sequence[float]) -> tuple[float, float] | None:
    """Between which two of the values their median is with 95 % and more, whatever they are like; None for too few.

    By the ranks of the sign test: it is outside of the k+1st from both ends with 2 P(X <= k), X binomial of n and 1/2
    (Conover, Practical Nonparametric Statistics, 3.2).
    """
    ordered, count = sorted(values), len(values)
    outside = accumulate(2 * math.comb(count, k) / 2**count for k in range(count // 2))
    ranks = [k for k, chance in enumerate(outside) if chance <= 0.05]
    return (ordered[ranks[-1]], ordered[-1 - ranks[-1]]) if ranks else None


def bundled(folder: Path, sizes: Sizes, step: Step) -> Iterable[Row]:
    """What an export of very many comparisons takes, and its verifier."""
    home, many = Home.open(folder / "export" / "data"), sizes.comparisons
    bundle = folder / "export" / "bundle.tar"
    export.filled(home, many, step)
    with export.signing(home, folder / "export" / "signer.log"):
        step("export: signing, and writing the bundle")
        made = export.exported(home, bundle, many)
    step("export: verifying")
    checked = export.verified(bundle, folder / "export")
    note = f"{many:,} comparisons; the bundle has {bundle.stat().st_size / 1e6:,.0f} MB"
    yield row("export_1m_peak_mb", made.peak_mb, "MB", "<= 300", note)
    yield row("export_1m_s", made.seconds, "s", note="with its first signatures")
    yield row("verify_1m_peak_mb", checked.peak_mb, "MB", note="verify.py, Python alone")
    yield row("verify_1m_s", checked.seconds, "s", note="one core")


def tampered(folder: Path, sizes: Sizes, step: Step) -> Iterable[Row]:
    """How many of very many random tampers are found and named."""
    found = tampering.found(sizes.tampers, lambda text: step(f"tampers: {text}"))
    said = f"{found.named:,} of {found.tried:,}, {found.false_alarms} false alarms in {found.honest:,} honest bundles"
    yield row("tampers_found", found.named / found.tried, "share", ">= 1", said)
    yield row("tampers_false_alarms", found.false_alarms, "bundles", "<= 0")


PARTS: dict[str, Callable[[Path, Sizes, Step], Iterable[Row]]] = {
    "append": appended,
    "throughput": carried,
    "export": bundled,
    "tampers": tampered,
}


def run(parts: list[str], sizes: Sizes) -> list[Row]:
    """Every part in turn, with progress."""
    bar = Progress(SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    told: list[Row] = []
    with bar, tempfile.TemporaryDirectory() as made:
        task = bar.add_task("starting")

        def step(text: str) -> None:
            bar.update(task, description=text)

        for part in parts:
            told += PARTS[part](Path(made), sizes, step)
    return told


def show(told: list[Row]) -> None:
    """The rows as a table."""
    table = Table("row", "value", "unit", "target", "", "note")
    for each in told:
        holds = {True: "holds", False: "MISSED"}.get(each["holds"], "")  # type: ignore[call-overload]
        cells = [each["name"], f"{each['value']:,.3f}", each["unit"], each["target"]]
        table.add_row(*map(str, [*cells, holds, each["note"]]))
    Console().print(table)


def kept(told: list[Row], out: Path) -> None:
    """Writes the results, and the chart of what was a rate; rows of before that were not measured now stay."""
    file = out / "audit.json"
    before: list[Row] = json.loads(file.read_text())["rows"] if file.exists() else []
    now = {one["name"]: one for one in told}
    told = [now.pop(one["name"], one) for one in before] + list(now.values())
    result = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "versions": {"python": platform.python_version()},
        "load": [round(one, 1) for one in os.getloadavg()],  # of all programs, also others'
        "rows": told,
    }
    file.write_text(json.dumps(result, indent=1) + "\n")
    ratios = [
        (str(one["name"]), float(str(one["value"]))) for one in told if one["unit"] == "ratio"
    ]
    if ratios:
        note = "1 is what it takes without a log."
        (out / "audit.svg").write_text(
            chart.svg({"With the log, against without": ratios}, note)
        )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small sizes; writes nothing")
    parser.add_argument(
        "--only", nargs="*", choices=[*PARTS], help="these alone; other rows stay as they were"
    )
    given = parser.parse_args()
    began = time.perf_counter()
    told = run(given.only or list(PARTS), QUICK if given.quick else Sizes())
    show(told)
    print(f"{time.perf_counter() - began:.0f} s")
    if not given.quick:
        kept(told, ROOT / "bench" / "results")


if __name__ == "__main__":
    main()
