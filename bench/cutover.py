"""How often the verdicts are wrong, and how soon they are right, beside what others would have done.

    [QUICK=1] make bench-cutover
    python bench/cutover.py --tables     the last results, as docs/statistics.md shows them

Simulated worlds, fixed seeds, every number with its 95 % interval: shares exact, medians between order
statistics. Ours are the project's own processes folded over arrays (`bench/rollouts/processes.py`; tests hold
them to cutover.evidence.tally and cutover.evidence.judge), under the default setting of the policy, a look after every session. The
peers are written from their published rules. QUICK takes a tenth of the runs.

Two things are said openly. The drop of 0.05 is one of a judge's grade of both sides of every session (the gate
`quality`: clip 0.3, margin 0.015); agreement with the primary at its margin of 0.15 cannot see it, and its
own row is the agreement regression. And "equal" means equal at every hour.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

ROOT = Path(__file__).parent.parent
sys.path[0] = str(ROOT)  # and not this folder, whose compare.py would hide the package

from bench.rollouts import chart, jobs, outage, returning, rows, tables  # noqa: E402
from bench.rollouts.chart import Bar  # noqa: E402
from bench.rollouts.rows import Row  # noqa: E402
from bench.rollouts.tables import PEERS, USUAL, number  # noqa: E402

ELSEWHERE = {"rollback_p99_s": "rollback", "tick_10000_rollouts_s": "tick"}
"""Rows that other scripts measure on real processes, and the results they stand in."""


def measured(part: float) -> list[Row]:
    """All rows, with a `part` of the runs."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    every = [*jobs.ours(), *jobs.worlds_of_doubt(), *returning.jobs(), *jobs.of_peers()]
    with Progress(*columns) as progress:
        task = progress.add_task("simulating", total=None)
        drawn = jobs.run(
            every,
            part=part,
            cores=os.cpu_count() or 1,
            told=lambda done, of: progress.update(task, completed=done, total=of),
        )
    return [*rows.every(drawn), *returning.found(drawn), *outage.found(), *elsewhere()]


def elsewhere() -> list[Row]:
    """The rows of other scripts, as they last stood; without a value where they never ran."""
    found = []
    for name, file in ELSEWHERE.items():
        path = jobs.RESULTS / f"{file}.json"
        kept = json.loads(path.read_text())["rows"] if path.exists() else []
        empty = rows.row(name, float("nan"), "s", 1, (float("nan"),) * 2, "not measured yet")
        empty["holds"] = None
        found.append(next((each for each in kept if each["name"] == name), empty))
    return found


def told(every: list[Row]) -> Table:
    """The table that is printed."""
    table = Table("row", "value", "95 %", "target", "", "note")
    for each in every:
        holds = {True: "holds", False: "MISSED", None: ""}[each["holds"]]  # type: ignore[index]
        span = f"{number(each.get('low'))} to {number(each.get('high'))}"
        cells = (each["name"], number(each["value"]), span, each["target"], holds)
        table.add_row(*map(str, cells), str(each.get("note", "")))
    return table


def panels(every: list[Row]) -> dict[str, list[Bar]]:
    """What the chart shows."""
    by_name = {str(each["name"]): each for each in every}

    def bars(ours: str, theirs: str, *, at_rate: bool) -> list[Bar]:
        found = [_bar("crossfade", by_name[ours])]
        for peer, name in PEERS.items():
            where = f"_{USUAL}" if at_rate and peer not in rows.NO_CLOCK else ""
            found.append(_bar(name, by_name[f"{peer}_{theirs}{where}"]))
        return found

    wrong = "false_rollbacks_per_1000"
    return {
        "of 1,000 equal candidates, rolled back": bars(f"{wrong}_{USUAL}", wrong, at_rate=True),
        "of 1,000 candidates with errors of 5 %, promoted": bars(
            "false_promotions_per_1000_errors_5pct",
            "false_promotions_per_1000_errors_5pct",
            at_rate=True,
        ),
        "sessions until errors of 5 % are rolled back (median)": bars(
            "errors_5pct_sessions", "errors_5pct_sessions", at_rate=True
        ),
        "sessions that a candidate 0.05 worse answered, of 6,000 (mean)": bars(
            "harmed_sessions_quality_drop", "harmed_sessions_quality_drop", at_rate=False
        ),
    }


def _bar(name: str, of: Mapping[str, object]) -> Bar:
    value, low, high = (of[key] for key in ("value", "low", "high"))
    return Bar(
        name, *(end if isinstance(end, int | float) else None for end in (value, low, high))
    )


def main() -> None:
    """Measures, prints the table, writes the results and the chart. With `--tables`
    takes the other scripts' rows into the last results and prints all for the docs."""
    path = jobs.RESULTS / "cutover.json"
    if "--tables" in sys.argv[1:]:
        result = json.loads(path.read_text())
        result["rows"] = [row for row in result["rows"] if row["name"] not in ELSEWHERE]
        result["rows"] += elsewhere()
        path.write_text(json.dumps(result, indent=2, allow_nan=False) + "\n")
        print(tables.markdown(result["rows"]), end="")
        return
    quick = bool(os.environ.get("QUICK"))
    began = time.perf_counter()
    every = measured(0.1 if quick else 1.0)
    took = time.perf_counter() - began
    console = Console(width=200)
    console.print(told(every))
    console.print(f"{took:.0f} s")
    if quick:
        return  # too few runs to keep
    result = {
        "machine": f"{platform.machine()}, {platform.system()}, {os.cpu_count()} cores",
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "took_s": round(took),
        "rows": every,
    }
    path.write_text(json.dumps(result, indent=2, allow_nan=False) + "\n")
    note = "20 sessions a minute where time counts; default setting; lines are 95 % intervals; make bench-cutover"
    (jobs.RESULTS / "cutover.svg").write_text(chart.svg(panels(every), note))


if __name__ == "__main__":
    main()
