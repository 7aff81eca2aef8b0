"""How long a rollback takes across processes, from what decided it to the candidate's last answer.

    make bench-rollback            100 rollbacks; writes bench/results/rollback.json
    python bench/rollback.py 6     as many, to try it out; writes nothing

A fleet of clinics runs on this machine as `crossfade up` runs it (proxy, drainer, shadow sender,
scorer, controller), under steady traffic. One clinic after another is rolled back: from canary and
from live because the candidate's answers turn wrong, and from live by a person's order. The time
runs from the commit of the comparison that tipped the verdict, or from the order, to the end of the
last answer that a client got from the candidate.

Then how soon a proxy answers by a table that was published: by the file of its own machine, and on
another machine through PostgreSQL.
"""

from __future__ import annotations

import json
import math
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from statistics import median
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # and not this folder, whose compare.py would hide the package

from bench.times import deciding, following  # noqa: E402
from bench.times.fleet import ROUTE, Fleet, fleet, until  # noqa: E402
from bench.times.traffic import Seen, Traffic  # noqa: E402
from compare import ledger  # noqa: E402
from cutover.history import Key  # noqa: E402
from cutover.rollout import Transition  # noqa: E402
from cutover.stages import Stage  # noqa: E402

ROLLBACKS = FLIPS = 100
PACE, BACKGROUND = 15.0, 3.0  # requests a second of the one at its turn, and of all others
SETTLED_S, AFTER, PATIENCE_S = 1.0, 10, 240.0
KINDS = ("harm in canary", "harm in live", "a person's order")
RESULTS = ROOT / "bench" / "results" / "rollback.json"


@dataclass(frozen=True, slots=True)
class Took:
    """One rollback, in seconds from what decided it.

    `took_s` is until the candidate's last answer ended; `primary_s`, which is later, until the first
    of the answers that were all the primary's; `whole_s` is `took_s` from the request that decided
    and not from its comparison, None for an order.
    """

    kind: str
    took_s: float
    moved_s: float
    primary_s: float
    whole_s: float | None = None


def stages(rollbacks: int) -> dict[str, tuple[Stage, str]]:
    """The clinics: where each stands, and why it will be rolled back."""
    kinds = [KINDS[number % len(KINDS)] for number in range(rollbacks)]
    return {
        f"clinic-{number:03}": (Stage.CANARY if kind == KINDS[0] else Stage.LIVE, kind)
        for number, kind in enumerate(kinds)
    }


def rolled_back(fleet: Fleet, traffic: Traffic, tenant: str, kind: str) -> Took:
    """One rollback under traffic, timed."""
    with httpx.Client(trust_env=False, timeout=30) as client:  # made before its time counts
        return _timed(fleet, traffic, tenant, kind, client)


def _timed(
    fleet: Fleet, traffic: Traffic, tenant: str, kind: str, client: httpx.Client
) -> Took:
    traffic.paces[tenant] = PACE
    time.sleep(SETTLED_S + random.uniform(0, 1))  # somewhere within a tick
    ordered_us = time.time_ns() // 1000
    if kind == KINDS[2]:
        _order(fleet, tenant, client)
    else:
        traffic.spoilt.add(tenant)
    key = (tenant, ROUTE)
    moved = until(lambda: _rollback(fleet, key), PATIENCE_S)
    until(lambda: _since(traffic, tenant, moved.at_us) >= AFTER, PATIENCE_S)
    del traffic.paces[tenant]
    last_us, first_us = ends(traffic.of(tenant))
    decided_us, whole_s = ordered_us, None
    if kind != KINDS[2]:
        with fleet.store.read() as conn:
            found = deciding.decided(conn, fleet.policy, fleet.stands[tenant])
        decided_us, whole_s = found.at_us, (last_us - found.accepted_us) / 1e6
    took_s = (
        max(last_us - decided_us, 0) / 1e6
    )  # where nobody asked meanwhile it is in the past
    moved_s, primary_s = (us - decided_us for us in (moved.at_us, first_us))
    return Took(kind, took_s, moved_s / 1e6, primary_s / 1e6, whole_s)


def ends(seen: Sequence[Seen]) -> tuple[int, int]:
    """When the candidate's last answer ended, and the first of the primary's that was asked for later than it."""
    candidates = [one for one in seen if one.side == "candidate"]
    asked_us = max(one.sent_us for one in candidates)
    later = [one for one in seen if one.side == "primary" and one.sent_us > asked_us]
    return max(one.ended_us for one in candidates), min(one.ended_us for one in later)


def _since(traffic: Traffic, tenant: str, moved_us: int) -> int:
    """How many requests in a row the primary has answered since a rollback."""
    sides = [one.side for one in traffic.of(tenant) if one.ended_us > moved_us]
    return len(list(takewhile("primary".__eq__, reversed(sides))))


def _rollback(fleet: Fleet, key: Key) -> Transition | None:
    with fleet.store.read() as conn:
        return deciding.rollback_of(conn, key)


def scores(fleet: Fleet) -> bool:
    """Whether the scorer has read its weights and begun."""
    with fleet.store.read() as conn:
        return bool(ledger.after(conn, 0, 1))


def _order(fleet: Fleet, tenant: str, client: httpx.Client) -> None:
    answer = client.post(
        f"{fleet.running.control_url}/v1/rollouts/{tenant}/{ROUTE}/rollbacks",
        json={"reason": "to measure"},
        headers={"authorization": f"Bearer {fleet.token}"},
    )
    answer.raise_for_status()


def measured(rollbacks: int, *, tick_s: float = 1.0) -> tuple[list[Took], int]:
    """That many rollbacks, one after another; and how many requests of all clients went unanswered."""
    wanted, found = stages(rollbacks), []
    with (
        tempfile.TemporaryDirectory(prefix="crossfade-rollback-", dir=ROOT / "bench") as folder,
        fleet(
            Path(folder), {name: stage for name, (stage, _) in wanted.items()}, tick_s=tick_s
        ) as running,
    ):
        traffic = Traffic(running.url, {name: BACKGROUND / rollbacks for name in wanted})
        with traffic.running():
            until(lambda: scores(running), PATIENCE_S)
            for name, (_, kind) in wanted.items():
                traffic.paces.pop(name, None)
                found.append(rolled_back(running, traffic, name, kind))
                print(f"{name}  {found[-1]}", flush=True)
        return found, traffic.unanswered


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that at least `share` of them do not exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


def rows(found: Sequence[Took], unanswered: int) -> list[dict[str, Any]]:
    """The rows of the rollbacks."""
    every = [one.took_s for one in found]
    whole = [one.whole_s for one in found if one.whole_s is not None]
    said = f"{len(every)} rollbacks; from what decided to the candidate's last answer"
    told = [
        row("rollback_p99_s", quantile(every, 0.99), 1.0, said),
        row("rollback_p50_s", median(every)),
        row("rollback_max_s", max(every)),
    ]
    for kind in KINDS:
        some = [one for one in found if one.kind == kind]
        note = f"{kind}: {len(some)}; moved after {median(one.moved_s for one in some):.3f} at the median"
        name = "rollback_" + kind.replace("'", "").replace(" ", "_") + "_max_s"
        told.append(row(name, max(one.took_s for one in some), None, note))
    first = quantile([one.primary_s for one in found], 0.99)
    told.append(
        row("rollback_first_primary_p99_s", first, None, "to the primary's first answer")
    )
    note = "from the arrival of the request that decided; its copy and its score included"
    told.append(row("rollback_from_request_p99_s", quantile(whole, 0.99), None, note))
    told.append(row("rollback_unanswered", float(unanswered), 0.0, "requests of all clients"))
    return told


def followed(flips: int) -> Iterator[dict[str, Any]]:
    """The rows of how soon proxies follow."""
    for name, measure in (
        ("file", following.by_file),
        ("postgresql", following.by_postgresql),
    ):
        with tempfile.TemporaryDirectory(
            prefix="crossfade-follow-", dir=ROOT / "bench"
        ) as folder:
            found = measure(Path(folder), flips)
        note = f"{flips} tables; from publishing to the end of the first answer by it; median {median(found):.0f}"
        yield row(f"follow_{name}_p99_ms", quantile(found, 0.99), 250.0, note)


def row(name: str, value: float, target: float | None = None, note: str = "") -> dict[str, Any]:
    """One row."""
    unit = "s" if name.endswith("_s") else "ms" if name.endswith("_ms") else ""
    said = "" if target is None else f"<= {target:g}"
    holds = None if target is None else value <= target
    value = round(value, 3)
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "target": said,
        "holds": holds,
        "note": note,
    }


def _rows(rollbacks: int) -> Iterator[dict[str, Any]]:
    note = f"of the machine, 1 minute, {os.cpu_count()} cores"
    yield row("load_before", os.getloadavg()[0], None, note)
    yield from followed(min(FLIPS, max(rollbacks, 10)))
    yield from rows(*measured(rollbacks))
    yield row("load_after", os.getloadavg()[0], None, "with the fleet's own")


def main(arguments: list[str]) -> None:
    """Measures, prints, and writes the result of a whole run."""
    rollbacks = int(arguments[0]) if arguments else ROLLBACKS
    every = []
    for one in _rows(rollbacks):
        every.append(one)
        print(
            f"{one['name']:<32} {one['value']:>8} {one['target']:<8} {one['note']}", flush=True
        )
    if rollbacks == ROLLBACKS:
        machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"
        versions = {"python": platform.python_version()}
        told = {"machine": machine, "versions": versions, "rows": every}
        RESULTS.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
