"""What people do to a whole deployment: drain and return upstreams, declare and end emergencies.

Each act is published at once: it must not wait for the next tick.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from cutover.acting import acting, told
from cutover.controller import Controller
from cutover.emergency import switches
from cutover.emergency.switches import Drain, Emergency, Switches
from cutover.evidence.sessions import SECOND_US
from cutover.people import Deed, Person
from cutover.refusals import Conflict
from cutover.stages import Stage
from mirror.permission import permitted
from policies.fault import listed
from policies.policy import Policy
from policies.routes import Route

LONGEST_S = 30 * 86_400
"""A drain that is meant to last longer is a change of the policy."""


@dataclass(frozen=True, slots=True)
class Switchboard:
    """The switches of one controller's deployment. All raise StandsBy, Conflict and StoreError."""

    controller: Controller

    def read(self) -> Switches:
        """All switches that are on."""
        with self.controller.cabinet.store.read() as conn:
            return switches.read(conn)

    def drain(self, person: Person, upstream: str, for_s: int, reason: str) -> Drain:
        """Sends nothing to an upstream for so many seconds; 0 for until it is returned."""
        self._known(upstream)
        with self._acting(person, reason) as (conn, deed):
            until_us = deed.at_us + for_s * SECOND_US if for_s else 0
            switches.drain(conn, upstream, until_us, deed)
        return Drain(upstream, until_us, person.name, reason, deed.at_us)

    def give_back(self, person: Person, upstream: str, reason: str) -> None:
        """Ends a drain."""
        self._known(upstream)
        with self._acting(person, reason) as (conn, deed):
            if not switches.give_back(conn, upstream, deed):
                raise Conflict(f"{upstream} is not drained")

    def switch_on(self, person: Person, tenant: str, route: str, reason: str) -> Emergency:
        """Sends everything of a tenant and a route ("" for every one) to the permitted primary."""
        named(self.controller.policy, tenant, route)
        with self._acting(person, reason) as (conn, deed):
            switched = switches.switch_on(conn, tenant, route, deed)
            if switched is None:
                raise Conflict("this emergency is on already")
        return switched

    def switch_off(self, person: Person, tenant: str, route: str, reason: str) -> None:
        """Ends an emergency of exactly this tenant and route."""
        named(self.controller.policy, tenant, route)
        with self._acting(person, reason) as (conn, deed):
            if not switches.switch_off(conn, tenant, route, deed):
                on = listed(one.name for one in switches.read(conn).emergencies)
                raise Conflict(f"there is no such emergency; on: {on}")

    def unanswered(self, upstream: str) -> list[str]:
        """The rollouts that have nobody to answer some of their sessions while it is drained."""
        cabinet, policy = self.controller.cabinet, self.controller.policy
        found = []
        with cabinet.lock:
            for declared in policy.rollouts:
                stage = cabinet.file((declared.tenant, declared.route.value)).rollout.stage
                primary = declared.primary.upstream
                spare = permitted(policy, declared.tenant, primary) and primary != upstream
                spare = spare and declared.route is not Route.EMBED  # see mirror/routing.py
                serves = stage in (Stage.CANARY, Stage.LIVE)
                alone = serves and declared.candidate.upstream == upstream and not spare
                if alone or (primary == upstream and stage is not Stage.LIVE):
                    found.append(f"{declared.tenant}/{declared.route}")
        return found

    @contextmanager
    def _acting(self, person: Person, reason: str) -> Iterator[tuple[Connection, Deed]]:
        """One act in one transaction, published as soon as it is there; nothing where it raises."""
        cabinet = self.controller.cabinet
        with cabinet.lock:
            with acting(cabinet, person, reason) as act:
                yield act
            told(self.controller)

    def _known(self, upstream: str) -> None:
        upstreams = self.controller.policy.upstreams
        if upstream not in upstreams:
            raise Conflict(
                f"no upstream {upstream!r} in the policy; known: {listed(upstreams)}"
            )


def named(policy: Policy, tenant: str, route: str) -> None:
    """Raises Conflict for a tenant, or the route of a rollout, that the policy does not know; "" is every one."""
    if tenant and tenant not in policy.tenants:
        raise Conflict(f"no tenant {tenant!r} in the policy; known: {listed(policy.tenants)}")
    routes = sorted({one.route.value for one in policy.rollouts})
    if route and route not in routes:
        raise Conflict(f"no rollout of a route {route!r}; known: {listed(routes)}")
