"""How long a tick of the controller takes with 10,000 rollouts, on one core and a store on this disk.

    make bench-tick            10,000 rollouts; writes bench/results/tick.json
    python bench/tick.py 500   as many rollouts, to try it out; writes nothing

Every rollout is in mirror, under the default terms. In each second 500 of them have an exchange
accepted, which is compared in the next: far more than the workers of one box score in a second. Each
begins a session of its own, which closes by the clock after ten minutes; so 30 are open of every
rollout at all times, and as many close in a second as begin. The controller and its store are the
project's own. At the end another controller takes over from the first.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import func, insert, select, update

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from compare.ledger import comparisons  # noqa: E402
from cutover import tables  # noqa: E402
from cutover.cabinet import Cabinet  # noqa: E402
from cutover.controller import Controller  # noqa: E402
from cutover.memory import Memory  # noqa: E402
from mirror import publish  # noqa: E402
from mirror.candidate import candidate_fingerprint  # noqa: E402
from mirror.exchange import exchange_id  # noqa: E402
from mirror.journal import tables as journal  # noqa: E402
from mirror.journal.home import Home  # noqa: E402
from mirror.journal.seal import Sealer  # noqa: E402
from mirror.journal.store import Store  # noqa: E402
from policies.policy import Policy  # noqa: E402

ROLLOUTS, NEWS, TICKS = 10_000, 500, 60
BEFORE_S = 640
"""So long there was traffic before: longer than a session lasts."""
SECOND = 1_000_000
BEGAN_US = 1_700_000_000 * SECOND
RESULTS = ROOT / "bench" / "results" / "tick.json"
ANEW = "all of it read anew; a running controller reads a second of it in each tick"


def policy_of(rollouts: int) -> Policy:
    """As many clinics with one route each, on the way to one candidate."""
    sides = {
        "primary": {"upstream": "cloud", "model": "big"},
        "candidate": {"upstream": "gpu", "model": "own"},
    }
    names = [f"clinic-{number:05}" for number in range(rollouts)]
    return Policy.model_validate(
        {
            "version": 1,
            "deployment": "bench",
            "production": True,
            "upstreams": {
                "cloud": {
                    "base_url": "http://127.0.0.1:9/v1",
                    "location": "cloud",
                    "models": ["big"],
                },
                "gpu": {
                    "base_url": "http://127.0.0.1:8/v1",
                    "location": "onprem",
                    "models": ["own"],
                },
            },
            "tenants": {
                name: {"identify": {"header": name}, "cloud": "allowed", "reask": True}
                for name in names
            },
            "rollouts": [{"tenant": name, "route": "chat", **sides} for name in names],
        }
    )


@dataclass
class World:
    """A store as proxies and workers would have filled it, and a clock that they share."""

    policy: Policy
    store: Store
    now_us: int = BEGAN_US
    number: int = 0
    waiting: list[dict[str, Any]] = field(default_factory=list)
    evidence: bytes = b""

    def begin(self) -> None:
        """Every rollout in mirror, by the move that led there."""
        candidate = candidate_fingerprint(self.policy, self.policy.rollouts[0])
        moved = [
            {**_key(name), **_STARTED, "at_us": self.now_us} for name in self.policy.tenants
        ]
        stands = [
            {**_key(name), **_STANDS, "since_us": self.now_us, "candidate": candidate}
            for name in self.policy.tenants
        ]
        with self.store.write() as conn:
            conn.execute(insert(tables.transition), moved)
            conn.execute(insert(tables.rollout), stands)

    def second(self, names: Iterable[str]) -> None:
        """A second of traffic: what was accepted in the last one is compared, and more accepted."""
        self.now_us += SECOND
        accepted = [self._exchange(name) for name in names]
        compared = [self._comparison(one) for one in self.waiting]
        ids = [one["id"] for one in self.waiting]
        exchange = journal.exchange
        with self.store.write() as conn:
            if compared:
                settled = update(exchange).where(exchange.c.id.in_(ids))
                conn.execute(settled.values(outcome="compared"))
                conn.execute(insert(comparisons), compared)
            if accepted:
                conn.execute(insert(exchange), accepted)
        self.waiting = accepted

    def _exchange(self, tenant: str) -> dict[str, Any]:
        self.number += 1
        return {
            **_key(tenant),
            **EXCHANGE,
            "id": exchange_id(self.now_us, self.number.to_bytes(10)),
            "session": f"s{self.number}",
            "accepted_us": self.now_us - SECOND // 2,
            "outcome": "pending",
        }

    def _comparison(self, exchange: dict[str, Any]) -> dict[str, Any]:
        same = ("tenant", "route", "session", "accepted_us", "epoch", "stage", "serving")
        return {
            **COMPARISON,
            **{name: exchange[name] for name in same},
            "exchange_id": exchange["id"],
            "streaming": False,
            "evidence": self.evidence,
            "recorded_key": f"k{self.number}-{exchange['session']}",
            "at_us": self.now_us,
        }


def _key(tenant: str) -> dict[str, Any]:
    return {"tenant": tenant, "route": "chat"}


_STARTED = {
    "signal": "start",
    "from_stage": "off",
    "to_stage": "mirror",
    "from_share": 0.0,
    "to_share": 0.0,
    "epoch": 1,
    "attempt": 1,
    "actor": "controller",
    "reason": "the policy starts it",
    "evidence": "{}",
}
_STANDS = {
    "stage": "mirror",
    "step": 0,
    "epoch": 1,
    "attempt": 1,
    "held_by": "",
    "hold_reason": "",
    "version": 1,
}
EXCHANGE = {
    "method": "POST",
    "path": "/v1/chat/completions",
    "requested_model": "big",
    "streaming": False,
    "stage": "mirror",
    "epoch": 1,
    "serving": "primary",
    "reason": "",
    "reask": True,
    "headers": "{}",
    "body": b"",
}
COMPARISON = {
    "attribution": "both_answered",
    "equivalence": 0.95,
    "noise_floor": 0.95,
    "missing": "",
    "flags": "[]",
    "signals": '{"length_ratio": 1.0}',
    "candidate_us": 500_000,
    "primary_us": 600_000,
    "late": "",
    "unpaired": "",
    "performance": "{}",
    "failed_over": False,
    "comparators": "bench",
}


def measured(rollouts: int, news: int, ticks: int) -> Iterator[dict[str, Any]]:
    """The rows of one run."""
    with tempfile.TemporaryDirectory(prefix="crossfade-tick-", dir=ROOT / "bench") as folder:
        home = Home.open(Path(folder))
        store = Store.open(home.store_url)
        policy = policy_of(rollouts)
        world = World(policy, store)
        world.evidence = Sealer.open(home).seal(b"[]", "bench")
        world.begin()
        names = list(policy.tenants)
        for start in range(0, BEFORE_S * news, news):
            world.second([names[at % rollouts] for at in range(start, start + news)])
        write = partial(publish.write, home.routes_file)
        clock = partial(getattr, world, "now_us")
        controller = Controller(policy, store, write, clock, owner="bench", steady_us=clock)
        controller.tick()
        Memory(controller).step()  # as the controller's process does
        found = []
        for tick in range(BEFORE_S, BEFORE_S + ticks):
            world.second([names[(tick * news + place) % rollouts] for place in range(news)])
            found.append(_timed(controller))
        controller.cabinet.release()
        another = Controller(policy, store, write, clock, owner="another", steady_us=clock)
        yield row("takeover_10000_rollouts_s", _timed(another)[0], note=ANEW)
        _check(another.cabinet, world)
        store.close()
    wall = sorted(seconds for seconds, _ in found)
    note = f"the slowest of {ticks}; median {median(wall):.3f}; {news:,} rollouts with news"
    yield row("tick_10000_rollouts_s", wall[-1], target=1.0, note=note)
    cpu = sorted(seconds for _, seconds in found)
    yield row("tick_10000_rollouts_cpu_s", cpu[-1], note=f"median {median(cpu):.3f}")


def _timed(controller: Controller) -> tuple[float, float]:
    """Seconds on the wall and of the processor that a tick took."""
    wall, cpu = time.perf_counter(), time.process_time()
    controller.tick()
    return time.perf_counter() - wall, time.process_time() - cpu


def _check(cabinet: Cabinet, world: World) -> None:
    """Every session that is closed is recorded evidence: no tick looked away."""
    told = sum(file.told.sessions for file in cabinet.files.values())
    open_us = round(world.policy.terms.sessions.open_s * SECOND)
    over = comparisons.c.accepted_us < world.now_us - open_us
    with world.store.read() as conn:
        count = select(func.count())
        closed = conn.execute(count.select_from(comparisons).where(over)).scalar_one()
        recorded = conn.execute(count.select_from(tables.observation)).scalar_one()
    assert told == recorded == closed, f"{closed} closed, {told} told, {recorded} recorded"


def row(name: str, value: float, *, note: str, target: float | None = None) -> dict[str, Any]:
    """One row of the results."""
    said = "" if target is None else f"<= {target:g}"
    holds = None if target is None else value <= target
    return {
        "name": name,
        "value": round(value, 3),
        "unit": "s",
        "target": said,
        "holds": holds,
        "note": note,
    }


def main(arguments: list[str]) -> None:
    """Measures, prints, and writes the result of a whole run."""
    rollouts = int(arguments[0]) if arguments else ROLLOUTS
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    news = NEWS * rollouts // ROLLOUTS
    rows = []
    for one in measured(rollouts, news, TICKS):
        rows.append(one)
        print(
            f"{one['name']:<32} {one['value']:>8} {one['target']:<8} {one['note']}", flush=True
        )
    if rollouts == ROLLOUTS:
        machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"
        told = {
            "machine": machine,
            "versions": {"python": platform.python_version()},
            "load": [round(one, 1) for one in os.getloadavg()],  # of all programs, also others'
            "rows": rows,
        }
        RESULTS.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
