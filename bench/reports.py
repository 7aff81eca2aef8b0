"""How long the reports on what left and who saw what take on a year of a clinic's log, and how much memory.

    make bench-reports                 fills a store on this disk; writes bench/results/reports.json
    python bench/reports.py --quick    a small year, to see that it works; writes nothing

Each report is the command itself, in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # and not this folder, whose cutover.py would hide the package

from bench.trail import export, year  # noqa: E402
from mirror.journal.home import Home  # noqa: E402

REQUESTS, FEW = 400_000, 400
"""1,096 requests a day: with their intents, ends and looks 801,000 events."""
REPORTS = {"egress": ("--csv", "--json"), "access": ("--csv", "--json")}
MOST_S, MOST_MB = 60.0, 300.0

type Row = dict[str, object]


def measured(folder: Path, requests: int, progress: Progress) -> Iterator[Row]:
    """Two rows for each report and form."""
    task = progress.add_task("")
    home = Home.open(folder / "data")
    year.filled(home, requests, lambda text: progress.update(task, description=text))
    for name, forms in REPORTS.items():
        for form in forms:
            progress.update(task, description=f"report {name} {form}")
            words = [sys.executable, "-m", "cutover.cli", "report", name, form]
            words += ["--data", str(home.path), "--tenant", year.TENANT]
            took = export.cost(words, folder / f"{name}{form}.log")
            note = f"{requests:,} requests in a year"
            yield row(f"report_{name}{form}_s", took.seconds, "s", MOST_S, note)
            yield row(f"report_{name}{form}_peak_mb", took.peak_mb, "MB", MOST_MB, note)


def row(name: str, value: float, unit: str, most: float, note: str) -> Row:
    """One row, with whether it holds."""
    told: Row = {"name": name.replace("--", "_"), "value": round(value, 2), "unit": unit}
    return told | {"target": f"<= {most:g}", "holds": value <= most, "note": note}


def show(rows: list[Row]) -> None:
    """The rows as a table."""
    table = Table("row", "value", "unit", "target", "", "note")
    for one in rows:
        cells = (one["name"], one["value"], one["unit"], one["target"])
        table.add_row(*map(str, cells), "holds" if one["holds"] else "MISSED", str(one["note"]))
    Console().print(table)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a small year; writes nothing")
    given = parser.parse_args()
    bar = Progress(SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with bar, tempfile.TemporaryDirectory() as made:
        rows = list(measured(Path(made), FEW if given.quick else REQUESTS, bar))
    show(rows)
    if not given.quick:
        machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"
        load = [round(one, 1) for one in os.getloadavg()]  # of all programs, also others'
        said = {"machine": machine, "load": load, "rows": rows}
        out = ROOT / "bench" / "results" / "reports.json"
        out.write_text(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    main()
