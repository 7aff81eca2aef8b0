"""How long the reports take on a year of a clinic with its evidence, and the MOH pack of its quarters, and how much memory.

    make bench-reports                 fills a store on this disk; writes bench/results/reports.json
    python bench/reports.py --quick    a small year, to see that it works; writes nothing

Each report is the command itself, in a process of its own. The pack is of two quarters: an ordinary one, and the last, in which
the rollout is taken back, so that the evidence of nearly the whole year is computed again. A signer is at work beside it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # and not this folder, whose cutover.py would hide the package

from bench.times.fleet import until  # noqa: E402
from bench.trail import evidence, export, year  # noqa: E402
from mirror.journal.home import Home  # noqa: E402
from mirror.journal.signed import heads  # noqa: E402
from mirror.journal.store import Store  # noqa: E402

REQUESTS, FEW = 400_000, 4_000
"""1,096 requests a day: with their intents, ends and looks 801,000 events."""
FORMS = ("--csv", "--json")
REPORTS = ("egress", "access", "promotion")
SIGNED_S = 900.0
QUARTERS = {"quarter": "2026Q2", "last_quarter": "2026Q4"}
MOST_S, MOST_MB, MOST_EVIDENCE_MB = 60.0, 300.0, 1_000.0
"""Evidence of a year is held whole while it is computed again: a hundred thousand sessions, and what they came of."""

type Row = dict[str, object]


def measured(folder: Path, requests: int, progress: Progress) -> Iterator[Row]:
    """Two rows for each report and form, and for the pack of each quarter."""
    task = progress.add_task("")
    home = Home.open(folder / "data")
    evidence.filled(home, requests, lambda text: progress.update(task, description=text))
    note = f"{requests:,} requests in a year"
    for name, form in itertools.product(REPORTS, FORMS):
        progress.update(task, description=f"report {name} {form}")
        took = _cost(home, folder, name, form)
        most_mb = MOST_EVIDENCE_MB if name == "promotion" else MOST_MB
        yield row(f"report_{name}{form}_s", took.seconds, "s", MOST_S, note)
        yield row(f"report_{name}{form}_peak_mb", took.peak_mb, "MB", most_mb, note)
    with export.signing(home, folder / "signer.log"):
        _signed(home)
        for name, quarter in QUARTERS.items():
            progress.update(task, description=f"the pack of {quarter}")
            took = _cost(
                home, folder, "pack", "--quarter", quarter, "--out", str(folder / name)
            )
            yield row(f"pack_{name}_s", took.seconds, "s", MOST_S, f"{quarter}; {note}")
            yield row(f"pack_{name}_peak_mb", took.peak_mb, "MB", MOST_EVIDENCE_MB, note)


def _cost(home: Home, folder: Path, *words: str) -> export.Cost:
    """What a command of `crossfade report` takes."""
    command = [sys.executable, "-m", "cutover.cli", "report", *words]
    command += ["--data", str(home.path), "--tenant", year.TENANT]
    return export.cost(command, folder / "report.log")


def _signed(home: Home) -> None:
    """Returns when all of the year is signed. Raises TimeoutError."""
    store = Store.open(home.store_url)

    def is_signed() -> bool:
        with store.read() as conn:
            return all(log.signed == log.newest for log in heads.logs(conn) if log.tenant)

    try:
        until(is_signed, SIGNED_S)
    finally:
        store.close()


def row(name: str, value: float, unit: str, most: float, note: str) -> Row:
    """One row, with whether it holds."""
    told: Row = {"name": name.replace("--", "_"), "value": round(value, 2), "unit": unit}
    return told | {"target": f"<= {most:g}", "holds": value <= most, "note": note}


def told(rows: Iterable[Row], progress: Progress) -> Iterator[Row]:
    """The rows, each said as soon as it is known: the whole takes a quarter of an hour."""
    for one in rows:
        progress.console.print("{name} {value} {unit} ({target})".format_map(one))
        yield one


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
        rows = list(told(measured(Path(made), FEW if given.quick else REQUESTS, bar), bar))
    show(rows)
    if not given.quick:
        machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"
        load = [round(one, 1) for one in os.getloadavg()]  # of all programs, also others'
        said = {"machine": machine, "load": load, "rows": rows}
        out = ROOT / "bench" / "results" / "reports.json"
        out.write_text(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    main()
