"""A year of one clinic with its evidence: mirrored, let into canary and live by people, and taken back in December.

The controller and its store are the project's own; what proxies and workers write is written in bulk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from sqlalchemy import insert

from bench.tick import COMPARISON, EXCHANGE, SECOND
from bench.trail import year
from bench.trail.year import FIRST_US, TENANT, YEAR_US
from compare.ledger import comparisons
from cutover.controller import Controller
from cutover.desk import Desk, Yes
from cutover.people import Person, Role
from cutover.stages import Stage
from mirror import applied
from mirror.journal import tables as journal
from mirror.journal.home import Home
from mirror.journal.seal import Sealer
from mirror.journal.store import Store
from mirror.route_table import RouteTable
from policies.policy import Policy

ROUTE = "chat"
A_LOOK_EVERY, IN_A_SESSION = 500, 4
"""So many requests are compared between two looks of the controller, and are of one conversation."""
TAKEN_BACK_AT = 0.98
"""After this part of the year's requests a person takes the rollout back, so that all its evidence stands behind a move."""
LEAD = Person("anna", frozenset({Role.LEAD}))
_SIDES = {
    "primary": {"upstream": "cloud", "model": "big"},
    "candidate": {"upstream": "gpu", "model": "own"},
}
_TERMS = {
    "alpha": {"promote": 0.05, "roll_back": 0.05},
    "approvals": {"to_canary": 1, "to_live": 1},
    "coverage": {"hours": 0},
    "gates": {
        "errors": {"at_most": 0.1},
        "flags": {"at_most": 0.15},
        "latency": {"at_most": 0.1},
        "severe": {"at_most": 0.1},
    },
    "steps": [{"percent": 20, "soak_s": 0}, {"percent": 50, "soak_s": 0}],
}


def policy() -> Policy:
    """The clinic's, with margins that a few hundred sessions show."""
    upstreams = {
        "cloud": {"base_url": "http://127.0.0.1:9/v1", "location": "cloud", "models": ["big"]},
        "gpu": {"base_url": "http://127.0.0.1:8/v1", "location": "onprem", "models": ["own"]},
    }
    return Policy.model_validate(
        {
            "version": 1,
            "deployment": "bench",
            "production": False,
            "upstreams": upstreams,
            "tenants": {
                TENANT: {"identify": {"header": TENANT}, "cloud": "allowed", "reask": True}
            },
            "terms": _TERMS,
            "rollouts": [{"tenant": TENANT, "route": ROUTE, "start": "mirror", **_SIDES}],
        }
    )


@dataclass
class World:
    """A store, a controller at work on it, and the clock of both."""

    store: Store
    policy: Policy
    sealed: bytes
    now_us: int = FIRST_US
    table: RouteTable | None = None

    def __post_init__(self) -> None:
        clock = lambda: self.now_us  # noqa: E731 - a clock is a function
        self.controller = Controller(
            self.policy, self.store, self._publish, clock, owner="bench", steady_us=clock
        )
        self.desk = Desk(self.controller)

    def _publish(self, table: RouteTable) -> None:
        self.table = table

    def compared(self, numbers: range, requests: int) -> None:
        """These requests of the year, each compared a second after it was accepted."""
        rows = [*map(lambda number: self._rows(number, requests), numbers)]
        self.now_us = rows[-1][1]["at_us"] + SECOND
        with self.store.write() as conn:
            conn.execute(insert(journal.exchange), [accepted for accepted, _ in rows])
            conn.execute(insert(comparisons), [compared for _, compared in rows])

    def look(self) -> None:
        """The controller's next, and the yes of a person where it asks for one."""
        self.controller.tick()
        if (asked := self.controller.view((TENANT, ROUTE)).proposal) is not None:
            self.desk.approve(
                LEAD, (TENANT, ROUTE), asked["id"], Yes("the gates have shown it")
            )
            self.controller.tick()

    def _rows(self, number: int, requests: int) -> tuple[dict[str, Any], dict[str, Any]]:
        assert self.table is not None, "the controller has looked once"
        stands = self.table.standings[TENANT, ROUTE]
        session, at_us = number // IN_A_SESSION, FIRST_US + number * YEAR_US // requests
        same = {
            "tenant": TENANT,
            "route": ROUTE,
            "session": f"s{session}",
            "accepted_us": at_us,
            "epoch": stands.epoch,
            "stage": stands.stage,
            "serving": _serving(stands.stage, stands.share, session),
        }
        id = f"{number:036d}"
        made = {"exchange_id": id, "streaming": False, "evidence": self.sealed}
        made |= {"recorded_key": f"k{number}", "at_us": at_us + SECOND}
        said = {"equivalence": 0.85 + number % 11 / 100, "flags": _flags(number)}
        accepted = EXCHANGE | same | {"id": id, "outcome": "compared", "kept": ""}
        return accepted, COMPARISON | same | made | said


def filled(home: Home, requests: int, step: Callable[[str], None]) -> None:
    """A store whose clinic sent so many requests within a year, each on record, compared and judged by the controller."""
    store, of = Store.open(home.store_url), policy()
    text = yaml.safe_dump(of.model_dump(mode="json", exclude_defaults=True))
    applied.apply(home.policies, text.encode())
    world = World(store, of, Sealer.open(home).seal(b"[]", "bench"))
    world.look()
    last = round(requests * TAKEN_BACK_AT)
    for some in _batches(0, last):
        step(f"year: {some.start:,} of {requests:,} requests are on record and judged")
        year.told(store, some, requests)
        world.compared(some, requests)
        world.look()
    assert world.controller.view((TENANT, ROUTE)).stage == Stage.LIVE, "people let it go live"
    world.desk.roll_back(LEAD, (TENANT, ROUTE), "the server is replaced")
    for some in _batches(last, requests):
        year.told(store, some, requests)
    store.close()


def _batches(start: int, end: int) -> Iterator[range]:
    for first in range(start, end, A_LOOK_EVERY):
        yield range(first, min(first + A_LOOK_EVERY, end))


def _serving(stage: str, share: float, session: int) -> str:
    """Who answers a session."""
    served = stage == Stage.LIVE or (stage == Stage.CANARY and session % 100 < share)
    return "candidate" if served else "primary"


def _flags(number: int) -> str:
    return '[["DOSE_CONFLICT", "fail"]]' if number % 400 == 0 else "[]"
