"""How long the control API takes for what the dashboard asks, with 10,000 rollouts and 1,000,000 comparisons.

    make bench-dashboard           fills a store on this disk; writes bench/results/dashboard.json
    python bench/dashboard.py 200  as many rollouts with 100 comparisons each, to try it out; writes nothing

The store is the project's own SQLite, the answers come over the API's whole way (door, paths, shapes,
JSON) without a socket. Each is asked 20 times; what is told is the 95th percentile on the wall and the
median of the processor's time.
"""

from __future__ import annotations

import json
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from sqlalchemy import insert, update
from starlette.testclient import TestClient

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.tick import SECOND, World, policy_of  # noqa: E402
from compare.flagged import flagged  # noqa: E402
from compare.ledger import comparisons  # noqa: E402
from cutover import people, tables  # noqa: E402
from cutover.api.app import Api  # noqa: E402
from cutover.controller import Controller  # noqa: E402
from cutover.people import Actor, Kind, Role  # noqa: E402
from mirror.journal import tables as journal  # noqa: E402
from mirror.journal.home import Home  # noqa: E402
from mirror.journal.seal import Sealer  # noqa: E402
from mirror.journal.store import Store  # noqa: E402

ROLLOUTS, EACH, TIMES, BATCH = 10_000, 100, 20, 5_000
RESULTS = ROOT / "bench" / "results" / "dashboard.json"
FLAGS = (
    ("LENGTH_RATIO", "info", 8),
    ("SIDE_CONFLICT", "review", 50),
    ("DOSE_CONFLICT", "fail", 400),
)
"""Code, severity, and of how many comparisons one has it."""


def fill(world: World, comparisons_each: int) -> None:
    """As many comparisons of every rollout, a tenth of a second apart, in an order that mixes them."""
    names, lots = list(world.policy.tenants), random.Random(6)
    total = len(names) * comparisons_each
    for start in range(0, total, BATCH):
        exchanges, compared, flags = [], [], []
        for place in range(start, min(start + BATCH, total)):
            if place % 10 == 0:
                world.now_us += SECOND
            exchange = world._exchange(names[lots.randrange(len(names))])
            found = [(code, grave) for code, grave, of in FLAGS if not lots.randrange(of)]
            row = world._comparison(exchange) | {"flags": json.dumps(found)}
            number = place + 1
            exchanges.append(exchange | {"outcome": "compared"})
            compared.append(row | {"number": number, "session": f"s{place // 5}"})
            key = {"tenant": exchange["tenant"], "route": "chat"}
            flags += [
                {"number": number, "code": code, "severity": grave, **key}
                for code, grave in found
            ]
        with world.store.write() as conn:
            conn.execute(insert(journal.exchange), exchanges)
            conn.execute(insert(comparisons), compared)
            if flags:
                conn.execute(insert(flagged), flags)


def moved(world: World) -> None:
    """Some rollouts elsewhere than in mirror, so that searches find and miss."""
    with world.store.write() as conn:
        for nth, values in enumerate(
            (
                {"stage": "live"},
                {"held_by": "erik", "hold_reason": "a look first"},
                {"stage": "off", "epoch": 0},
            )
        ):
            chosen = list(world.policy.tenants)[nth + 1 :: 7]
            here = tables.rollout.c.tenant.in_(chosen)
            conn.execute(update(tables.rollout).where(here).values(**values))


def calls(world: World) -> Iterator[tuple[str, str]]:
    """What is timed: a name and a path."""
    tenant = list(world.policy.tenants)[len(world.policy.tenants) // 2]
    hour_ago = world.now_us - 3600 * SECOND
    yield "board_first_page", "/v1/rollouts?limit=50"
    yield "board_200_rows", "/v1/rollouts"
    yield "board_searched", f"/v1/rollouts?limit=50&q={tenant[:9]}+mirror"
    yield "board_needs_person", "/v1/rollouts?limit=50&needs_person=true"
    yield "rollout", f"/v1/rollouts/{tenant}/chat"
    yield "rollout_events", f"/v1/rollouts/{tenant}/chat/events"
    yield "approvals", "/v1/approvals"
    yield "freezes", "/v1/freezes"
    yield "incidents", "/v1/incidents"
    yield "load", "/v1/load"
    yield "spending", "/v1/spending"
    yield "health", "/v1/health"
    yield "events_newest", "/v1/events"
    yield "events_of_nobody", "/v1/events?actor=nobody"
    yield "users", "/v1/users"
    yield "comparisons_newest", "/v1/comparisons"
    yield "comparisons_of_tenant", f"/v1/comparisons?tenant={tenant}"
    yield "comparisons_of_route", "/v1/comparisons?route=chat"
    yield "comparisons_of_no_route", "/v1/comparisons?route=vision"
    yield "comparisons_with_rare_flag", "/v1/comparisons?flag=DOSE_CONFLICT"
    yield "comparisons_fail_of_tenant", f"/v1/comparisons?severity=fail&tenant={tenant}"
    yield "comparisons_of_flag_and_route", "/v1/comparisons?flag=SIDE_CONFLICT&route=chat"
    yield "comparisons_of_session", "/v1/comparisons?session=s77"
    yield (
        "comparisons_of_an_hour",
        f"/v1/comparisons?since_us={hour_ago}&until_us={hour_ago + 60 * SECOND}",
    )
    yield "comparisons_labelled", "/v1/comparisons?labelled=true"
    yield "comparisons_unlabelled", "/v1/comparisons?labelled=false"


def timed(ask: Callable[[], int]) -> tuple[float, float]:
    """The 95th percentile on the wall, and the median of the processor's time, in seconds."""
    wall, cpu = [], []
    for _ in range(TIMES):
        began, worked = time.perf_counter(), time.process_time()
        status = ask()
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - worked)
        assert status == 200, status
    return quantiles(wall, n=20, method="inclusive")[-1], median(cpu)


def measured(rollouts: int) -> Iterator[dict[str, Any]]:
    """The rows of one run."""
    with tempfile.TemporaryDirectory(
        prefix="crossfade-dashboard-", dir=ROOT / "bench"
    ) as folder:
        home = Home.open(Path(folder))
        store = Store.open(home.store_url)
        world = World(
            policy_of(rollouts), store, evidence=Sealer.open(home).seal(b"[]", "bench")
        )
        world.begin()
        fill(world, EACH)
        moved(world)
        with store.write() as conn:
            root = Actor(Kind.HUMAN, "os:root")
            token = people.add(conn, "anna", [Role.LEAD], by=root, at_us=1)
        clock = partial(getattr, world, "now_us")
        controller = Controller(
            world.policy, store, lambda _: None, clock, owner="bench", steady_us=clock
        )
        controller.cabinet.lead()
        sealer = Sealer.open(home)
        app = Api(controller, store, sealer, clock, Path(folder) / "load", paced=False).app()
        client = TestClient(app, headers={"authorization": f"Bearer {token}"})
        for name, path in calls(world):
            wall, cpu = timed(lambda path=path: client.get(path).status_code)
            yield row(
                f"api_{name}_p95_s", wall, note=f"GET {path.split('?')[0]}; processor {cpu:.3f}"
            )
        store.close()


def row(name: str, value: float, *, note: str, target: float = 1.0) -> dict[str, Any]:
    """One row of the results."""
    return {
        "name": name,
        "value": round(value, 3),
        "unit": "s",
        "target": f"< {target:g}",
        "holds": value < target,
        "note": note,
    }


def main(arguments: list[str]) -> None:
    """Measures, prints, and writes the result of a whole run."""
    rollouts = int(arguments[0]) if arguments else ROLLOUTS
    rows = []
    for one in measured(rollouts):
        rows.append(one)
        print(
            f"{one['name']:<40} {one['value']:>8} {one['target']:<6} {one['note']}", flush=True
        )
    worst = max(rows, key=lambda one: one["value"])
    note = f"the slowest call: {worst['name']}"
    rows.append(row("api_worst_p95_s", worst["value"], note=note))
    print(note)
    if rollouts == ROLLOUTS:
        told = {
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
            "versions": {"python": platform.python_version()},
            "load": [round(one, 1) for one in os.getloadavg()],  # of all programs, also others'
            "rows": rows,
        }
        RESULTS.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
