"""How long the dashboard's pages take with 10,000 rollouts and 1,000,000 comparisons, and each question they ask.

    make bench-dashboard           fills a store on this disk; writes bench/results/dashboard.json and .svg
    python bench/dashboard.py 200  as many rollouts with 100 comparisons each, to try it out; writes nothing

The store is the project's own SQLite. The control API runs in a process of its own, with the evidence of some
rollouts read, and answers over loopback. A question is asked ten times. A page is drawn twelve times, by Streamlit
without a browser, in a session that knows nothing yet and with other searches in turn. What is told is the 95th
percentile on the wall, and what of the processor's time it took: on a machine that is busy with other things the wall
says more of those.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.screens import asked, chart, control, drawn, filled, spoken  # noqa: E402
from bench.tick import SECOND, World  # noqa: E402
from cutover import clocks  # noqa: E402
from mirror.journal.home import Home  # noqa: E402
from mirror.journal.seal import Sealer  # noqa: E402
from mirror.journal.store import Store  # noqa: E402

ROLLOUTS, EACH, EVENTS = 10_000, 100, 50_000
TIMES, DRAWS = 10, 12
RESULTS = ROOT / "bench" / "results" / "dashboard.json"
PATIENCE_S, EVERY_S = 60.0, 10.0
"""How long the control API may take to act again; so often a log is told how far it is."""
WITH_EVIDENCE = 8
"""Of how many rollouts the page is drawn in turn, and as many comparisons."""

type Step = Callable[[str], None]
type Row = dict[str, Any]


def silent(_: str) -> None:
    """Nobody watches."""


def measured(rollouts: int, step: Step = silent) -> Iterator[Row]:
    """The rows of one run. `step` is told what is being done."""
    with tempfile.TemporaryDirectory(
        prefix="crossfade-dashboard-", dir=ROOT / "bench"
    ) as folder:
        token = fill(Path(folder), rollouts, step)
        step("starting the control API, and reading some evidence")
        with control.running(Path(folder), rollouts) as running:
            headers = {"authorization": f"Bearer {token}"}
            with httpx.Client(
                base_url=running.url, headers=headers, trust_env=False, timeout=120
            ) as client:
                tenants, numbers = evident(client)
                yield from questions(client, running, tenants[0], numbers[0], step)
            yield from pages(running, token, drawn.queries(tenants, numbers), step)


def fill(folder: Path, rollouts: int, step: Step) -> str:
    """Fills a store that ends now; the token of one who leads."""
    home = Home.open(folder)
    store = Store.open(home.store_url)
    total = rollouts * EACH
    began_us = clocks.now_us() - (total // 10 + 60) * SECOND
    world = World(filled.planned(rollouts), store, now_us=began_us)
    world.evidence = Sealer.open(home).seal(b"[]", "bench")
    world.begin()
    left = total

    def told(count: int) -> None:
        nonlocal left
        left -= count
        step(f"writing comparisons: {max(0, left):,} left")

    filled.compared(world, EACH, told)
    spoken.spoken(world, Sealer.open(home), total)
    filled.moved(world)
    step("writing people, events, labels and incidents")
    token = filled.worked(world, min(EVENTS, total), lambda _: None)
    store.close()
    return token


def evident(client: httpx.Client) -> tuple[list[str], list[int]]:
    """Some rollouts whose evidence is read, and some comparisons."""
    approvals = client.get("/v1/approvals").raise_for_status().json()["open"]
    able = list(filled.planned(spoken.CLINICS).tenants)
    tenants = [one["tenant"] for one in approvals if one["tenant"] in able][:WITH_EVIDENCE]
    found = client.get(f"/v1/comparisons?tenant={tenants[0]}").raise_for_status().json()
    return tenants, [one["number"] for one in found["comparisons"]][:WITH_EVIDENCE]


def questions(
    client: httpx.Client, running: control.Running, tenant: str, number: int, step: Step
) -> Iterator[Row]:
    """A row for each question."""
    for name, path in asked.calls(tenant, number):
        step(f"asking {path}")
        before, took = running.worked_s(), []
        for _ in range(TIMES):
            ready(client)
            with clocked(took):
                client.get(path).raise_for_status()
        worked = (running.worked_s() - before) / TIMES
        note = f"GET {path.split('?')[0]}; median {median(took):.3f}, processor {worked:.3f}"
        yield row(f"api_{name}_p95_s", took, note)


def ready(client: httpx.Client) -> None:
    """Waits until the control API acts: on a machine that is very busy it may have lost its lease for a moment."""
    give_up_s = time.monotonic() + PATIENCE_S
    while not client.get("/healthz").json()["acting"]:
        if time.monotonic() > give_up_s:
            raise RuntimeError("the control API does not act; is this machine too busy?")
        time.sleep(0.1)


def pages(
    running: control.Running, token: str, wanted: dict[str, list[drawn.Query]], step: Step
) -> Iterator[Row]:
    """A row for each page."""
    person = drawn.person(running.url, token)
    for page, searches in wanted.items():
        took, worked = [], []
        for seconds, processor in drawn.draws(person, page, searches, DRAWS):
            took.append(seconds)
            worked.append(processor)
            step(f"drawing {page}: {len(took)} of {DRAWS}")
        note = f"{len(searches)} searches; median {median(took):.3f}, processor {median(worked):.3f} beside the API's"
        yield row(f"drawn_{page}_p95_s", took, note)


@contextmanager
def steps(console: Console) -> Iterator[Step]:
    """Tells what is being done: in one line of a terminal, and in a log every few seconds with how long it has taken so far."""
    if console.is_terminal:
        with Progress(*Progress.get_default_columns()[:1], console=console) as progress:
            task = progress.add_task("filling a store", total=None)
            yield lambda said: progress.update(task, description=said)
        return
    yield logged(lambda line: console.print(line, soft_wrap=True), time.monotonic)


def logged(to: Callable[[str], None], clock_s: Callable[[], float]) -> Step:
    """A step that says now and then what is being done, and for how many seconds the run goes on."""
    began_s, last_s = clock_s(), -EVERY_S

    def step(said: str) -> None:
        nonlocal last_s
        since_s = clock_s() - began_s
        if since_s - last_s >= EVERY_S:
            last_s = since_s
            to(f"{since_s:6.0f} s  {said}")

    return step


@contextmanager
def clocked(took: list[float]) -> Iterator[None]:
    """Adds the seconds that something took."""
    began = time.perf_counter()
    yield
    took.append(time.perf_counter() - began)


def row(name: str, took: list[float], note: str, target: float = 1.0) -> Row:
    """One row of the results."""
    value = quantiles(took, n=20, method="inclusive")[-1] if len(took) > 1 else took[0]
    return {
        "name": name,
        "value": round(value, 3),
        "unit": "s",
        "target": f"< {target:g}",
        "holds": value < target,
        "note": note,
    }


def worst(rows: list[Row], kind: str, name: str) -> Row:
    """The slowest of a kind, under a name of its own."""
    slowest = max(
        (one for one in rows if one["name"].startswith(kind)), key=lambda one: one["value"]
    )
    return slowest | {"name": name, "note": f"the slowest: {slowest['name']}"}


def show(rows: list[Row], console: Console) -> None:
    """All of it as a table."""
    table = Table("row", "value", "target", "", "note")
    for one in rows:
        holds = "holds" if one["holds"] else "MISSED"
        table.add_row(one["name"], f"{one['value']:.3f}", one["target"], holds, one["note"])
    console.print(table)


def keep(rows: list[Row], load: tuple[float, ...]) -> None:
    """Writes the results and their picture."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"
    told = {
        "machine": machine,
        "versions": {"python": platform.python_version(), "streamlit": version("streamlit")},
        "load": [round(one, 1) for one in (*load, *os.getloadavg())],  # before and after
        "rows": rows,
    }
    RESULTS.write_text(json.dumps(told, indent=1) + "\n")
    note = f"{ROLLOUTS:,} rollouts, {ROLLOUTS * EACH:,} comparisons; {machine}"
    RESULTS.with_suffix(".svg").write_text(chart.svg(rows, note))


def main(arguments: list[str]) -> None:
    """Measures, prints, and writes the result of a whole run."""
    rollouts = int(arguments[0]) if arguments else ROLLOUTS
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # or the control API would go on
    load, rows = os.getloadavg(), []
    console = Console()
    with steps(console) as step:
        for one in measured(rollouts, step):
            rows.append(one)
            console.print(f"{one['name']:<40} {one['value']:>8} {one['note']}", soft_wrap=True)
    rows.insert(0, worst(rows, "drawn_", "page_p95_s"))
    rows.append(worst(rows, "api_", "api_worst_p95_s"))
    show(rows, Console())
    if rollouts == ROLLOUTS:
        keep(rows, load)


if __name__ == "__main__":
    main(sys.argv[1:])
