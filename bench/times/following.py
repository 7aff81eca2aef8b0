"""How soon a proxy answers by a route table that was published: by its file, and through PostgreSQL."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.times.fleet import ROUTE, only_a_proxy, policy_text, until, upstreams
from bench.times.postgres import postgresql, url_of
from bench.times.traffic import Traffic
from cutover.telling import Telling
from mirror import publish
from mirror.candidate import candidate_fingerprint
from mirror.journal import chosen
from mirror.journal.home import Home
from mirror.journal.store import Store
from mirror.route_table import RouteTable, Standing
from policies.load import parse
from policies.policy import Policy

TENANT, PACE, PATIENCE_S = "clinic", 30.0, 60.0
STAGES = {"candidate": "live", "primary": "rolled_back"}
"""Who answers, and the stage in which that side does."""

type Publish = Callable[[RouteTable], None]


@contextmanager
def proxy(folder: Path, text: str, *, shared: bool) -> Iterator[tuple[Policy, Path, str]]:
    """A machine with a proxy and no controller: its policy, its table's file and where it is asked."""
    path = folder / "policy.yaml"
    path.write_text(text)
    data = folder / "data"
    with only_a_proxy(path, data, shared=shared) as (url, _):
        yield parse(text, str(path)), Home.open(data).routes_file, f"{url}/v1/chat/completions"


def flipped(policy: Policy, url: str, to: Publish, flips: int) -> list[float]:
    """Milliseconds from the start of each publishing to the end of the first answer that obeys it."""
    candidate = candidate_fingerprint(policy, policy.rollouts[0])
    table = partial(_table, candidate)
    sides = ["candidate", "primary"]
    traffic = Traffic(url, {TENANT: PACE})
    to(table(1, sides[0]))
    found = []
    with traffic.running():
        until(lambda: _since(traffic, sides[0], 0), PATIENCE_S)
        for number in range(flips):
            time.sleep(random.uniform(0.2, 0.4))
            side = sides[(number + 1) % 2]
            began_us = time.time_ns() // 1000
            to(table(2 + number, side))
            ended_us = until(partial(_since, traffic, side, began_us), PATIENCE_S)
            found.append((ended_us - began_us) / 1e3)
    assert not traffic.unanswered
    return found


def _table(candidate: str, version: int, side: str) -> RouteTable:
    row = Standing(TENANT, ROUTE, STAGES[side], 100.0, version, "s", 0.0, candidate=candidate)
    return RouteTable(version, time.time_ns() // 1000, {(TENANT, ROUTE): row})


def _since(traffic: Traffic, side: str, since_us: int) -> int:
    """When the first answer of a side ended, of those that ended since then; 0 for none yet."""
    ends = (one.ended_us for one in reversed(traffic.seen) if one.side == side)
    return min((end for end in ends if end >= since_us), default=0)


def by_file(folder: Path, flips: int) -> list[float]:
    """On one machine: the controller writes the file that the proxy reads."""
    with (
        upstreams(folder) as at,
        proxy(folder, policy_text(at, [TENANT]), shared=False) as (policy, file, url),
    ):
        return flipped(policy, url, partial(publish.write, file), flips)


def by_postgresql(folder: Path, flips: int) -> list[float]:
    """On another machine: through the store and its notification, to the file of that machine."""
    with postgresql() as server, upstreams(folder) as at, _named(url_of(server)) as store:
        text = policy_text(at, [TENANT])
        with proxy(folder, text, shared=True) as (policy, _, url):
            to = Telling(folder / "of-the-controller.json", store)
            return flipped(policy, url, to, flips)


@contextmanager
def _named(url: str) -> Iterator[Store]:
    """The store, opened, and told to every process that is started meanwhile."""
    before = os.environ.get(chosen.VARIABLE)
    os.environ[chosen.VARIABLE] = url
    store = Store.open(url)
    try:
        yield store
    finally:
        store.close()
        if before is None:
            del os.environ[chosen.VARIABLE]
        else:
            os.environ[chosen.VARIABLE] = before
