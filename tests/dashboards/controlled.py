"""A whole control plane for a browser: the real controller and dashboard as processes, on a store with evidence in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rollouts import ANNA, BEN, ERIK, KEY, PASSWORD, SECOND, VERA, Clock, World, a_policy
from serving import HOST, a_dashboard, free_port, running

from cutover import clocks
from cutover.people import Person, Role
from cutover.rehearsal.policy import written
from mirror.journal import events
from mirror.journal.home import Home
from mirror.journal.store import Store
from policies.policy import Policy

__all__ = ["ANNA", "BEN", "ERIK", "PASSWORD", "RITA", "VERA", "Controlled", "controlled"]

RITA = Person("rita", frozenset({Role.REVIEWER}))
EARLIER_S = 900
"""So long ago the traffic began; all of it is over when people look."""


@dataclass(frozen=True)
class Controlled:
    """What runs: where people go, and the world that the controller took over."""

    dashboard: str
    control: str
    world: World

    def events(self, type: str, tenant: str = KEY[0]) -> list[dict[str, Any]]:
        """A tenant's events of one type."""
        with self.world.store.read() as conn:
            read = [json.loads(one.body) for one in events.read(conn, tenant, limit=100_000)]
        return [one for one in read if one["type"] == type]


@contextmanager
def controlled(
    home: Home,
    policy_at: Callable[[str, str], Policy] = lambda *_: a_policy(),
    host: str = HOST,
    keys: tuple[tuple[str, str], ...] = (KEY,),
) -> Iterator[Controlled]:
    """Clinics whose candidate has shown that it may go on, in turn, and a controller that proposed it.

    `policy_at` is given where browsers will reach the API and the dashboard, as `host` names this machine.
    """
    control, dashboard = free_port(), free_port()
    policy = policy_at(f"http://{host}:{control}", f"http://{host}:{dashboard}")
    store = Store.open(home.store_url)
    now_us = clocks.now_us()
    # Its steady clock is this machine's, or the next controller would find that the clock had jumped.
    clock = Clock(now_us - EARLIER_S * SECOND, jumped_us=now_us - clocks.steady_us())
    world = World(store, home, policy=policy, clock=clock)
    world.tick()
    world.add(ANNA, BEN, ERIK, VERA, RITA)
    for world.key in keys:
        world.until_proposed()
    world.controller.cabinet.release()
    path = home.path / "policy.yaml"
    path.write_text(written(policy), encoding="utf-8")
    url = f"http://{HOST}:{control}"
    command = ("controller", "--policy", str(path), "--data", str(home.path), "--listen", f"{HOST}:{control}")  # fmt: skip
    with (
        running(command, f"{url}/healthz", lambda answer: json.loads(answer.content)["acting"]),
        a_dashboard(url, dashboard),
    ):
        yield Controlled(f"http://{host}:{dashboard}", url, world)
    store.close()
